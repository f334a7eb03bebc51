import { fc, test } from '@fast-check/vitest';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settle, type Attempt } from './attempts.ts';
import { planMatrix } from './matrix.ts';
import { parseFarm, readFarm, simulatedFarm } from './read.ts';

const farmOf = (phones: string, more = '') =>
  parseFarm('farm.yaml', `name: f\ntarget: t.yaml\n${more}\nphones:\n${phones}`).farm;

const four = `  a: { serial: A1, labels: [old] }
  b: { serial: B1, networks: [wifi, mobile] }
  c: { serial: C1, networks: [wifi, mobile], labels: [old] }
  d: { serial: D1, quarantine: { reason: battery swells, until: 2026-12-31 } }`;

describe('a farm file', () => {
  it('of the testbed’s own needs no hardware', () => {
    const { farm } = readFarm(simulatedFarm);
    expect(Object.values(farm.phones).every((phone) => 'simulated' in phone)).toBe(true);
    expect(farm.server).toEqual({ kind: 'own' });
  });

  it.each([
    [
      '  a: { serial: A1 }\n  b: { serial: A1 }',
      /^farm farm\.yaml:\d+: phones\.b\.serial: is that of a too/,
    ],
    ['  a: { serail: A1 }', /phones\.a: must be \{ serial: SERIAL, … \}/],
    [
      '  a: { serial: A1, quarantine: { reason: broken, until: soon } }',
      /phones\.a\.quarantine\.until: is no date such as 2026-12-31/,
    ],
    ['  A: { serial: A1 }', /phones\.A: /],
    ['  {}', /phones: has no phone; describe at least two/],
  ])('%s is told in one line', (phones, message) => {
    expect(() => farmOf(phones)).toThrow(message);
  });

  it('names a server of any of three kinds', () => {
    expect(farmOf(four, 'server: { grid: http://127.0.0.1:4444 }').server).toEqual({
      kind: 'grid',
      url: 'http://127.0.0.1:4444',
    });
    expect(() => farmOf(four, 'server: cloud')).toThrow(/server: must be own, \{ appium: URL \}/);
  });

  it('that cannot be read is told with a way out', () => {
    expect(() => readFarm('/no/such.yaml')).toThrow(
      'farm /no/such.yaml: cannot be read (ENOENT); give the path of a farm file',
    );
  });

  it('example of docs/device-farm.md is one', () => {
    const documentation = new URL('../../../docs/device-farm.md', import.meta.url);
    const [, example = ''] =
      /```yaml\n# farm\.yaml\n([\s\S]*?)```/.exec(readFileSync(documentation, 'utf8')) ?? [];
    expect(Object.keys(parseFarm('farm.yaml', example).farm.phones).length).toBeGreaterThan(1);
  });
});

describe('the matrix', () => {
  it('pairs neighbours, lets nobody sit idle, and runs no phone twice at once', () => {
    const { batches } = planMatrix(
      farmOf(four, 'parallel: 4\nnetworks: [wifi, mobile]'),
      '2026-12-31',
    );
    expect(batches).toEqual([
      [{ caller: 'a', callee: 'b', network: 'wifi' }],
      [{ caller: 'c', callee: 'a', network: 'wifi' }],
      [{ caller: 'b', callee: 'c', network: 'mobile' }],
    ]);
  });

  it('leaves out a phone in quarantine to its last day, and takes it back then', () => {
    expect(planMatrix(farmOf(four), '2026-12-31')).toMatchObject({
      quarantined: [{ phone: 'd', reason: 'battery swells', until: '2026-12-31' }],
      expired: [],
    });
    const later = planMatrix(farmOf(four, 'parallel: 2'), '2027-01-01');
    expect(later.expired).toHaveLength(1);
    expect(later.batches[0]).toContainEqual({ caller: 'c', callee: 'd', network: 'wifi' });
  });

  it('says who cannot be on a network', () => {
    expect(
      planMatrix(farmOf(four, 'networks: [mobile]'), '2026-01-01', ['a', 'b']).without,
    ).toEqual([
      { phone: 'a', network: 'mobile', reason: 'it has no such network' },
      { phone: 'b', network: 'mobile', reason: 'nobody is there to call' },
    ]);
  });

  it('may be of the phones of a label only', () => {
    expect(planMatrix(farmOf(four), '2026-01-01', ['old']).batches).toEqual([
      [{ caller: 'a', callee: 'c', network: 'wifi' }],
    ]);
  });

  test.prop([fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 })])(
    'has every phone once or, of an odd number, one twice; batches are no larger than allowed',
    (count, parallel) => {
      const phones = Array.from(
        { length: count },
        (_, index) => `  p${index}: { serial: S${index} }`,
      );
      const { batches } = planMatrix(
        farmOf(phones.join('\n'), `parallel: ${parallel}`),
        '2026-01-01',
      );
      for (const batch of batches) {
        const names = batch.flatMap(({ caller, callee }) => [caller, callee]);
        expect(new Set(names).size).toBe(names.length);
        expect(batch.length).toBeLessThanOrEqual(parallel);
      }
      const all = batches.flat().flatMap(({ caller, callee }) => [caller, callee]);
      expect(new Set(all).size).toBe(count === 1 ? 0 : count);
    },
  );
});

describe('attempts', () => {
  const good: Attempt = { kind: 'pass', reason: '' };
  const doubt: Attempt = { kind: 'inconclusive', reason: 'no token came' };
  const bad: Attempt = { kind: 'fail', reason: 'other identifiers' };

  it('of which only the last passes are flaky, and never a pass', () => {
    expect(settle([good])).toEqual({ outcome: 'pass', reason: '' });
    expect(settle([doubt, good])).toEqual({
      outcome: 'flaky',
      reason: 'passed at attempt 2, after: inconclusive (no token came)',
    });
    expect(settle([bad, doubt])).toEqual({
      outcome: 'fail',
      reason: 'other identifiers, 2 attempts',
    });
    expect(settle([])).toMatchObject({ outcome: 'skipped' });
  });

  test.prop([fc.array(fc.constantFrom(good, doubt, bad), { minLength: 1, maxLength: 5 })])(
    'pass only where every one of them does',
    (attempts) => {
      const all = attempts.every(({ kind }) => kind === 'pass');
      expect(settle(attempts).outcome === 'pass').toBe(all);
    },
  );
});
