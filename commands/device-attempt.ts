import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBeyondScreens, type ClientPlace } from '../devices/appium/capabilities.ts';
import type { Attempt } from '../devices/appium/farm/attempts.ts';
import type { Pair } from '../devices/appium/farm/matrix.ts';
import { runSchema, type Run } from '../reports/model/run.ts';
import { combine } from '../reports/model/verdict.ts';

/** Lines of what an evaluation says that may tell why it did not come to a run. */
const lastLines = 3;

/** One evaluation on one pair of phones. */
export interface PairAttempt {
  readonly pair: Pair;
  readonly farm: string;
  readonly target: string;
  readonly scenarios: readonly string[];
  /** Folder of its run; new. */
  readonly folder: string;
  readonly isAuthorised: boolean;
  /** Where the client of each phone runs. */
  readonly places: ReadonlyMap<string, ClientPlace>;
  readonly signal: AbortSignal;
  /** The testbed's own program unless a test gives another. */
  readonly program?: string;
}

/** What an evaluation came to: each scenario's attempt, and how long it took in milliseconds. */
export interface PairOutcome {
  readonly took: number;
  readonly byScenario: ReadonlyMap<string, Attempt>;
}

const beyondScreens =
  'the client of a phone runs elsewhere: its screen is no evidence for what a phone itself makes, stores and is';

/** What a run says of a scenario, or of a claim; what the places of the phones' clients leave no evidence for is unsupported, whatever a judge saw. */
export const attemptIn = (
  run: Pick<Run, 'judgements'>,
  id: string,
  places: readonly ClientPlace[],
): Attempt => {
  if (isBeyondScreens(id, places)) return { kind: 'unsupported', reason: beyondScreens };
  const all = run.judgements.filter(({ scenario, claim }) => scenario === id || claim === id);
  const own = all.filter(({ claim }) => !isBeyondScreens(claim, places));
  if (all.length > own.length && own.length === 0)
    return { kind: 'unsupported', reason: beyondScreens };
  if (own.length === 0) return { kind: 'skipped', reason: `no scenario of the run judges ${id}` };
  const kind = combine(own.map((each) => each.kind));
  const told = own.find((each) => each.kind === kind);
  return { kind, reason: told?.reason ?? told?.observed ?? '' };
};

const evaluate = (attempt: PairAttempt): Promise<string> =>
  new Promise((resolve) => {
    const { pair, farm, target, scenarios, folder, isAuthorised, signal } = attempt;
    const child = spawn(
      process.execPath,
      [
        attempt.program ?? join(import.meta.dirname, '../cli.ts'),
        'evaluate',
        `--target=${target}`,
        `--out=${folder}`,
        '--lanes=1',
        ...(isAuthorised ? ['--i-am-authorised'] : []),
        '--only',
        ...scenarios,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        signal,
        killSignal: 'SIGTERM',
        env: {
          ...process.env,
          DISCRETIO_FARM: farm,
          DISCRETIO_ROLES: `alice=${pair.caller},bob=${pair.callee}`,
          DISCRETIO_NETWORK: pair.network,
          DISCRETIO_DEVICE_EVIDENCE: join(folder, 'evidence/devices'),
        },
      },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-10_000);
    });
    // An aborted child is an error at once, and still writes what it has: only one that never began is over.
    child.once('error', () => {
      if (child.pid === undefined) resolve(said);
    });
    child.once('close', () => resolve(said));
  });

/** Evaluates a pair once. What is not judged in the end is inconclusive, with what the evaluation said last. */
export const attemptPair = async (attempt: PairAttempt): Promise<PairOutcome> => {
  const before = performance.now();
  const said = await evaluate(attempt);
  const took = Math.round(performance.now() - before);
  const text = await readFile(join(attempt.folder, 'run.json'), 'utf8').catch(() => null);
  const parsed = text === null ? null : runSchema.safeParse(JSON.parse(text));
  const { caller, callee } = attempt.pair;
  const places = [caller, callee].map((name) => attempt.places.get(name) ?? 'elsewhere');
  const { signal } = attempt;
  const reason = signal.aborted
    ? `the run was interrupted (${String(signal.reason)})`
    : `the evaluation made no report: ${said.trim().split('\n').slice(-lastLines).join(' / ')}`;
  const of = (id: string): Attempt =>
    parsed?.success === true
      ? attemptIn(parsed.data, id, places)
      : { kind: 'inconclusive', reason };
  return { took, byScenario: new Map(attempt.scenarios.map((id) => [id, of(id)])) };
};
