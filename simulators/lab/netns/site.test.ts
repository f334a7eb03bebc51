import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namespaceProblem } from '../own-namespace.ts';
import { runInLab } from '../testing/in-lab.ts';

const problem = namespaceProblem('lab');
const reason = problem === null ? '' : ` (skipped: ${problem})`;

interface Asked {
  /** Port from which it asked. */
  readonly own: number;
  /** By address asked: the source that was seen there. */
  readonly answers: Readonly<Record<string, string>>;
}

interface Reached {
  readonly took: number;
  readonly alice: Asked;
  readonly administrator: Asked;
  readonly beside: Asked;
}

const reach = async (translation: string, family: string): Promise<Reached> =>
  (await runInLab(join(import.meta.dirname, 'testing/reach.ts'), [translation, family])) as Reached;

const hostOf = (source: string | undefined): string => source?.split(' ')[0] ?? 'no answer';

describe.skipIf(problem !== null)(`hosts in network namespaces${reason}`, () => {
  it('reach each other by their own addresses where routers do not translate', async () => {
    const { alice, beside, administrator } = await reach('none', 'ipv4');
    for (const place of ['203.0.113.10', '10.2.0.2', '203.0.113.66'])
      expect(hostOf(alice.answers[place])).toBe('10.1.0.2');
    expect(hostOf(beside.answers['10.2.0.2'])).toBe('10.1.0.66');
    // The administration link leads to the appliance alone, and nobody else to it.
    expect(Object.keys(administrator.answers).toSorted()).toEqual(
      expect.arrayContaining(['10.200.0.1']),
    );
    expect(administrator.answers['10.2.0.2'] ?? 'no answer').toMatch(/^ENETUNREACH|no answer$/);
    expect(hostOf(alice.answers['10.200.0.1'])).not.toBe('10.1.0.2');
  });

  it.each([
    ['port-restricted', 'the same port for every destination', 1],
    ['symmetric', 'another port for each destination', 2],
  ])('behind %s translation show the router’s address and %s', async (kind, _, ports) => {
    const { alice } = await reach(kind, 'ipv4');
    const sources = ['203.0.113.10', '203.0.113.66'].map((place) => alice.answers[place]);
    expect(sources.map(hostOf)).toEqual(['203.0.113.101', '203.0.113.101']);
    expect(new Set(sources.map((source) => source?.split(' ')[1])).size).toBe(ports);
    // Bob's own network cannot be addressed from outside it.
    expect(alice.answers['10.2.0.2'] ?? 'no answer').toMatch(/^E[A-Z]+$|no answer/);
  });

  it('reach each other over IPv6', async () => {
    const { alice } = await reach('none', 'ipv6');
    expect(hostOf(alice.answers['2001:db8::10'])).toBe('2001:db8:1::2');
    expect(hostOf(alice.answers['2001:db8:2::2'])).toBe('2001:db8:1::2');
  });
});
