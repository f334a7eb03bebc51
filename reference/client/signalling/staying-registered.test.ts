import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLoopbackSite, type LabSite } from '../../../simulators/lab/site.ts';
import { createSmsCentre } from '../../../simulators/sms/centre.ts';
import { startAppliance, type ReferenceAppliance } from '../../appliance/appliance.ts';
import type { CallView } from '../calls/call.ts';
import { createPhone, type PhoneSettings, type ReferencePhone } from '../phone.ts';

const [aliceNumber, bobNumber] = ['+33639980001', '+33639980002'];
const host = '127.0.0.1';
const passphrase = 'a test passphrase';

let site: LabSite;
let appliance: ReferenceAppliance;
const sms = createSmsCentre();
const phones: ReferencePhone[] = [];
const refusals: string[] = [];
const stops: (() => Promise<unknown> | void)[] = [];

const open = (): Promise<ReferenceAppliance> =>
  startAppliance({
    host,
    sipPort: 0,
    registrationPort: 0,
    relay: { host, first: 20_000, last: 29_999 },
    sms,
    onRefusal: () => undefined,
  });

beforeEach(async () => {
  site = await openLoopbackSite();
  appliance = await open();
  refusals.length = 0;
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  for (const stop of stops.splice(0)) await stop();
  await appliance.stop();
  await site.close();
});

/** A way to a server that can be cut, and led elsewhere. */
const openWay = async (first: number) => {
  let target = first;
  const sockets = new Set<Socket>();
  let count = 0;
  const server: Server = createServer((near) => {
    count += 1;
    const far = connect(target, host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    near.pipe(far).pipe(near);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  server.listen(0, host);
  await once(server, 'listening');
  stops.push(() => {
    cut();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, cut, count: () => count, lead: (to: number) => (target = to) };
};

const registered = async (number: string, sipPort: number): Promise<ReferencePhone> => {
  const { registration, trust } = appliance;
  const settings: PhoneSettings = {
    sip: { host, port: sipPort },
    registration,
    trust,
    folder: await site.folder(number),
    host,
    reconnection: { base: 10, maximum: 40 },
  };
  const phone = createPhone(settings, { refusal: ({ code }) => void refusals.push(code) });
  phones.push(phone);
  const texts = sms.outbox.length;
  await phone.requestEnrolment(number, passphrase);
  const { text } = await sms.waitFor(number, 5000, texts);
  await phone.completeEnrolment(/\b\d{6,}\b/.exec(text)?.[0] ?? '');
  await phone.unlock(passphrase);
  await phone.register();
  return phone;
};

const until = async (phone: ReferencePhone, condition: (view: CallView) => boolean) => {
  while (!condition(phone.view())) await once(phone.events, 'changed');
};

const nextRegistration = async (phone: ReferencePhone, problem: string | null): Promise<void> => {
  for (;;) {
    const [told] = (await once(phone.events, 'registration')) as [string | null];
    if (told === problem) return;
  }
};

it('a phone registers anew by itself when its connection is cut, and its call goes on', async () => {
  const way = await openWay(appliance.sip.port);
  const alice = await registered(aliceNumber, way.port);
  const bob = await registered(bobNumber, appliance.sip.port);
  bob.setAutoAnswer(true);
  await alice.dial(bobNumber);
  await until(bob, (view) => view.packetsReceived >= 3);
  const { callId } = alice.view();
  const back = nextRegistration(alice, null);
  way.cut();
  await back;
  const { packetsReceived } = bob.view();
  await until(bob, (view) => view.packetsReceived >= packetsReceived + 3);
  expect(alice.view()).toMatchObject({ state: 'in-call', callId });
  expect(way.count()).toBe(2);
  bob.hangUp();
  await until(alice, (view) => view.state === 'ended');
  expect(alice.view().endedBy).toBeNull();
  expect(refusals).toEqual([]);
});

it('tries on while it is refused, accepts no impostor, and comes back when the server does', async () => {
  const way = await openWay(appliance.sip.port);
  const alice = await registered(aliceNumber, way.port);
  // Another deployment with a root of its own, on the same address.
  const impostor = await open();
  stops.push(() => impostor.stop());
  way.lead(impostor.sip.port);
  way.cut();
  while (refusals.length < 3) await once(alice.events, 'registration');
  // Which side refuses first depends on the record that carries the alert.
  for (const code of refusals) expect(code).toMatch(/^tls\/(?:chain|issuer|handshake)$/);
  await expect(alice.dial(bobNumber)).rejects.toThrow(/register first/);
  const back = nextRegistration(alice, null);
  way.lead(appliance.sip.port);
  await back;
});

it('a phone that is stopped or was never registered tries nothing', async () => {
  const way = await openWay(appliance.sip.port);
  const alice = await registered(aliceNumber, way.port);
  await alice.unlock(passphrase);
  const connections = way.count();
  way.cut();
  await alice.stop();
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  expect(way.count()).toBe(connections);
  await expect(alice.register()).rejects.toThrow(/the phone is stopped/);
});
