import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  createReconnection,
  type Reconnection,
  type ReconnectionInput,
  type ReconnectionOptions,
} from './reconnection.ts';

const registered = { kind: 'registered' } as const;
const lost = { kind: 'lost' } as const;
const failed = { kind: 'failed' } as const;
const tick = { kind: 'tick' } as const;

const online = (options: Partial<ReconnectionOptions> = {}): Reconnection => {
  const reconnection = createReconnection({ uniform: () => 0, ...options });
  expect(reconnection.handle(registered, 0)).toEqual([]);
  return reconnection;
};

describe('a phone that lost its connection', () => {
  it('tries at once, then after half to all of a doubling wait', () => {
    for (const [fraction, share] of [
      [0, 0.5],
      [0.999_999_999, 1],
    ] as const) {
      const reconnection = online({ base: 30_000, maximum: 1_800_000, uniform: () => fraction });
      let now = 100_000;
      expect(reconnection.handle(lost, now)).toEqual([{ kind: 'wake', at: now }]);
      expect(reconnection.handle(tick, now)).toEqual([{ kind: 'attempt' }]);
      // The table of RFC 5626 appendix A, with its own base and maximum.
      for (const longest of [60, 120, 240, 480, 960, 1800, 1800]) {
        const [wake] = reconnection.handle(failed, now);
        if (wake?.kind !== 'wake') throw new Error('no wake');
        expect(wake.at - now).toBeCloseTo(longest * 1000 * share, -1);
        expect(reconnection.handle(tick, wake.at - 1)).toEqual([wake]);
        now = wake.at;
        expect(reconnection.handle(tick, now)).toEqual([{ kind: 'attempt' }]);
      }
    }
  });

  it('makes four attempts at least within the 32 s that a call outlives it, with the defaults', () => {
    const reconnection = online({ uniform: () => 0.999_999 });
    let [next] = reconnection.handle(lost, 100_000);
    let attempts = 0;
    while (next?.kind === 'wake' && next.at <= 132_000) {
      attempts += 1;
      reconnection.handle(tick, next.at);
      [next] = reconnection.handle(failed, next.at);
    }
    expect(attempts).toBe(4);
  });

  it('hears of one loss once, and is patient with a server that hangs up on it again and again', () => {
    const reconnection = online();
    reconnection.handle(lost, 100_000);
    expect(reconnection.handle(lost, 100_000)).toEqual([]);
    const waits: number[] = [];
    for (let now = 100_000; waits.length < 4;) {
      reconnection.handle(tick, now);
      reconnection.handle({ kind: 'attempting' }, now);
      reconnection.handle(registered, now);
      const [wake] = reconnection.handle(lost, now + 10);
      if (wake?.kind !== 'wake') throw new Error('no wake');
      waits.push(wake.at - now - 10);
      now = wake.at;
    }
    expect(waits).toEqual([2000, 4000, 8000, 16_000]);
    // After a registration that stood, a loss is the first one again.
    reconnection.handle(tick, 1_000_000);
    reconnection.handle(registered, 1_000_000);
    expect(reconnection.handle(lost, 1_004_000)).toEqual([{ kind: 'wake', at: 1_004_000 }]);
  });
});

it.each([
  [0, 583],
  [0.999_999_999, 294],
])('makes a few hundred attempts through an outage of a day (at %f)', (fraction, most) => {
  const reconnection = online({ uniform: () => fraction });
  let [next] = reconnection.handle(lost, 100_000);
  let attempts = 0;
  while (next?.kind === 'wake' && next.at <= 86_500_000) {
    expect(reconnection.handle(tick, next.at)).toEqual([{ kind: 'attempt' }]);
    attempts += 1;
    [next] = reconnection.handle(failed, next.at);
  }
  expect(attempts).toBeLessThanOrEqual(most);
  expect(attempts).toBeGreaterThan(most - 3);
});

it('waits as long as the registrar asks, a day at most', () => {
  const reconnection = online();
  const wait = (retryAfter: number) => reconnection.handle({ kind: 'failed', retryAfter }, 10_000);
  expect(wait(600)).toEqual([{ kind: 'wake', at: 610_000 }]);
  expect(wait(4_000_000_000)).toEqual([{ kind: 'wake', at: 10_000 + 86_400_000 }]);
  expect(wait(0)).toEqual([{ kind: 'wake', at: 10_000 + 8000 }]);
});

it('asks for nothing before the first registration, after the end, and while somebody else tries', () => {
  const fresh = createReconnection({ uniform: () => 0 });
  for (const input of [failed, lost, tick]) expect(fresh.handle(input, 5)).toEqual([]);
  const stopped = online();
  stopped.handle(lost, 10);
  stopped.handle({ kind: 'stop' }, 11);
  for (const input of [tick, lost, failed]) expect(stopped.handle(input, 99_999)).toEqual([]);
  const busy = online();
  busy.handle(lost, 10_000);
  busy.handle({ kind: 'attempting' }, 10_000);
  expect(busy.handle(tick, 20_000)).toEqual([]);
});

const inputs: fc.Arbitrary<ReconnectionInput> = fc.oneof(
  fc.constantFrom<ReconnectionInput>(registered, lost, failed, tick, { kind: 'attempting' }),
  fc.nat().map((retryAfter): ReconnectionInput => ({ kind: 'failed', retryAfter })),
);

test.prop([fc.array(fc.tuple(inputs, fc.nat(100_000)), { maxLength: 60 })])(
  'never asks twice for one due time, nor to be woken in the past',
  (steps) => {
    const reconnection = createReconnection({ uniform: () => 0.4 });
    let now = 0;
    for (const [input, delay] of steps) {
      now += delay;
      const outputs = reconnection.handle(input, now);
      for (const output of outputs) {
        if (output.kind === 'wake') expect(output.at).toBeGreaterThanOrEqual(now);
        else expect(reconnection.handle(tick, now)).toEqual([]);
      }
      if (input.kind === 'registered') expect(reconnection.handle(tick, now + 1)).toEqual([]);
    }
  },
);
