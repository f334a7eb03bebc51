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

/** Beginning of the names of an activity's capture and of what is said of it; of another segment than the main one where named. */
export const captureName = (segment?: string): string =>
  segment === undefined ? 'capture' : `capture-${segment}`;

const readAll = async (folder: string): Promise<ReadonlyMap<string, Uint8Array>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.pcapng'));
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
  segment?: string,
): Promise<CapturedWire> => {
  const name = captureName(segment);
  const capture = parse(files.get(`${activity}/${name}.json`), captureSchema);
  if (!capture) return { kind: 'missing', reason: 'no capture was made' };
  if (capture.kind === 'missing')
    return { kind: 'missing', reason: `the wire was not captured: ${capture.reason}` };
  const ports = parse(files.get(`${activity}/topology.json`), portsSchema);
  const path = `evidence/${activity}/${name}.pcapng`;
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

/** Segments other than the main one that an activity was captured on. */
const segmentsOf = (activity: string, files: ReadonlyMap<string, Uint8Array>): readonly string[] =>
  [...files.keys()].flatMap((path) => {
    const prefix = `${activity}/${captureName('')}`;
    return path.startsWith(prefix) && path.endsWith('.json')
      ? [path.slice(prefix.length, -'.json'.length)]
      : [];
  });

const readWires = async (
  run: string,
  activities: Activities,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<string, CapturedWire>> => {
  const wires = new Map<string, CapturedWire>();
  for (const { id } of activities.outcomes)
    for (const segment of [undefined, ...segmentsOf(id, files)])
      wires.set(`${id}/${captureName(segment)}`, await readWire(run, id, files, segment));
  return wires;
};

/** Reads what a run left in its folder; an absent or damaged piece is absent to the judges, never guessed. */
export const readEvidence = async (run: string, activities: Activities): Promise<Evidence> => {
  const files = await readAll(join(run, 'evidence'));
  const wires = await readWires(run, activities, files);
  const bytes = (activity: string, path: string) => files.get(`${activity}/${path}`) ?? null;
  return {
    outcome: (id) =>
      activities.outcomes.find((outcome) => outcome.id === id) ?? {
        id,
        status: 'interrupted',
        reason: activities.ended ?? 'it was not reached',
        took: 0,
      },
    wire: (id, segment) =>
      wires.get(`${id}/${captureName(segment)}`) ?? {
        kind: 'missing',
        reason: wires.has(`${id}/${captureName()}`)
          ? `segment ${segment} was not captured`
          : 'the activity was not reached',
      },
    json: (activity, path, schema) => parse(files.get(`${activity}/${path}`), schema),
    bytes,
    text(activity, path) {
      const found = bytes(activity, path);
      return found ? new TextDecoder().decode(found) : null;
    },
  };
};
