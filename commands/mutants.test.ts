import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureSupport } from '../simulators/lab/capture/packet-socket.ts';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const problem = captureSupport().ok ? null : namespaceProblem();
const skipped = problem === null ? '' : ` (skipped: nothing can be captured here: ${problem})`;

describe('discretio mutants', () => {
  it('lists each mutant with its claims and its fault', async () => {
    const { code, stdout } = await bench.run(['mutants', '--list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tag-of-32-bits +5\.1\.g +both phones use SRTP tags of 32 bits$/m);
  });

  it('refuses a mutant that does not exist, in one line with the way out', async () => {
    const { code, stderr } = await bench.run(['mutants', 'nobody']);
    expect(code).toBe(64);
    expect(stderr).toMatch(oneLine('mutant nobody', 'mutants --list'));
  });

  it.skipIf(problem !== null)(
    `says which scenario killed it, and that it was the right reason${skipped}`,
    { timeout: 120_000 },
    async () => {
      const words = ['mutants', 'sip-also-aes128', '--repeat', '0', '--sample', '0', '--json'];
      const { code, stdout, stderr } = await bench.run(words);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        mutants: [
          {
            id: 'sip-also-aes128',
            claims: ['5.1.k'],
            killedBy: ['attacks/T1-T2/sip-only-profile'],
            rightReason: true,
            alsoFailed: [],
          },
        ],
        falseAlarms: [],
      });
    },
  );
});
