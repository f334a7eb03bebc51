import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { multiRemoteBrowser } from '@wdio/globals';
import { specPhones } from './in-worker.ts';

/** Mocha's own, which the runner provides. */
declare const describe: (title: string, body: () => void) => void;
declare const before: (work: () => Promise<void>) => void;
declare const it: (title: string, work: () => Promise<void>) => void;

/** Milliseconds; a slow phone is no failure of the application. */
const limits = { ringing: 30_000, audio: 60_000, ending: 15_000 } as const;

/** A test passphrase; nothing is protected by it beyond this run. */
const passphrase = 'passphrase of the specs';

/** Packets of 20 ms: two seconds. */
const packets = 100;

describe('two phones, driven by their screens', () => {
  let world: Awaited<ReturnType<typeof specPhones>>;

  before(async () => {
    world = await specPhones((role) => {
      const browser = multiRemoteBrowser.getInstance(role);
      if (!browser) throw new Error(`there is no session for the ${role}`);
      return browser;
    });
  });

  it('enrol and register', async () => {
    await Promise.all(
      [world.caller, world.callee].map(async ({ phone, number }) => {
        await phone.requestEnrolment(number, passphrase);
        await phone.completeEnrolment(await world.token(number));
        await phone.unlock(passphrase);
        await phone.register();
      }),
    );
  });

  it('show each other’s identifiers while they speak: one’s Local is the other’s Peer', async () => {
    const { caller, callee } = world;
    await callee.phone.setAutoAnswer(true);
    await caller.phone.dial(callee.number);
    const reports = await Promise.all(
      [caller, callee].map(async ({ phone, picture }) => {
        await phone.waitForCall(['in-call'], limits.ringing);
        const report = await phone.waitForAudio(packets, limits.audio);
        await picture('in-call');
        return report;
      }),
    );
    const [from, to] = reports.map(({ identifiers }) => identifiers);
    await world.write('identifiers.json', { caller: from, callee: to });
    ok(from && to, 'both screens show identifiers');
    deepEqual(from, { local: to.peer, peer: to.local });
    notEqual(from.local, from.peer);
  });

  it('hang up and remember the call', async () => {
    const { caller, callee } = world;
    await caller.phone.hangUp();
    const ended = await Promise.all(
      [caller, callee].map(({ phone }) => phone.waitForCall(['ended'], limits.ending)),
    );
    deepEqual(
      ended.map(({ endedBy }) => endedBy),
      [null, null],
    );
    await callee.phone.setAutoAnswer(false);
    equal(await caller.logEntries(), 1);
    equal(await callee.logEntries(), 1);
  });
});
