import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { activityOutcomeSchema } from '../../reports/model/run.ts';
import { gatherFacts } from '../wire/facts.ts';
import { messageOf } from './deadline.ts';
import type { CapturedWire, Evidence } from './scenario.ts';

/** How the activities of a run came out; the content of `activities.json`. */
export const activitiesSchema = z.strictObject({
  status: z.enum(['complete', 'incomplete']),
  ended: z.string().optional(),
  outcomes: z.array(activityOutcomeSchema),
});
export type Activities = z.infer<typeof activitiesSchema>;

const captureSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('captured'), packets: z.number(), dropped: z.number() }),
  z.strictObject({ kind: z.literal('missing'), reason: z.string() }),
]);

const portsSchema = z.object({
  sip: z.object({ port: z.number() }),
  registration: z.object({ port: z.number() }),
});

const captureName = 'capture.pcapng';

const readAll = async (folder: string): Promise<ReadonlyMap<string, Uint8Array>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && entry.name !== captureName);
  const contents = files.map(async (file) => {
    const path = join(file.parentPath, file.name);
    const bytes = await readFile(path).catch(() => null);
    return bytes ? [[path.slice(folder.length + 1), new Uint8Array(bytes)] as const] : [];
  });
  return new Map((await Promise.all(contents)).flat());
};

const parse = <Schema extends z.ZodType>(
  bytes: Uint8Array | undefined,
  schema: Schema,
): z.infer<Schema> | null => {
  if (!bytes) return null;
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
};

/** Without the path that a system's message has: a judged run says the same wherever its folder is. */
const whyUnreadable = (error: unknown): string =>
  error instanceof Error && 'code' in error
    ? `the file cannot be read (${String(error.code)})`
    : `reading it failed: ${messageOf(error)}`;

const readWire = async (
  run: string,
  activity: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<CapturedWire> => {
  const capture = parse(files.get(`${activity}/capture.json`), captureSchema);
  if (!capture) return { kind: 'missing', reason: 'no capture was made' };
  if (capture.kind === 'missing')
    return { kind: 'missing', reason: `the wire was not captured: ${capture.reason}` };
  const ports = parse(files.get(`${activity}/topology.json`), portsSchema);
  const path = `evidence/${activity}/${captureName}`;
  const missing = (reason: string) => ({ kind: 'missing', reason: `${path}: ${reason}` }) as const;
  try {
    const facts = await gatherFacts(join(run, path), {
      sipPorts: ports ? [ports.sip.port] : [],
      registrationPorts: ports ? [ports.registration.port] : [],
    });
    if (facts.problems.length === 0) return { kind: 'captured', path, facts };
    return missing(facts.problems.map((problem) => problem.code).join(', '));
  } catch (error) {
    return missing(whyUnreadable(error));
  }
};

/** Reads what a run left in its folder; an absent or damaged piece is absent to the judges, never guessed. */
export const readEvidence = async (run: string, activities: Activities): Promise<Evidence> => {
  const files = await readAll(join(run, 'evidence'));
  const wires = new Map<string, CapturedWire>();
  for (const { id } of activities.outcomes) wires.set(id, await readWire(run, id, files));
  const bytes = (activity: string, path: string) => files.get(`${activity}/${path}`) ?? null;
  return {
    outcome: (id) =>
      activities.outcomes.find((outcome) => outcome.id === id) ?? {
        id,
        status: 'interrupted',
        reason: activities.ended ?? 'it was not reached',
        took: 0,
      },
    wire: (id) => wires.get(id) ?? { kind: 'missing', reason: 'the activity was not reached' },
    json: (activity, path, schema) => parse(files.get(`${activity}/${path}`), schema),
    bytes,
    text(activity, path) {
      const found = bytes(activity, path);
      return found ? new TextDecoder().decode(found) : null;
    },
  };
};
