import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namespaceProblem } from '../../simulators/lab/own-namespace.ts';
import { activitiesSchema, readEvidence } from '../campaign/evidence-on-disk.ts';
import type { Evidence } from '../campaign/scenario.ts';

/** Evidence that the reference really left, read back from its folder. */
export interface RealRun {
  readonly evidence: Evidence;
  /** The captured call, pcapng; null where there is none. */
  readonly capture: Uint8Array | null;
  /** Behind the titles of tests that need the capture: empty, or why they are skipped: nothing may be captured here, or not alone. */
  readonly skipped: string;
}

const program = join(import.meta.dirname, '../../cli.ts');

/** Evaluates the reference by the program itself, which captures in a network namespace of its own where it may, and reads the run. `words` are further ones of the command. Rejects when there is no run, with what the program said. */
export const evaluateReference = async (words: readonly string[] = []): Promise<RealRun> => {
  const parent = await mkdtemp(join(tmpdir(), 'discretio-judges-'));
  const folder = join(parent, 'run');
  try {
    const { stderr, status } = spawnSync(
      process.execPath,
      [program, 'evaluate', '--seed', '7', '--out', folder, ...words],
      { encoding: 'utf8', timeout: 120_000 },
    );
    const text = await readFile(join(folder, 'activities.json'), 'utf8').catch(() => {
      throw new Error(`the evaluation left no run (status ${status}): ${stderr}`);
    });
    const evidence = await readEvidence(folder, activitiesSchema.parse(JSON.parse(text)));
    const capture = await readFile(join(folder, 'evidence/call/capture.pcapng')).catch(() => null);
    const wire = evidence.wire('call');
    // On a shared loopback interface the traffic of others, such as other tests, would be in the capture.
    const problem = wire.kind === 'missing' ? wire.reason : namespaceProblem();
    const skipped = problem === null ? '' : ` (skipped: ${problem})`;
    return { evidence, capture: wire.kind === 'captured' ? capture : null, skipped };
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
};
