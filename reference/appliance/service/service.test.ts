import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReferencePhone } from '../../client/phone.ts';
import { createVisitor } from '../admin/testing/visitor.ts';
import { administer } from './control-client.ts';
import type { Operation, OperationEvent } from './operations.ts';
import { callAndTalk, enrolPhone, readAuthority, untilView } from './testing/phones.ts';
import {
  makeServiceFolder,
  passphrase,
  serveHere,
  type ServedHere,
  type ServiceFolder,
} from './testing/world.ts';

const [aliceNumber, bobNumber] = ['+33639980001', '+33639980002'];
const phonePassphrase = 'the phone’s own passphrase';
const wrongPassword = 'Wrong-Password-9417';

let place: ServiceFolder;
beforeAll(async () => {
  place = await makeServiceFolder();
});
afterAll(() => place.remove());

const eventsOf = async (
  state: string,
  operation: Operation,
): Promise<readonly OperationEvent[]> => {
  const events: OperationEvent[] = [];
  for await (const event of administer(state, operation, 'shell:tester')) events.push(event);
  return events;
};

/** Everything that must never stand in the log. */
const secrets: string[] = [passphrase, phonePassphrase, wrongPassword];

const secret = (text: string): void => void secrets.push(text);

const enrolled = (served: ServedHere, number: string, name: string): Promise<ReferencePhone> =>
  enrolPhone(place, served, { number, name, passphrase: phonePassphrase, secret });

const inCall = (alice: ReferencePhone, bob: ReferencePhone): Promise<void> =>
  callAndTalk(alice, bob, bobNumber);

describe('the appliance on its durable state', () => {
  it('enrols, carries calls, revokes and is administered; tells calls of its end; starts again with what it knew; and its log holds no secret', async () => {
    const first = await serveHere(place);
    const { service, configuration } = first;
    const { state } = configuration;
    const oneTime = /password (\S+) /.exec(first.shown.join())?.[1] ?? '';
    expect(oneTime).toMatch(/^(\w{4}-){4}\w{4}$/);
    secrets.push(oneTime);

    const alice = await enrolled(first, aliceNumber, 'alice');
    const bob = await enrolled(first, bobNumber, 'bob');
    await inCall(alice, bob);
    expect(service.calls()).toBe(1);

    const visitor = createVisitor(service.ports.administration, {
      ca: readAuthority(place, 'root.pem') + readAuthority(place, 'server-authority.pem'),
    });
    const form = { name: 'administrator', password: wrongPassword, code: '' };
    expect((await visitor.submit('/sign-in', '/sign-in', form)).status).not.toBe(303);
    const listed = await eventsOf(state, { operation: 'list' });
    expect(listed.map(({ text }) => text)).toEqual([
      expect.stringContaining(aliceNumber),
      expect.stringContaining(bobNumber),
      '2 numbers',
    ]);
    const [added] = await eventsOf(state, { operation: 'add', name: 'carol' });
    secrets.push(/: (\w{4}-\S+)$/.exec(added?.text ?? '')?.[1] ?? 'no password');

    // Revoked during the call: it ends at both phones.
    const revoked = await eventsOf(state, {
      operation: 'revoke',
      number: bobNumber,
      reason: 'keyCompromise',
    });
    expect(revoked).toEqual([
      { kind: 'done', text: expect.stringContaining('is blocked: 1 certificate revoked') },
    ]);
    await Promise.all(
      [alice, bob].map((phone) => untilView(phone, ({ state: is }) => is === 'ended')),
    );

    const metrics = await (await fetch(`http://${service.endpoints.metrics}/metrics`)).text();
    for (const line of [
      'discretio_enrolments_total{outcome="issued"} 2',
      'discretio_enrolments_total{outcome="enrolment/token-wrong"} 2',
      'discretio_certificates_revoked_total{reason="keyCompromise"} 1',
      'discretio_calls_total 1',
      'discretio_blocked_numbers 1',
      'discretio_messages_total{outcome="sent"} 2',
    ])
      expect(metrics).toContain(`${line}\n`);
    expect(metrics).toMatch(/discretio_relay_packets_total [1-9]/);
    expect(metrics).toMatch(/discretio_store_seconds_count\{operation="enrolments.issue"\} 2/);
    expect(metrics).toMatch(/discretio_expiry_seconds\{name="client list"\} \d{4}/);
    expect(metrics).not.toContain('3363998');

    await eventsOf(state, { operation: 'release', number: bobNumber });
    await bob.stop();
    const newBob = await enrolled(first, bobNumber, 'new-bob');
    await inCall(alice, newBob);
    await service.stop();
    // A lost connection would be sip/connection-lost: both were told by BYE.
    const ended = await Promise.all(
      [alice, newBob].map((phone) => untilView(phone, ({ state: is }) => is === 'ended')),
    );
    expect(ended.map(({ endedBy }) => endedBy)).toEqual([null, null]);
    await Promise.all([alice.stop(), newBob.stop()]);

    const second = await serveHere(place);
    expect(second.shown).toEqual([]);
    const again = await eventsOf(state, { operation: 'list' });
    expect(again.at(-1)?.text).toBe('2 numbers');
    await second.service.stop();

    const logged = [...first.lines, ...second.lines].join('');
    for (const line of logged.trim().split('\n'))
      expect(JSON.parse(line)).toEqual(
        expect.objectContaining({
          level: expect.any(String),
          time: expect.any(String),
          code: expect.stringMatching(/^[a-z-]+\/[a-z-]+$/i),
        }),
      );
    expect(logged).toContain('enrolment/token-wrong');
    expect(logged).toContain('administration/operation');
    for (const file of ['client-authority.key', 'server-sip.pem'])
      secrets.push(readAuthority(place, file).slice(60, 120));
    expect(secrets.length).toBeGreaterThan(30);
    expect(secrets.filter((secret) => secret === '' || logged.includes(secret))).toEqual([]);
    expect(logged).not.toMatch(/BEGIN|PRIVATE KEY|scrypt\$/);
  });
});
