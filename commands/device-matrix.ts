import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isWorthRetrying, settle, type Attempt } from '../devices/appium/farm/attempts.ts';
import type { Matrix, Pair } from '../devices/appium/farm/matrix.ts';
import type { Cell } from '../reports/devices/results.ts';
import { attemptPair, type PairAttempt, type PairOutcome } from './device-attempt.ts';

/** How a matrix is run. */
export interface MatrixRun extends Omit<PairAttempt, 'pair' | 'folder'> {
  readonly retries: number;
  /** Of the results; runs stand in `runs` below it. */
  readonly folder: string;
  /** Told what begins and what came of it. */
  readonly say: (line: string) => void;
  /** {@link attemptPair} unless a test gives another. */
  readonly attempt?: typeof attemptPair;
}

/** An attempt at a scenario, with the run that it was judged in. */
type Told = Cell['attempts'][number] & Attempt;

const titleOf = ({ caller, callee, network }: Pair): string => `${caller}-${callee}-${network}`;

/** A pair, again and again while that could tell more, and at most as often as is allowed. */
const runPair = async (
  pair: Pair,
  run: MatrixRun,
): Promise<ReadonlyMap<string, readonly Told[]>> => {
  const { attempt = attemptPair, say } = run;
  const told = new Map<string, Told[]>(run.scenarios.map((id) => [id, []]));
  let open = run.scenarios;
  for (let number = 1; number <= 1 + run.retries && open.length > 0; number += 1) {
    const name = join('runs', `${titleOf(pair)}-${number}`);
    const folder = join(run.folder, name);
    await mkdir(dirname(folder), { recursive: true });
    say(
      `${pair.caller} calls ${pair.callee} (${pair.network})${number > 1 ? `, attempt ${number}` : ''}`,
    );
    const { took, byScenario }: PairOutcome = await attempt({
      ...run,
      pair,
      folder,
      scenarios: open,
    });
    for (const [id, { kind, reason }] of byScenario)
      told.get(id)?.push({ kind, reason, took, run: name });
    open = open.filter((id) => {
      const last = told.get(id)?.at(-1);
      return last !== undefined && isWorthRetrying(last);
    });
    if (run.signal.aborted) break;
  }
  return told;
};

/** One call is both phones' result: what their screens show is compared crosswise. */
const cellsOf = (pair: Pair, told: ReadonlyMap<string, readonly Told[]>): readonly Cell[] => {
  const sides = [
    { device: pair.caller, peer: pair.callee, role: 'caller' },
    { device: pair.callee, peer: pair.caller, role: 'callee' },
  ] as const;
  return [...told].flatMap(([scenario, attempts]) =>
    sides.map((side) => ({
      ...side,
      network: pair.network,
      scenario,
      ...settle(attempts),
      attempts: [...attempts],
    })),
  );
};

/** Runs a matrix: batch after batch, the pairs of a batch side by side. */
export const runMatrix = async (
  { batches }: Pick<Matrix, 'batches'>,
  run: MatrixRun,
): Promise<readonly Cell[]> => {
  const cells: Cell[] = [];
  for (const batch of batches) {
    if (run.signal.aborted) break;
    const done = await Promise.all(
      batch.map(async (pair) => cellsOf(pair, await runPair(pair, run))),
    );
    for (const cell of done.flat()) {
      if (cell.role === 'caller') {
        const reason = cell.outcome === 'pass' ? '' : `: ${cell.reason}`;
        run.say(
          `${cell.outcome.padEnd(12)} ${cell.scenario} ${cell.device}, ${cell.peer}${reason}`,
        );
      }
      cells.push(cell);
    }
  }
  return cells;
};
