import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { World } from './activity.ts';
import { fakeActivity, fakeAppliance, fakePhone, fakeTarget, never } from './testing/fakes.ts';
import { impatient, openStage, withCall, type Stage } from './testing/stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

describe('stopping', () => {
  it('waits for each part at most the limit, and goes on to the others', async () => {
    const stubborn = new Set(['alice', 'carol']);
    const target = fakeTarget(stage.events, {
      startPhone: (_site, name) =>
        Promise.resolve(
          fakePhone(name, {
            stop: () => {
              stage.events.push(`stop ${name}`);
              if (name === 'carol') throw new Error('no such process');
              return stubborn.has(name) ? never() : Promise.resolve();
            },
          }),
        ),
    });
    const run = async (world: World) => {
      for (const name of ['alice', 'bob', 'carol']) await world.phone(name);
    };
    await stage.perform([fakeActivity('call', { run })], { target, limits: impatient });
    expect(stage.problems()).toEqual([
      'stopping phone alice took more than 0.02 s',
      'stopping phone carol: no such process',
    ]);
    expect(stage.events.slice(-4)).toEqual([
      'stop alice',
      'stop bob',
      'stop carol',
      'stop appliance',
    ]);
  });

  it('does not wait for a part that never comes up, and stops one that comes up late', async () => {
    const late = Promise.withResolvers<ReturnType<typeof fakePhone>>();
    const stopped = Promise.withResolvers<string>();
    const target = fakeTarget(stage.events, {
      startPhone: (_site, name) => (name === 'alice' ? late.promise : never()),
    });
    const outcomes = await stage.perform([fakeActivity('call', { run: withCall })], {
      target,
      limits: impatient,
    });
    expect(outcomes).toMatchObject([{ reason: 'doing call took more than 0.02 s' }]);
    expect(stage.problems()).toEqual([
      'stopping phone alice took more than 0.02 s',
      'stopping phone bob took more than 0.02 s',
    ]);
    late.resolve(
      fakePhone('alice', {
        stop: () => {
          stopped.resolve('stopped');
          return Promise.resolve();
        },
      }),
    );
    expect(await stopped.promise).toBe('stopped');
  });

  it('does not start a phone whose appliance comes up only then', async () => {
    const appliance = Promise.withResolvers<ReturnType<typeof fakeAppliance>>();
    const target = fakeTarget(stage.events, { startAppliance: () => appliance.promise });
    const run = async (world: World) => {
      await Promise.all([world.appliance(), world.phone('alice')]);
    };
    await stage.perform([fakeActivity('call', { run })], { target, limits: impatient });
    const stopped = Promise.withResolvers<string>();
    appliance.resolve(
      fakeAppliance({
        stop: () => {
          stopped.resolve('stopped');
          return Promise.resolve();
        },
      }),
    );
    expect(await stopped.promise).toBe('stopped');
    // Everything that was waiting for the appliance has had its turn by then.
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.events).toEqual(['call begins', 'call failed']);
  });
});
