import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Capability } from '../../devices/contract.ts';
import { fault } from '../../reference/core/result.ts';
import { fakeActivity, fakeCapture, fakePhone, fakeTarget, never } from './testing/fakes.ts';
import { openStage, withCall, type Stage } from './testing/stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

describe('capturing', () => {
  const call = fakeActivity('call', { captured: true, run: withCall });
  const logging = (name: string, tlsKeyLog: () => Promise<readonly string[]>) =>
    fakePhone(name, { capabilities: new Set<Capability>(['tls-key-log']), tlsKeyLog });

  it('begins before the activity and ends with the secrets of every phone', async () => {
    const target = fakeTarget(stage.events, {
      startPhone: (_site, name) =>
        Promise.resolve(logging(name, () => Promise.resolve([`CLIENT_RANDOM ${name}`]))),
    });
    await stage.perform([call], { target });
    expect(stage.events).toEqual([
      'call begins',
      'capture discretio: doing call',
      'start appliance',
      'captured with ["CLIENT_RANDOM alice","CLIENT_RANDOM bob"]',
      'call done',
      'stop appliance',
    ]);
  });

  it('is kept without the secrets of a phone that does not give them', async () => {
    const target = fakeTarget(stage.events, {
      startPhone: (_site, name) =>
        Promise.resolve(
          logging(name, () =>
            name === 'alice' ? Promise.reject(new Error('it has crashed')) : never(),
          ),
        ),
    });
    const outcomes = await stage.perform([call], { target, limits: { activity: 1_000, stop: 20 } });
    expect(outcomes).toEqual([{ id: 'call', status: 'done' }]);
    expect(stage.events).toContain('captured with []');
    expect(stage.problems().toSorted()).toEqual([
      'asking phone alice for its TLS key log: it has crashed; its connections stay encrypted in the capture',
      'asking phone bob for its TLS key log took more than 0.02 s; its connections stay encrypted in the capture',
    ]);
  });

  it('that is not permitted is missing with the reason, and the activity is done', async () => {
    const outcomes = await stage.perform([call], {
      capture: () => Promise.resolve(fault('not-permitted', -1, 'socket(AF_PACKET): EPERM')),
    });
    expect(outcomes).toEqual([{ id: 'call', status: 'done' }]);
    expect(await stage.readJson('evidence/call/capture.json')).toEqual({
      kind: 'missing',
      reason: 'socket(AF_PACKET): EPERM',
    });
  });

  it('that breaks off is missing with the reason, and does not hide why the activity failed', async () => {
    const run = () => Promise.reject(new Error('no answer'));
    const outcomes = await stage.perform([fakeActivity('call', { captured: true, run })], {
      capture: () =>
        Promise.resolve({
          ok: true,
          value: { stop: () => Promise.reject(new Error('the capture broke off: ENETDOWN')) },
        }),
    });
    expect(outcomes).toEqual([{ id: 'call', status: 'failed', reason: 'no answer' }]);
    expect(await stage.readJson('evidence/call/capture.json')).toEqual({
      kind: 'missing',
      reason: 'the capture broke off: ENETDOWN',
    });
  });

  it('is searched for the secrets that an activity hands over, but not one that is missing', async () => {
    const handing = fakeActivity('call', {
      captured: true,
      run: () => Promise.resolve({ searchCapture: ({ packets }) => ({ searched: packets }) }),
    });
    await stage.perform([handing], {
      capture: () => Promise.resolve(fault('not-permitted', -1, 'EPERM')),
    });
    expect(await stage.store.list()).toEqual(['evidence/call/capture.json']);
    await stage.perform([handing], {
      capture: async ({ file }) => {
        await stage.store.write(file.slice(stage.folder.length + 1), new Uint8Array(0));
        return fakeCapture(stage.events)({ file, interface: '', comment: '' });
      },
    });
    expect(await stage.readJson('evidence/call/secrets-in-traffic.json')).toEqual({ searched: 0 });
  });
});
