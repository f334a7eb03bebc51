import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { evaluateApart } from '../../../commands/mutant-runs.ts';
import { rowOf } from '../../../scenarios/validation/matrix.ts';
import { captureSupport } from '../../lab/capture/packet-socket.ts';
import { namespaceProblem } from '../../lab/own-namespace.ts';
import type { Mutant } from '../mutant.ts';

let folder = '';

const problem = captureSupport().ok ? null : namespaceProblem();

/** A run of each mutant must notice every claim that it breaks, for the reason that it gives, and accuse it of nothing else. */
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
      async (mutant, { expect, signal }) => {
        const { id, claims, lab } = mutant;
        const { outcome, said, took } = await evaluateApart({
          mutant: id,
          ...(lab === undefined ? {} : { lab }),
          only: claims,
          seed: 1,
          folder: join(folder, id),
          signal,
        });
        expect(rowOf(mutant, outcome, took), said).toMatchObject({
          end: 'killed',
          why: '',
          alsoFailed: [],
        });
      },
    );
  });
};
