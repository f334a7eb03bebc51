import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Capability } from '../../devices/contract.ts';
import { EvidenceError } from '../../reports/evidence/errors.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import type { World } from './activity.ts';
import { fakeActivity, fakeTarget, never } from './testing/fakes.ts';
import { impatient, openStage, withCall, type Stage } from './testing/stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

describe('performing activities', () => {
  it('goes in order, starts parts on first use only, and stops phones before the appliance', async () => {
    const outcomes = await stage.perform([
      fakeActivity('call', { run: withCall }),
      fakeActivity('again', { run: withCall, after: ['call'] }),
    ]);
    expect(outcomes).toEqual([
      { id: 'call', status: 'done' },
      { id: 'again', status: 'done' },
    ]);
    expect(stage.events).toEqual([
      'call begins',
      'start appliance',
      'start alice',
      'start bob',
      'call done',
      'again begins',
      'again done',
      'stop alice',
      'stop bob',
      'stop appliance',
    ]);
    expect(
      stage.remarks.map((remark) => (remark.kind === 'took' ? remark.what : remark.text)),
    ).toEqual(['the appliance started (part of the next line)', 'everything stopped']);
  });

  it('writes evidence into the folder of the activity', async () => {
    await stage.perform([
      fakeActivity('scan', { run: (world) => world.write('a/b.json', { seed: world.seed }) }),
    ]);
    expect(await stage.readJson('evidence/scan/a/b.json')).toEqual({ seed: 7 });
  });

  it('starts nothing for a target that lacks a capability', async () => {
    const needs: readonly Capability[] = ['call', 'refusal-log'];
    const target = fakeTarget(stage.events, { capabilities: new Set<Capability>(['call']) });
    const outcomes = await stage.perform([fakeActivity('attack', { needs, run: withCall })], {
      target,
    });
    expect(outcomes).toEqual([
      {
        id: 'attack',
        status: 'unsupported',
        reason: 'the target lacks the capability refusal-log',
      },
    ]);
    expect(stage.events).toEqual(['attack begins', 'attack unsupported']);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('phone alice: dialling: 480'))],
    [
      'throws',
      () => {
        throw new Error('phone alice: dialling: 480');
      },
    ],
  ])('goes on after one that %s, but not with those that build on it', async (_how, run) => {
    const outcomes = await stage.perform([
      fakeActivity('call', { run }),
      fakeActivity('attack', { after: ['call'], run: withCall }),
      fakeActivity('later', { after: ['attack'] }),
      fakeActivity('scan'),
    ]);
    expect(outcomes).toEqual([
      { id: 'call', status: 'failed', reason: 'phone alice: dialling: 480' },
      {
        id: 'attack',
        status: 'failed',
        reason: 'activity call, which it builds on, was not done',
      },
      {
        id: 'later',
        status: 'failed',
        reason: 'activity attack, which it builds on, was not done',
      },
      { id: 'scan', status: 'done' },
    ]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('port 5061 is taken'))],
    [
      'throws',
      () => {
        throw new Error('port 5061 is taken');
      },
    ],
  ])(
    'says for each activity why an appliance that %s cannot start, and starts it once',
    async (_how, startAppliance) => {
      let starts = 0;
      const target = fakeTarget(stage.events, {
        startAppliance: () => {
          starts += 1;
          return startAppliance();
        },
      });
      const outcomes = await stage.perform(
        ['call', 'scan'].map((id) => fakeActivity(id, { run: withCall })),
        { target },
      );
      expect(outcomes).toEqual([
        { id: 'call', status: 'failed', reason: 'port 5061 is taken' },
        { id: 'scan', status: 'failed', reason: 'port 5061 is taken' },
      ]);
      expect(starts).toBe(1);
      expect(stage.problems()).toEqual([]);
    },
  );

  it('ends at once when evidence cannot be written, and stops everything', async () => {
    const full: EvidenceStore = {
      ...stage.store,
      write: () => Promise.reject(new EvidenceError('the disk is full')),
    };
    const run = async (world: World) => {
      await withCall(world);
      await world.write('a.json', {});
    };
    const performed = stage.perform([fakeActivity('call', { run }), fakeActivity('scan')], {
      store: full,
    });
    await expect(performed).rejects.toThrow(new EvidenceError('the disk is full'));
    expect(stage.events.slice(-3)).toEqual(['stop alice', 'stop bob', 'stop appliance']);
    expect(stage.events).not.toContain('scan begins');
  });
});

describe('an activity that takes too long', () => {
  it('is given up with the limit as the reason, and the next one goes on', async () => {
    const outcomes = await stage.perform(
      [fakeActivity('call', { run: () => never() }), fakeActivity('scan')],
      { limits: impatient },
    );
    expect(outcomes).toEqual([
      { id: 'call', status: 'failed', reason: 'doing call took more than 0.02 s' },
      { id: 'scan', status: 'done' },
    ]);
  });

  it('can neither write evidence nor start parts afterwards', async () => {
    const gate = Promise.withResolvers<void>();
    const refused = Promise.withResolvers<unknown[]>();
    const run = async (world: World) => {
      await gate.promise;
      const late = [world.write('late.json', {}), world.appliance(), world.phone('alice')];
      const results = await Promise.allSettled(late);
      refused.resolve(results.map((result) => ('reason' in result ? String(result.reason) : 'ok')));
    };
    const release = fakeActivity('scan', {
      run: async () => {
        gate.resolve();
        const refusal = 'Error: activity call was given up';
        expect(await refused.promise).toEqual([refusal, refusal, refusal]);
      },
    });
    const outcomes = await stage.perform([fakeActivity('call', { run }), release], {
      limits: { activity: 50, stop: 50 },
    });
    expect(outcomes).toMatchObject([{ status: 'failed' }, { status: 'done' }]);
    expect(await stage.store.list()).toEqual([]);
    expect(stage.events).not.toContain('start appliance');
  });
});

describe('an interruption', () => {
  it('ends the activity under way, keeps its capture and evidence, leaves out the rest and stops everything', async () => {
    const controller = new AbortController();
    const run = async (world: World) => {
      await withCall(world);
      await world.write('topology.json', { kept: true });
      controller.abort('SIGINT');
      await never();
    };
    const outcomes = await stage.perform(
      [fakeActivity('call', { run, captured: true }), fakeActivity('scan', { run: withCall })],
      { signal: controller.signal },
    );
    expect(outcomes).toEqual([
      { id: 'call', status: 'interrupted', reason: 'interrupted (SIGINT)' },
      { id: 'scan', status: 'interrupted', reason: 'the run was interrupted (SIGINT)' },
    ]);
    expect(await stage.readJson('evidence/call/topology.json')).toEqual({ kept: true });
    expect(await stage.readJson('evidence/call/capture.json')).toEqual({
      kind: 'captured',
      packets: 3,
      dropped: 0,
    });
    expect(stage.events.slice(-3)).toEqual(['stop alice', 'stop bob', 'stop appliance']);
  });

  it('before the first activity starts nothing', async () => {
    const outcomes = await stage.perform([fakeActivity('call', { run: withCall })], {
      signal: AbortSignal.abort(),
    });
    expect(outcomes).toMatchObject([{ status: 'interrupted', reason: 'the run was interrupted' }]);
    expect(stage.events).not.toContain('start appliance');
  });
});
