import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it, type ExpectStatic } from 'vitest';
import { captureSupport } from '../../lab/capture/packet-socket.ts';
import { namespaceProblem } from '../../lab/own-namespace.ts';
import type { Mutant } from '../mutant.ts';

const root = join(import.meta.dirname, '../../..');
let folder = '';

interface Printed {
  readonly verdicts: readonly {
    readonly claim: string;
    readonly kind: string;
    readonly reason?: string;
    readonly observed?: string;
  }[];
  readonly exit: number;
}

const run = promisify(execFile);

const evaluate = async (
  { id, claims, lab }: Mutant,
  expect: ExpectStatic,
): Promise<{ code: number; printed: Printed }> => {
  const out = ['--json', '--out', join(folder, id)];
  const words = [
    'cli.ts',
    'evaluate',
    '--target',
    'simulators/mutants/target.ts',
    '--only',
    ...claims,
    ...(lab === undefined ? [] : ['--lab', lab]),
    ...out,
  ];
  const env = { ...process.env, DISCRETIO_MUTANT: id };
  const failed = await run(process.execPath, words, { cwd: root, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect(failed.stdout, failed.stderr).toMatch(/^\{/);
  return { code: failed.code, printed: JSON.parse(failed.stdout) as Printed };
};

const problem = captureSupport().ok ? null : namespaceProblem();

/** A run of each mutant must fail exactly the claims that it breaks, for the reason that it gives. */
export const describeMutants = (mutants: readonly Mutant[]): void => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'discretio-mutants-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe(`a reference with one fault${problem === null ? '' : ` (skipped: nothing can be captured here: ${problem})`}`, () => {
    // Each waits for most of its time: for handshakes, and for two seconds of audio.
    it.skipIf(problem !== null).concurrent.for(mutants)(
      '$id is noticed by the claims $claims',
      { timeout: 120_000 },
      async (mutant, { expect }) => {
        const { claims, because, judged = 'fail' } = mutant;
        const { code, printed } = await evaluate(mutant, expect);
        expect(printed.verdicts.map(({ claim, kind }) => `${claim} ${kind}`).toSorted()).toEqual(
          claims.map((claim) => `${claim} ${judged}`).toSorted(),
        );
        for (const { reason, observed } of printed.verdicts)
          expect(`${reason}; ${observed}`).toMatch(because);
        const exit = judged === 'fail' ? 1 : 0;
        expect({ code, exit: printed.exit }).toEqual({ code: exit, exit });
      },
    );
  });
};
