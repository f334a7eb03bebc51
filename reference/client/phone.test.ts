import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLoopbackSite, type LabSite } from '../../simulators/lab/site.ts';
import { createSmsCentre } from '../../simulators/sms/centre.ts';
import { startAppliance, type ReferenceAppliance } from '../appliance/appliance.ts';
import type { CallView } from './calls/call.ts';
import { activeResources, leftBehind } from './calls/testing/handler.ts';
import { createPhone, type PhoneSettings, type ReferencePhone } from './phone.ts';

const [aliceNumber, bobNumber] = ['+33639980001', '+33639980002'];
const passphrase = 'a test passphrase';
const host = '127.0.0.1';

let site: LabSite;
let appliance: ReferenceAppliance;
/** What was there before the appliance, and with it but without phones: its relay keeps ports ready. */
let before: readonly string[];
let idle: readonly string[];
const sms = createSmsCentre();
const phones: ReferencePhone[] = [];
const refusals: string[] = [];
const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);

beforeEach(async () => {
  process.on('unhandledRejection', escape).on('uncaughtException', escape);
  site = await openLoopbackSite();
  before = await activeResources();
  appliance = await startAppliance({
    host,
    sipPort: 0,
    registrationPort: 0,
    relay: { host, first: 20_000, last: 29_999 },
    sms,
    onRefusal: () => undefined,
  });
  idle = await activeResources();
});

/** Whatever the test did: nothing that keeps the process alive is left once phones and appliance have stopped. */
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  await appliance.stop();
  while ((await leftBehind(before)).length > 0) await setImmediate();
  await site.close();
  process.off('unhandledRejection', escape).off('uncaughtException', escape);
  expect(escaped.splice(0)).toEqual([]);
  refusals.length = 0;
});

const settingsOf = async (name: string): Promise<PhoneSettings> => {
  const { sip, registration, trust } = appliance;
  return { sip, registration, trust, folder: await site.folder(name), host };
};

const locked = async (number: string, change: Partial<PhoneSettings> = {}) => {
  const settings = { ...(await settingsOf(number)), ...change };
  const logs = { refusal: ({ code }: { readonly code: string }) => void refusals.push(code) };
  const phone = createPhone(settings, logs);
  phones.push(phone);
  const texts = sms.outbox.length;
  await phone.requestEnrolment(number, passphrase);
  const { text } = await sms.waitFor(number, 5_000, texts);
  await phone.completeEnrolment(/\b\d{6,}\b/.exec(text)?.[0] ?? '');
  return phone;
};

const unlocked = async (number: string, change?: Partial<PhoneSettings>) => {
  const phone = await locked(number, change);
  await phone.unlock(passphrase);
  return phone;
};

const registered = async (number: string): Promise<ReferencePhone> => {
  const phone = await unlocked(number);
  await phone.register();
  return phone;
};

const until = async (
  phone: ReferencePhone,
  condition: (view: CallView) => boolean,
): Promise<CallView> => {
  while (!condition(phone.view())) await once(phone.events, 'changed');
  return phone.view();
};

const inState = (phone: ReferencePhone, state: CallView['state']): Promise<CallView> =>
  until(phone, (view) => view.state === state);

const hears = (phone: ReferencePhone): Promise<CallView> => {
  const { packetsReceived } = phone.view();
  return until(phone, (view) => view.packetsReceived >= packetsReceived + 3);
};

const inCall = async (): Promise<readonly [ReferencePhone, ReferencePhone]> => {
  const [alice, bob] = await Promise.all([registered(aliceNumber), registered(bobNumber)]);
  bob.setAutoAnswer(true);
  await alice.dial(bobNumber);
  await Promise.all([hears(alice), hears(bob)]);
  return [alice, bob];
};

/** Handles of a kind that phones, and the appliance because of them, hold open. */
const openCount = async (kind: string): Promise<number> =>
  (await leftBehind(idle)).filter((resource) => resource === kind).length;

describe('an ordinary call of two phones', () => {
  it('leaves nothing behind that was not there before it', async () => {
    const [alice, bob] = await Promise.all([registered(aliceNumber), registered(bobNumber)]);
    const registeredOnly = await activeResources();
    await alice.dial(bobNumber);
    await inState(bob, 'ringing');
    await bob.answer();
    await Promise.all([hears(alice), hears(bob)]);
    expect(await openCount('UDPWrap')).toBeGreaterThanOrEqual(4);
    bob.hangUp();
    await inState(alice, 'ended');
    while ((await leftBehind(registeredOnly)).length > 0) await setImmediate();
    expect(await openCount('UDPWrap')).toBe(0);
    expect(refusals).toEqual([]);
  });

  it('given up and dialled again at once reaches the other', async () => {
    const [alice, bob] = await Promise.all([registered(aliceNumber), registered(bobNumber)]);
    await alice.dial(bobNumber);
    await inState(bob, 'ringing');
    const { callId } = bob.view();
    alice.hangUp();
    await alice.dial(bobNumber);
    await until(bob, (view) => view.state === 'ringing' && view.callId !== callId);
    bob.hangUp();
    expect(await inState(alice, 'ended')).toMatchObject({ endedBy: 'sip/603' });
    expect(refusals).toEqual([]);
  });

  it('given up before its INVITE went out leaves the line free', async () => {
    const [alice, bob] = await Promise.all([registered(aliceNumber), registered(bobNumber)]);
    const dialling = alice.dial(bobNumber).catch((error: Error) => error.message);
    alice.hangUp();
    expect(await dialling).toMatch(/ended before it was sent/);
    await alice.dial(bobNumber);
    await inState(bob, 'ringing');
    expect(refusals).toEqual([]);
  });

  it('is ended for the other when one phone stops', async () => {
    const [alice, bob] = await inCall();
    await alice.stop();
    expect(await inState(bob, 'ended')).toMatchObject({ endedBy: null });
    expect(alice.view()).toMatchObject({ state: 'ended', endedBy: null });
  });
});

describe('registering', () => {
  it('again in a call keeps the call, its keys and its way to the other', async () => {
    const [alice, bob] = await inCall();
    const { callId, identifiers } = alice.view();
    await alice.register();
    await Promise.all([hears(alice), hears(bob)]);
    expect(alice.view()).toMatchObject({ state: 'in-call', callId, identifiers });
    bob.hangUp();
    expect(await inState(alice, 'ended')).toMatchObject({ endedBy: null });
    await alice.dial(bobNumber);
    await Promise.all([inState(alice, 'in-call'), hears(bob)]);
    alice.hangUp();
    expect(await inState(bob, 'ended')).toMatchObject({ endedBy: null });
    expect(refusals).toEqual([]);
  });

  it('twice at once leaves one connection', async () => {
    const alice = await unlocked(aliceNumber);
    while ((await openCount('TCPSocketWrap')) > 0) await setImmediate();
    await Promise.all([alice.register(), alice.register()]);
    // Both ends of it are in this process.
    while ((await openCount('TCPSocketWrap')) > 2) await setImmediate();
    expect(await openCount('TCPSocketWrap')).toBe(2);
  });

  it('is what a phone must do before it dials', async () => {
    const alice = await unlocked(aliceNumber);
    await expect(alice.dial(bobNumber)).rejects.toThrow(/register first/);
    await alice.register();
    await expect(alice.dial(aliceNumber)).rejects.toThrow(/cannot call itself/);
    await expect(alice.dial('112')).rejects.toThrow(/"112" is no number/);
    expect(alice.view().state).toBe('idle');
  });

  it('after unlocking anew goes on with the new key alone', async () => {
    const [alice, bob] = await inCall();
    await expect(alice.unlock('another passphrase')).rejects.toThrow(/passphrase/);
    expect(alice.view().state).toBe('in-call');
    await alice.unlock(passphrase);
    expect(await inState(bob, 'ended')).toMatchObject({ endedBy: null });
    expect(alice.view().state).toBe('idle');
    await expect(alice.dial(bobNumber)).rejects.toThrow(/register first/);
    await alice.register();
    await alice.dial(bobNumber);
    await Promise.all([hears(alice), hears(bob)]);
  });
});

describe('the connection lost', () => {
  it('in a call: the phone can still hang up, and stops', async () => {
    const [alice] = await inCall();
    await appliance.stop();
    await expect(alice.dial(bobNumber)).rejects.toThrow(/register first|under way/);
    alice.hangUp();
    expect(alice.view()).toMatchObject({ state: 'ended', endedBy: null });
    await expect(alice.register()).rejects.toThrow(/ECONNREFUSED/);
  });

  it('while it rings: ends the call at the callee', async () => {
    const [alice, bob] = await Promise.all([registered(aliceNumber), registered(bobNumber)]);
    await alice.dial(bobNumber);
    await inState(bob, 'ringing');
    await appliance.stop();
    expect(await inState(bob, 'ended')).toMatchObject({ endedBy: 'sip/connection-lost' });
    expect(await inState(alice, 'ended')).toMatchObject({ endedBy: 'sip/503' });
  });
});

describe('stopping', () => {
  it.each([
    ['while it registers', (phone: ReferencePhone) => phone.register()],
    ['while it opens its key', (phone: ReferencePhone) => phone.unlock(passphrase)],
    ['while it enrols', (phone: ReferencePhone) => phone.requestEnrolment(bobNumber, passphrase)],
    [
      'while it dials',
      async (phone: ReferencePhone) => {
        await phone.register();
        await phone.dial(bobNumber);
      },
    ],
  ])('%s leaves nothing to wait for, and refuses what comes after', async (_, act) => {
    const alice = await unlocked(aliceNumber);
    const acting = act(alice).catch(() => undefined);
    await setImmediate();
    await alice.stop();
    await acting;
    expect(await openCount('UDPWrap')).toBe(0);
    await expect(alice.register()).rejects.toThrow(/the phone is stopped/);
  });

  it.each([
    ['registers', 'sip', (phone: ReferencePhone) => phone.register()],
    [
      'enrols',
      'registration',
      (phone: ReferencePhone) => phone.requestEnrolment(bobNumber, passphrase),
    ],
  ] as const)('does not wait for a silent server with which it %s', async (_, service, act) => {
    const silent = createServer((socket) => void socket.on('error', () => undefined).resume());
    silent.listen(0, host);
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const alice = createPhone(
      { ...(await settingsOf(aliceNumber)), [service]: { host, port } },
      { refusal: ({ code }) => void refusals.push(code) },
    );
    phones.push(alice);
    if (service === 'sip') {
      await unlocked(aliceNumber).then((phone) => phone.stop());
      await alice.unlock(passphrase);
    }
    const acting = act(alice).catch((error: Error) => error.message);
    await once(silent, 'connection');
    await alice.stop();
    expect(await acting).toMatch(/the attempt was given up/);
    silent.close();
  });
});
