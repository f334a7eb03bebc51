import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { createKeepAlive, type KeepAliveInput, type KeepAliveOutput } from './keep-alive.ts';

const up = { kind: 'up' } as const;
const tick = { kind: 'tick' } as const;

test.prop([fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })])(
  'pings after 80 to 100 % of the interval',
  (fraction) => {
    const [wake] = createKeepAlive({ uniform: () => fraction }).handle(up, 0);
    if (wake?.kind !== 'wake') throw new Error('no wake');
    expect(wake.at).toBeGreaterThanOrEqual(96_000);
    expect(wake.at).toBeLessThanOrEqual(120_000);
  },
);

it('pings, and begins again with the pong', () => {
  const keepAlive = createKeepAlive({ interval: 1000, uniform: () => 0.5 });
  expect(keepAlive.handle(up, 0)).toEqual([{ kind: 'wake', at: 900 }]);
  expect(keepAlive.handle(tick, 899)).toEqual([{ kind: 'wake', at: 900 }]);
  expect(keepAlive.handle({ kind: 'pong' }, 899)).toEqual([]);
  expect(keepAlive.handle(tick, 900)).toEqual([{ kind: 'ping' }, { kind: 'wake', at: 10_900 }]);
  expect(keepAlive.handle({ kind: 'pong' }, 1000)).toEqual([{ kind: 'wake', at: 1900 }]);
});

it('fails once when no pong comes in 10 s, and sleeps then and when the connection is down', () => {
  const keepAlive = createKeepAlive({ interval: 1000, uniform: () => 0 });
  keepAlive.handle(up, 0);
  keepAlive.handle(tick, 800);
  expect(keepAlive.handle(tick, 10_799)).toEqual([{ kind: 'wake', at: 10_800 }]);
  expect(keepAlive.handle(tick, 10_800)).toEqual([{ kind: 'failed' }]);
  expect(keepAlive.handle(tick, 99_000)).toEqual([]);
  keepAlive.handle(up, 100_000);
  expect(keepAlive.handle({ kind: 'down' }, 100_001)).toEqual([]);
  expect(keepAlive.handle(tick, 999_000)).toEqual([]);
});

it('takes the interval of Flow-Timer for this connection, but never hammers', () => {
  const keepAlive = createKeepAlive({ uniform: () => 0 });
  keepAlive.handle(up, 0);
  const asked = (seconds: number) => keepAlive.handle({ kind: 'flow-timer', seconds }, 0);
  expect(asked(30)).toEqual([{ kind: 'wake', at: 24_000 }]);
  expect(asked(0)).toEqual([{ kind: 'wake', at: 8000 }]);
  expect(keepAlive.handle(up, 0)).toEqual([{ kind: 'wake', at: 96_000 }]);
});

const inputs = fc.oneof(
  fc.constantFrom<KeepAliveInput['kind']>('up', 'down', 'pong', 'tick').map((kind) => ({ kind })),
  fc.nat(200).map((seconds) => ({ kind: 'flow-timer' as const, seconds })),
);

test.prop([fc.array(fc.tuple(inputs, fc.nat(60_000)), { maxLength: 60 })])(
  'never asks to be woken in the past, and never pings a connection that is down',
  (steps) => {
    const keepAlive = createKeepAlive({ uniform: () => 0.3 });
    let now = 0;
    let isUp = false;
    for (const [input, delay] of steps) {
      now += delay;
      const outputs: readonly KeepAliveOutput[] = keepAlive.handle(input as KeepAliveInput, now);
      if (input.kind === 'up') isUp = true;
      if (input.kind === 'down') isUp = false;
      for (const output of outputs) {
        if (output.kind === 'wake') expect(output.at).toBeGreaterThan(now);
        else expect(isUp).toBe(true);
      }
    }
  },
);
