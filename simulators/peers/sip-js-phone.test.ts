import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAppliance, type ReferenceAppliance } from '../../reference/appliance/appliance.ts';
import type { CallView } from '../../reference/client/calls/call.ts';
import { activeResources } from '../../reference/client/calls/testing/handler.ts';
import { createPhone, type ReferencePhone } from '../../reference/client/phone.ts';
import { openLibsrtp2 } from '../../reference/core/rtp/testing/libsrtp2.ts';
import type { CslFalsification } from '../attackers/csl-exchange.ts';
import { openLoopbackSite, type LabSite } from '../lab/site.ts';
import { createSmsCentre } from '../sms/centre.ts';
import { referenceSrtp, type Srtp } from './audio.ts';
import { enrol, type EnrolledNumber } from './enrolment.ts';
import type { PeerCallView } from './peer-call.ts';
import { createSipJsPhone, type SipJsPhone, type SipJsPhoneOptions } from './sip-js-phone.ts';

const host = '127.0.0.1';
const [peerNumber, phoneNumber] = ['+33639980031', '+33639980032'];
const passphrase = 'a test passphrase';

/** libsrtp2 for the peer where it is installed. */
const libsrtp2 = openLibsrtp2();
const verified = (result: { readonly ok: boolean; readonly value?: Uint8Array }) =>
  result.ok ? (result.value ?? null) : null;
const srtp: Srtp = libsrtp2
  ? {
      protector(key) {
        const session = libsrtp2.outbound(key);
        return (packet) => verified(session.protectRtp(packet));
      },
      verifier(key) {
        const session = libsrtp2.inbound(key);
        return (packet) => verified(session.unprotectRtp(packet));
      },
    }
  : referenceSrtp;

let site: LabSite;
let appliance: ReferenceAppliance;
let identity: EnrolledNumber;
let openPhone: (refused: string[]) => ReferencePhone;
let phone: ReferencePhone;
let peer: SipJsPhone;
const sms = createSmsCentre();
/** What phone and appliance refused in this test. */
let refusals: string[];

const tokenFor = (number: string, after: number) =>
  sms.waitFor(number, 5_000, after).then(({ text }) => /\b\d{6,}\b/.exec(text)?.[0] ?? '');

beforeAll(async () => {
  site = await openLoopbackSite();
  appliance = await startAppliance({
    host,
    sipPort: 0,
    registrationPort: 0,
    relay: { host, first: 20_000, last: 29_999 },
    sms,
    onRefusal: ({ code }) => void refusals.push(`appliance ${code}`),
  });
  const { sip, registration, trust } = appliance;
  const texts = sms.outbox.length;
  identity = await enrol(appliance, peerNumber, (number) => tokenFor(number, texts));
  const settings = { sip, registration, trust, folder: await site.folder('phone'), host };
  openPhone = (refused) =>
    createPhone(settings, { refusal: ({ code }) => void refused.push(code) });
  const enrolling = openPhone([]);
  await enrolling.requestEnrolment(phoneNumber, passphrase);
  await enrolling.completeEnrolment(await tokenFor(phoneNumber, texts));
  await enrolling.stop();
});
beforeEach(async () => {
  const refused: string[] = [];
  refusals = refused;
  phone = openPhone(refused);
  await phone.unlock(passphrase);
  await phone.register();
});
afterEach(async () => {
  await peer.stop();
  await phone.stop();
});
afterAll(async () => {
  await appliance.stop();
  await site.close();
});

/** A registered peer; `more` may make it wrong. */
const start = async (more: Partial<SipJsPhoneOptions> = {}): Promise<SipJsPhone> => {
  const { sip, trust } = appliance;
  peer = createSipJsPhone({ sip, trust, identity, host, srtp, ...more });
  await peer.register();
  return peer;
};

const phoneUntil = async (condition: (view: CallView) => boolean): Promise<CallView> => {
  while (!condition(phone.view())) await once(phone.events, 'changed');
  return phone.view();
};
/** Polled: the peer tells of states, not of each packet. */
const peerUntil = async (condition: (view: PeerCallView) => boolean): Promise<PeerCallView> => {
  const holds = () => condition(peer.view());
  await expect.poll(holds, { timeout: 10_000, interval: 10 }).toBe(true);
  return peer.view();
};
const phoneIs = (state: CallView['state']) => phoneUntil((view) => view.state === state);
const peerIs = (state: PeerCallView['state']) => peerUntil((view) => view.state === state);

/** Both hear the other: so many more packets verified at each. */
const bothHear = async (): Promise<void> => {
  const [atPhone, atPeer] = [phone.view().packetsReceived, peer.view().packetsReceived];
  await Promise.all([
    phoneUntil((view) => view.packetsReceived >= atPhone + 5),
    peerUntil((view) => view.packetsReceived >= atPeer + 5),
  ]);
  const refused = [phone, peer].map((each) => each.view().packetsRefused);
  expect(refused, 'refused by our phone, by the peer').toEqual([0, 0]);
};

/** What both screens show, crosswise. */
const expectSameIdentifiers = (): void => {
  const [own, others] = [phone.view().identifiers, peer.view().identifiers];
  expect(own?.local).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  expect(others).toEqual({ local: own?.peer, peer: own?.local });
};

const phoneCalls = async (): Promise<void> => {
  (await start()).setAnswering('answer');
  await phone.dial(peerNumber);
  await Promise.all([phoneIs('in-call'), peerIs('in-call')]);
};
const peerCalls = async (): Promise<void> => {
  await start();
  phone.setAutoAnswer(true);
  await peer.dial(phoneNumber);
  await Promise.all([phoneIs('in-call'), peerIs('in-call')]);
};

describe(`a phone on sip.js, its SRTP by ${libsrtp2 ? libsrtp2.version : 'the reference (libsrtp2 is not installed)'}`, () => {
  const directions = [
    ['our phone calls it', phoneCalls],
    ['it calls our phone', peerCalls],
  ] as const;

  it.each(directions)(
    '%s: same identifiers, audio both ways, BYE by our phone',
    async (_, call) => {
      await call();
      expectSameIdentifiers();
      await bothHear();
      phone.hangUp();
      expect(await peerIs('ended')).toMatchObject({ endedBy: null });
      expect(await phoneIs('ended')).toMatchObject({ endedBy: null });
      expect([refusals, peer.unreadable()]).toEqual([[], []]);
    },
  );

  it.each(directions)('%s: BYE by the peer', async (_, call) => {
    await call();
    await peer.hangUp();
    expect(await phoneIs('ended')).toMatchObject({ endedBy: null });
    expect(await peerIs('ended')).toMatchObject({ endedBy: null });
    expect(refusals).toEqual([]);
  });

  it.each(directions)('%s: held and taken back by our phone', async (_, call) => {
    await call();
    await bothHear();
    await phone.hold();
    await peerUntil((view) => view.direction === 'recvonly' || view.direction === 'inactive');
    const { packetsSent } = peer.view();
    await phone.resume();
    await peerUntil((view) => view.direction === 'sendrecv');
    await bothHear();
    expectSameIdentifiers();
    expect(peer.view().packetsSent).toBeGreaterThan(packetsSent);
    expect([refusals, peer.unreadable()]).toEqual([[], []]);
  });

  it.each(directions)('%s: held and taken back by the peer', async (_, call) => {
    await call();
    await bothHear();
    await peer.hold();
    expect(peer.view().direction).toBe('sendonly');
    await peer.resume();
    await bothHear();
    expectSameIdentifiers();
    expect(refusals).toEqual([]);
  });

  it('our phone gives up before an answer: CANCEL', async () => {
    await start();
    await phone.dial(peerNumber);
    await Promise.all([peerIs('ringing'), phoneIs('ringing')]);
    phone.hangUp();
    expect(await peerIs('ended')).toMatchObject({ endedBy: null });
    expect(await phoneIs('ended')).toMatchObject({ endedBy: null });
    expect(refusals).toEqual([]);
  });

  it('the peer gives up before an answer: CANCEL', async () => {
    await start();
    await peer.dial(phoneNumber);
    await phoneIs('ringing');
    await peer.hangUp();
    expect(await phoneIs('ended')).toMatchObject({ packetsReceived: 0 });
    expect(await peerIs('ended')).toMatchObject({ endedBy: 'sip/487' });
    expect(refusals).toEqual([]);
  });

  it.each([
    ['busy', 'sip/486'],
    ['decline', 'sip/603'],
  ] as const)('%s at the peer is what our phone ends with', async (answering, endedBy) => {
    (await start()).setAnswering(answering);
    await phone.dial(peerNumber);
    expect(await phoneIs('ended')).toMatchObject({ endedBy, identifiers: null });
    await peerIs('ended');
  });

  it('declined by our phone is what the peer ends with', async () => {
    await start();
    await peer.dial(phoneNumber);
    await phoneIs('ringing');
    phone.hangUp();
    expect(await peerIs('ended')).toMatchObject({ endedBy: 'sip/603', identifiers: null });
  });

  it.each<[string, CslFalsification, string, string]>([
    ['signature', { signature: 'altered' }, 'csl/signature', 'sip/403'],
    ['time', { info1: (info1) => ({ ...info1, time: 0 }) }, 'csl/time', 'sip/403'],
    ['group', { info1: (info1) => ({ ...info1, group: 15 }) }, 'csl/group', 'sip/488'],
  ])('its INVITE with a wrong %s is refused by our phone', async (_, falsify, code, endedBy) => {
    await start({ falsify });
    await peer.dial(phoneNumber);
    expect(await peerIs('ended')).toMatchObject({ endedBy, identifiers: null });
    expect(refusals).toEqual([code]);
  });

  it.each<[string, CslFalsification, string]>([
    ['wrong', { tag: 'altered' }, 'csl/tag'],
    ['missing', { tag: 'missing' }, 'csl/headers-absent'],
  ])('its ACK with a %s tag ends the call before any audio', async (_, falsify, code) => {
    await start({ falsify });
    phone.setAutoAnswer(true);
    await peer.dial(phoneNumber);
    expect(await phoneIs('ended')).toMatchObject({
      endedBy: code,
      packetsSent: 0,
      packetsReceived: 0,
    });
    await peerIs('ended');
    expect(peer.view().packetsReceived).toBe(0);
  });

  it.each<[string, CslFalsification, string]>([
    ['signature', { signature: 'altered' }, 'csl/signature'],
    ['tag', { tag: 'altered' }, 'csl/tag'],
  ])('its 200 with a wrong %s is refused by our phone', async (_, falsify, code) => {
    (await start({ falsify })).setAnswering('answer');
    await phone.dial(peerNumber);
    expect(await phoneIs('ended')).toMatchObject({
      endedBy: code,
      packetsSent: 0,
      identifiers: null,
    });
    expect(await peerIs('ended')).toMatchObject({ endedBy: 'ack-absent', packetsReceived: 0 });
  });

  it('registers again and again, and is told of a registrar that refuses', async () => {
    await start();
    await peer.stop();
    await start();
    await peer.stop();
    const { sip, trust } = appliance;
    peer = createSipJsPhone({
      sip,
      trust,
      identity: { ...identity, number: '+33639980039' },
      host,
    });
    await expect(peer.register()).rejects.toThrow(/answered 403/);
  });

  it('leaves no socket behind once it has stopped after a call, and is registered no more', async () => {
    const sockets = async () =>
      (await activeResources()).filter((resource) => /^(TCPSocket|UDP)Wrap$/.test(resource));
    const before = await sockets();
    await peerCalls();
    phone.hangUp();
    await peerIs('ended');
    await peer.stop();
    await expect.poll(sockets).toEqual(before);
    await phone.dial(peerNumber);
    expect(
      await phoneUntil(({ state, callId }) => state === 'ended' && callId !== ''),
    ).toMatchObject({
      identifiers: null,
    });
  });
});
