import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../reference/core/bytes.ts';
import { PropertyFault, type FuzzTarget } from '../target.ts';
import { attempt } from './attempt.ts';
import { withinTime } from './bounded.ts';
import { runCampaign } from './campaign.ts';
import { caseAt } from './case.ts';
import { replayCase, runTarget } from './run.ts';

const targetOf = (part: Partial<FuzzTarget<number>>): FuzzTarget<number> => ({
  name: 'numbers',
  parsers: ['none#none'],
  cases: fc.nat({ max: 100_000 }),
  check: (value) => (value % 2 === 0 ? 'even' : 'odd'),
  reaches: ['even', 'odd'],
  file: (value) => ({ extension: 'txt', bytes: utf8(String(value)) }),
  ...part,
});

const below = (limit: number): FuzzTarget<number> =>
  targetOf({
    check: (value) => {
      if (value >= limit) throw new PropertyFault('small', `below ${limit}`, String(value));
      return 'small';
    },
  });

const spin = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

describe('a run', () => {
  it('makes the same cases from the same seed, others from another, and counts what they reach', async () => {
    const seen: number[] = [];
    const target = targetOf({ check: (value) => (seen.push(value), 'seen') });
    const report = await runTarget(target, { runs: 50, seed: 3 });
    const first = seen.splice(0);
    await runTarget(target, { runs: 50, seed: 3 });
    const second = seen.splice(0);
    await runTarget(target, { runs: 50, seed: 4 });
    expect(second).toEqual(first);
    expect(seen).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(30);
    expect(report).toMatchObject({ runs: 50, seed: 3, failures: [], interrupted: false });
    expect(report.reached).toEqual(new Map([['seen', 50]]));
  });

  it('shrinks what fails to the simplest case, whose path leads to it again', async () => {
    const target = below(1_234);
    const { failures } = await runTarget(target, { runs: 200, seed: 5 });
    expect(failures).toMatchObject([
      { property: 'small', expected: 'below 1234', observed: '1234', value: 1_234 },
    ]);
    const path = failures[0]?.path ?? '';
    expect(path).toMatch(/^\d+(:\d+)+$/);
    expect(caseAt(target, 5, path)).toBe(1_234);
    expect(replayCase(target, 5, path)?.failure).toMatchObject({ value: 1_234 });
    expect(replayCase(target, 5, '0:999999')).toBeUndefined();
  });

  it('takes any other throw for a parser that is not total', async () => {
    const target = targetOf({
      check: () => {
        throw new RangeError('outside');
      },
    });
    const { failures, runs } = await runTarget(target, { runs: 9, seed: 1 });
    expect(runs).toBe(9);
    expect(failures).toMatchObject([{ property: 'total', value: 0 }]);
    expect(failures[0]?.observed).toContain('RangeError: outside');
  });

  it('tells faults of two kinds apart and keeps one of each', async () => {
    const target = targetOf({
      check: (value) => {
        throw new PropertyFault(value < 1_000 ? 'small' : 'large', 'none', String(value));
      },
    });
    const { failures } = await runTarget(target, { runs: 50, seed: 1 });
    expect(new Map(failures.map(({ property, value }) => [property, value]))).toEqual(
      new Map<string, unknown>([
        ['large', 1_000],
        ['small', 0],
      ]),
    );
  });

  it('names shapes that enough cases never reached, and says nothing after too few', async () => {
    const target = targetOf({ reaches: ['even', 'odd', 'neither'], enough: 40 });
    expect(await runTarget(target, { runs: 40, seed: 1 })).toMatchObject({
      unreached: ['neither'],
    });
    expect(await runTarget(target, { runs: 39, seed: 1 })).toMatchObject({ unreached: [] });
  });

  it('finds a case that takes too long', async () => {
    const target = targetOf({
      limit: 20,
      check: (value) => {
        if (value > 90_000) spin(40);
        return 'done';
      },
    });
    const { failures } = await runTarget(target, { runs: 100, seed: 2, stopAfter: 1 });
    expect(failures).toMatchObject([{ property: 'bounded time', expected: 'at most 20 ms' }]);
  });

  it('takes a case that is too long once, or twice, for a busy machine, and three times for a finding', () => {
    const slowFor = (times: number) => {
      let checks = 0;
      const target = targetOf({
        limit: 60,
        check: () => {
          checks += 1;
          if (checks <= times) spin(120);
          return 'done';
        },
      });
      const { violation } = attempt(target, 0);
      return { checks, violation };
    };
    expect(slowFor(0)).toEqual({ checks: 1, violation: null });
    expect(slowFor(1)).toEqual({ checks: 2, violation: null });
    expect(slowFor(2)).toEqual({ checks: 3, violation: null });
    expect(slowFor(3)).toMatchObject({
      checks: 3,
      violation: { property: 'bounded time', expected: 'at most 60 ms' },
    });
  });

  it('finds memory that cases keep', async () => {
    const kept: Uint8Array[] = [];
    const target = targetOf({
      check: (value) => {
        if (kept.length < 4_000) kept.push(new Uint8Array(60_000).fill(value));
        return 'kept';
      },
    });
    const { failures } = await runTarget(target, { runs: 4_000, seed: 2 });
    expect(failures).toMatchObject([{ property: 'bounded memory' }]);
  });

  it('stops when it is told to, with what was done', async () => {
    const controller = new AbortController();
    const target = targetOf({
      check: () => {
        controller.abort();
        return 'done';
      },
    });
    const { signal } = controller;
    const report = await runTarget(target, { runs: 1e9, seed: 1, signal });
    expect(report).toMatchObject({ interrupted: true, failures: [] });
    expect(report.runs).toBeGreaterThan(0);
    expect(report.runs).toBeLessThan(1e9);
  });
});

describe('withinTime', () => {
  it('ends work that does not end', () => {
    expect(
      withinTime(20, () => {
        for (;;);
      }),
    ).toBe(false);
  });

  it('lets work end that does, and its errors out', () => {
    let done = false;
    expect(withinTime(1_000, () => void (done = true))).toBe(true);
    expect(done).toBe(true);
    const work = (): void => {
      throw new TypeError('mine');
    };
    expect(() => withinTime(1_000, work)).toThrow('mine');
  });
});

describe('a campaign', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('writes what fails, keeps a corpus, and tries it again first', async () => {
    const order = { runs: 100, seed: 7, folder, keeps: true };
    const { failures } = await runCampaign(below(500), order);
    const [failure] = failures;
    expect(failures).toMatchObject([{ property: 'small', seed: 7 }]);
    expect(await readFile(failure?.file ?? '', 'utf8')).toBe('500');
    const written = await readdir(join(folder, 'numbers/failures'));
    const about = written.find((name) => name.endsWith('.about.json')) ?? '';
    expect(
      JSON.parse(await readFile(join(folder, 'numbers/failures', about), 'utf8')),
    ).toMatchObject({
      target: 'numbers',
      seed: 7,
      path: failure?.path,
      property: 'small',
      expected: 'below 500',
      observed: '500',
      file: failure?.file,
      again: `discretio fuzz numbers --seed 7 --path ${failure?.path}`,
      case: 500,
    });
    expect(await readdir(join(folder, 'numbers/corpus'))).toEqual(['small.txt']);
    const later = await runCampaign(below(500), { ...order, runs: 1, seed: 8 });
    expect(later.failures).toMatchObject([{ seed: 7, path: failure?.path }, { seed: 8 }]);
    const mended = await runCampaign(below(1e6), { ...order, runs: 1, seed: 8 });
    expect(mended.failures).toEqual([]);
  });
});
