import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namespaceProblem } from '../../../simulators/lab/own-namespace.ts';
import { runInLab } from '../../../simulators/lab/testing/in-lab.ts';

const problem = namespaceProblem('lab');
const reason = problem === null ? '' : ` (skipped: ${problem})`;

const listening = {
  tcp: [22, 443, 5061, 8443, 9464, 20_000],
  udp: [53, 443, 20_000, 20_001, 20_007, 20_008],
};
const nothing = { tcp: [], udp: [] };

describe.skipIf(problem !== null)(`the appliance in the lab${reason}`, () => {
  it.concurrent.each(['ipv4', 'ipv6'])(
    'shows exactly the declared services on each side, forwards nothing, and bounds one source (%s)',
    async (family) => {
      const program = join(import.meta.dirname, 'testing/exposure.ts');
      const found = await runInLab(program, [family]);
      expect(found).toEqual({
        // The control: without rules everything that listens is found, from everywhere, and packets pass through.
        before: {
          outsider: listening,
          outsiderToAdministration: expect.anything(),
          administrator: listening,
          administratorToInternetSide: listening,
          through: { tcp: [443], udp: [443] },
        },
        after: {
          outsider: { tcp: [443, 5061], udp: [20_000, 20_001, 20_007] },
          outsiderToAdministration: nothing,
          administrator: { tcp: [8443], udp: [] },
          administratorToInternetSide: expect.anything(),
          through: nothing,
        },
        flood: { admitted: expect.any(Number), another: 1 },
      });
      const { flood } = found as { flood: { admitted: number } };
      expect(flood.admitted).toBeGreaterThanOrEqual(20);
      expect(flood.admitted).toBeLessThan(25);
    },
  );
});
