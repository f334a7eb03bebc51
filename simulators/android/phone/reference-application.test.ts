import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAppliance, type ReferenceAppliance } from '../../../reference/appliance/appliance.ts';
import { openLoopbackSite, type LabSite } from '../../lab/site.ts';
import { createSmsCentre } from '../../sms/centre.ts';
import {
  startAndroidPhone,
  type AndroidPhoneOptions,
  type SimulatedAndroidPhone,
} from '../start.ts';
import { nodesOf, type ScreenNode } from './layout.ts';
import { referenceApplication } from './reference-application.ts';
import { packageName, resourceId } from './reference-screens.ts';
import { networkOf } from './state.ts';
import { changeWidget } from './widget.ts';

const host = '127.0.0.1';
const passphrase = 'a long test passphrase';
const [aliceNumber, bobNumber] = ['+33639984011', '+33639984012'];
const microphone = 'android.permission.RECORD_AUDIO';
const sms = createSmsCentre();

let site: LabSite;
let appliance: ReferenceAppliance;
const phones: SimulatedAndroidPhone[] = [];

beforeEach(async () => {
  site = await openLoopbackSite();
  appliance = await startAppliance({
    host,
    sipPort: 0,
    registrationPort: 0,
    relay: { host, first: 20_000, last: 29_999 },
    sms,
    onRefusal: () => undefined,
  });
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  await appliance.stop();
  await site.close();
});

/** A user who sees a phone's screen and touches it. */
const userOf = (phone: SimulatedAndroidPhone) => {
  const node = (id: string): ScreenNode | undefined =>
    nodesOf(phone.screen().root).find(({ widget }) => widget.id === id);
  const value = (name: string): string | undefined => {
    const widget = node(resourceId(name))?.widget;
    return widget?.description ?? widget?.text;
  };
  /** The test's own deadline ends the waiting. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await once(phone.state.events, 'changed');
  };
  return {
    phone,
    value,
    node,
    sees: (name: string, wanted?: string) =>
      until(() => {
        const shown = node(resourceId(name));
        return shown !== undefined && (wanted === undefined || value(name) === wanted);
      }),
    tap(id: string): void {
      const found = node(id.includes(':') ? id : resourceId(id));
      if (found) phone.touch.tapNode(found);
    },
    type(name: string, text: string): void {
      const found = node(resourceId(name));
      if (found) phone.touch.setText(found, text);
    },
  };
};

type User = ReturnType<typeof userOf>;

const unlock = async (user: User): Promise<void> => {
  await user.sees('screen-unlock');
  user.type('unlock-password', passphrase);
  user.tap('unlock');
  await user.sees('registration-state', 'registered');
};

const enrolled = async (number: string, options: AndroidPhoneOptions = {}): Promise<User> => {
  const { sip, registration, trust } = appliance;
  const settings = { sip, registration, trust, folder: await site.folder(number), host };
  const application = referenceApplication({ settings, logs: { refusal: () => undefined } });
  const phone = await startAndroidPhone({ applications: [application], ...options });
  phones.push(phone);
  const user = userOf(phone);
  phone.events.launch(packageName);
  await user.sees('screen-enrol');
  user.type('enrol-number', number);
  user.type('enrol-password', passphrase);
  const before = sms.outbox.length;
  user.tap('request-token');
  const { text } = await sms.waitFor(number, 10_000, before);
  await user.sees('enrol-token');
  user.type('enrol-token', /\b\d{6,}\b/.exec(text)?.[0] ?? '');
  user.tap('complete-enrolment');
  await unlock(user);
  return user;
};

const inCall = async (alice: User, bob: User): Promise<void> => {
  alice.type('dial-number', bobNumber);
  alice.tap('dial');
  await bob.sees('screen-incoming');
  bob.tap('answer');
  await Promise.all([alice.sees('screen-in-call'), bob.sees('screen-in-call')]);
};

describe('the reference phone as an application', () => {
  it('shows the identifiers of its call, and holds it while the telephone network calls', async () => {
    const [alice, bob] = await Promise.all([enrolled(aliceNumber), enrolled(bobNumber)]);
    await inCall(alice, bob);
    expect(alice.value('local-identifier')).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4})+$/);
    expect(alice.value('local-identifier')).toBe(bob.value('peer-identifier'));
    expect(bob.value('local-identifier')).toBe(alice.value('peer-identifier'));

    const ringing = alice.phone.events.systemCall('+33123456789');
    expect(alice.node('com.android.dialer:id/incoming_call_answer')).toBeDefined();
    expect(alice.node(resourceId('screen-in-call'))).toBeUndefined();
    alice.tap('com.android.dialer:id/incoming_call_answer');
    await bob.sees('call-held', 'remote');
    ringing.end();
    while (bob.node(resourceId('call-held'))) await once(bob.phone.state.events, 'changed');
    bob.tap('hang-up');
    await alice.sees('end-reason', 'hung-up');
  });

  it('shows what a wrapper makes of it, while its own call is right', async () => {
    const wrong = '0000 '.repeat(8).trim();
    const [alice, bob] = await Promise.all([
      enrolled(aliceNumber, {
        show: (screen) =>
          changeWidget(screen, resourceId('peer-identifier'), (widget) => ({
            ...widget,
            text: wrong,
            description: wrong,
          })),
      }),
      enrolled(bobNumber),
    ]);
    await inCall(alice, bob);
    expect(alice.value('peer-identifier')).toBe(wrong);
    expect(alice.value('local-identifier')).toBe(bob.value('peer-identifier'));
    expect(bob.value('chain-verdict')).toBe('verified');
  });

  it('comes back at unlocking after its process was killed, and as new after its data were cleared', async () => {
    const alice = await enrolled(aliceNumber);
    await alice.phone.events.killProcess(packageName);
    expect(alice.node(resourceId('screen-dial'))).toBeUndefined();
    alice.phone.events.launch(packageName);
    await alice.sees('screen-unlock');
    alice.type('unlock-password', 'another passphrase');
    alice.tap('unlock');
    await alice.sees('error-message', 'storage/wrong-passphrase');
    await unlock(alice);
    const installed = alice.phone.state.packages.get(packageName)?.application;
    expect((await installed?.storedFiles())?.length).toBeGreaterThan(3);
    await alice.phone.events.killProcess(packageName);
    await installed?.clearData();
    alice.phone.events.launch(packageName);
    await alice.sees('screen-enrol');
  });

  it('loses its connection in airplane mode and registers anew after it', async () => {
    const alice = await enrolled(aliceNumber);
    alice.phone.events.airplaneMode(true);
    await alice.sees('registration-state', 'connecting');
    expect(networkOf(alice.phone.state)).toBe('none');
    alice.phone.events.airplaneMode(false);
    alice.phone.events.network('4g');
    await alice.sees('registration-state', 'registered');
    expect(networkOf(alice.phone.state)).toBe('4g');
  });

  it('asks for the microphone before it calls, and does not call without', async () => {
    const alice = await enrolled(aliceNumber, { permissions: 'ask' });
    const dialog = 'com.android.permissioncontroller:id/permission';
    alice.type('dial-number', bobNumber);
    alice.tap('dial');
    alice.tap(`${dialog}_deny_button`);
    await alice.sees('error-message', 'permission/microphone');
    expect(alice.node(resourceId('screen-dial'))).toBeDefined();
    alice.phone.state.packages.get(packageName)?.permissions.delete(microphone);
    alice.tap('dial');
    alice.tap(`${dialog}_allow_foreground_only_button`);
    await alice.sees('end-reason');
    expect(alice.value('end-reason')).toMatch(/^sip\//);
  });
});
