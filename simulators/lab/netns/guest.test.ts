import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CarriedCounts, Way } from '../link/frame-carrier.ts';
import { namespaceProblem } from '../own-namespace.ts';
import { runInLab } from '../testing/in-lab.ts';
import { standardTopology, usualTopology } from '../topology/standard.ts';
import { planGuest } from './guest.ts';

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

interface Tried {
  readonly address: string;
  /** Round trips of 100 datagrams, milliseconds; of 10 without the network, of 50 with it again. */
  readonly connected: readonly number[];
  readonly without: readonly number[];
  readonly again: readonly number[];
  readonly carried: Readonly<Record<Way, CarriedCounts>>;
}

describe('where a guest stands', () => {
  it('is the segment and the router of the host beside it, at an address of its own', () => {
    expect(planGuest(usualTopology(), 'bob', 3)).toEqual({
      segment: 'access-bob',
      address: '10.2.0.203',
      prefixed: '10.2.0.203/24',
      gateway: '10.2.0.1',
    });
    const sixth = standardTopology({ phones: ['alice'], translation: 'none', family: 'ipv6' });
    expect(planGuest(sixth, 'alice', 0)).toMatchObject({
      address: '2001:db8:1::c8',
      gateway: '2001:db8:1::1',
    });
  });

  it.each([
    ['nobody', 0, /no host nobody with a router/],
    ['appliance', 0, /no host appliance with a router/],
    ['alice', 60, /no room for a guest at 10\.1\.0\.260/],
  ] as const)('is refused beside %s as number %d', (beside, index, message) => {
    expect(() => planGuest(usualTopology(), beside, index)).toThrow(message);
  });
});

describe.skipIf(problem !== null)(`a guest${why}`, () => {
  it('has the delay and loss of its link, and no network while that is taken away', async () => {
    const link = { up: { delay: 30, loss: 0.1 }, down: { delay: 40 }, seed: 5 };
    const program = join(import.meta.dirname, 'testing/guests.ts');
    const tried = (await runInLab(program, [JSON.stringify(link)])) as Tried;
    const { address, connected, without, again, carried } = tried;
    expect(address).toBe('10.1.0.200');
    expect(Math.min(...connected, ...again)).toBeGreaterThanOrEqual(70);
    expect(without).toEqual([]);
    // What was lost on the way up was lost for good, and nothing else: the link's own count says so.
    expect(carried.up.lost).toBeGreaterThan(0);
    expect(carried.up.frames).toBeGreaterThanOrEqual(100);
    expect(carried.down.lost).toBe(0);
    expect(connected.length).toBeGreaterThanOrEqual(100 - carried.up.lost);
    expect(connected.length).toBeLessThan(100);
    expect(again.length).toBeGreaterThan(25);
    expect(carried.up.shortest).toBeGreaterThanOrEqual(30);
    expect(carried.down.shortest).toBeGreaterThanOrEqual(40);
  });
});
