import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answerCalls, makeCall } from '../../../simulators/load/calls.ts';
import type { Line } from '../../../simulators/load/line.ts';
import { inviteText, registerText } from '../../../simulators/load/messages.ts';
import type { ClientStatus, PresentedCertificate } from '../revocation/client-status.ts';
import type { SignallingServer } from './server.ts';
import { createSignallingWorld } from './testing/world.ts';

const ALICE = '+33639980101';
const BOB = '+33639980102';
const CAROL = '+33639980103';

let world: Awaited<ReturnType<typeof createSignallingWorld>>;
beforeAll(async () => {
  world = await createSignallingWorld();
});
afterEach(() => world.close());

const closed = (line: Line): Promise<unknown> => once(line.socket, 'close');

/** What a client hears that connects and registers: closed at the end of the handshake or right behind it, it hears nothing. */
const tryRegister = async (
  server: SignallingServer,
  number: string,
): Promise<readonly string[]> => {
  const said: string[] = [];
  const line = await world.line(server, number).catch(() => null);
  if (!line) return said;
  line.onMessage = (text) => void said.push(text);
  line.send(registerText(line, '127.0.0.1', randomUUID()));
  await closed(line);
  return said;
};

/** A server whose knowledge of certificates the test changes. */
const serveWith = async () => {
  const states = new Map<string, ClientStatus>();
  const asked: PresentedCertificate[] = [];
  const served = await world.serve({}, (certificate) => {
    asked.push(certificate);
    return states.get(certificate.number) ?? 'good';
  });
  return { ...served, states, asked };
};

/** Two registered users in an answered call, and the BYE that each hears. */
const inCall = async (server: SignallingServer) => {
  const [alice, bob] = [await world.registered(server, ALICE), await world.registered(server, BOB)];
  answerCalls(bob);
  const answered = Promise.withResolvers<void>();
  alice.onMessage = (text) => {
    if (text.startsWith('SIP/2.0 200')) answered.resolve();
  };
  alice.send(inviteText(alice, BOB, '127.0.0.1', randomUUID()));
  await answered.promise;
  const farewellTo = (line: Line) =>
    new Promise<string>((resolve) => {
      line.onMessage = (text) => {
        if (text.startsWith('BYE ')) resolve(text);
      };
    });
  return { alice, bob, farewells: [farewellTo(alice), farewellTo(bob)] };
};

describe('a client whose certificate may not be used', () => {
  it.each([
    ['revoked', 'sip/revoked'],
    ['blocked', 'sip/blocked'],
    ['unknown', 'sip/unknown-certificate'],
  ] as const)('is closed after the handshake, before a byte is read: %s', async (status, code) => {
    const { server, journal, states, asked } = await serveWith();
    states.set(ALICE, status);
    expect([await tryRegister(server, ALICE), server.figures().registered]).toEqual([[], 0]);
    await journal.seen(code);
    expect(journal.codes).toEqual([code]);
    expect(asked).toEqual([{ serial: expect.stringMatching(/^[0-9a-f]{32}$/), number: ALICE }]);
    expect(journal.details[0]).toContain(`${asked[0]?.serial} is ${status}`);
    states.delete(ALICE);
    await world.registered(server, ALICE);
    expect(server.figures().registered).toBe(1);
  });

  it('is refused at its next request when it was good at the handshake', async () => {
    const { server, journal, states } = await serveWith();
    const line = await world.registered(server, ALICE);
    states.set(ALICE, 'revoked');
    const said: string[] = [];
    line.onMessage = (text) => void said.push(text);
    line.send(registerText(line, '127.0.0.1', randomUUID()));
    await closed(line);
    expect(said).toEqual([]);
    expect(journal.codes).toEqual(['sip/revoked']);
    await vi.waitFor(() => expect(server.figures().registered).toBe(0));
  });
});

describe('revoking a number', () => {
  it('says BYE with a Reason to both phones, closes the connection and forgets the registration', async () => {
    const { server, journal, states } = await serveWith();
    const { alice, bob, farewells } = await inCall(server);
    const begun = performance.now();
    const bobGone = closed(bob);
    states.set(BOB, 'revoked');
    const ended = server.revoke(BOB);
    expect(server.figures().registered).toBe(1);
    await Promise.all([bobGone, ended]);
    expect(bob.socket.destroyed).toBe(true);
    for (const farewell of await Promise.all(farewells))
      expect(farewell).toMatch(/^BYE [\s\S]*Reason: SIP;cause=403;text="Certificate revoked"/);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(alice.socket.destroyed).toBe(false);
    expect(journal.codes).toEqual([]);
    expect(await tryRegister(server, BOB)).toEqual([]);
    await journal.seen('sip/revoked');
  });

  it('waits for nobody who does not read', async () => {
    const { server } = await serveWith();
    const { bob } = await inCall(server);
    bob.socket.pause();
    const begun = performance.now();
    await server.revoke(BOB);
    expect(server.figures().connections).toBe(1);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('reads nothing of a connection that it has dismissed', async () => {
    const { server } = await serveWith();
    const { alice, bob } = await inCall(server);
    bob.onMessage = () => undefined;
    bob.send(registerText(bob, '127.0.0.1', randomUUID()));
    await server.revoke(BOB);
    expect(server.figures().registered).toBe(1);
    expect(alice.socket.destroyed).toBe(false);
  });

  it('leaves the calls of others alone', async () => {
    const { server } = await serveWith();
    const { alice } = await inCall(server);
    const carol = await world.registered(server, CAROL);
    await server.revoke(BOB);
    answerCalls(carol);
    await expect(makeCall(alice, CAROL, '127.0.0.1', randomUUID())).resolves.toBeUndefined();
  });
});
