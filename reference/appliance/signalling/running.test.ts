import { connect } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerLine } from '../../../simulators/load/calls.ts';
import type { Line } from '../../../simulators/load/line.ts';
import { inviteText, responseText } from '../../../simulators/load/messages.ts';
import { createSignallingWorld } from './testing/world.ts';

const ALICE = '+33639980101';
const BOB = '+33639980102';

let world: Awaited<ReturnType<typeof createSignallingWorld>>;
beforeAll(async () => {
  world = await createSignallingWorld();
});
afterEach(() => world.close());

/** Says 200 to each BYE, and gives their texts. */
const hearFarewells = (line: Line): readonly string[] => {
  const heard: string[] = [];
  line.onMessage = (text) => {
    heard.push(text);
    if (text.startsWith('BYE ')) line.send(responseText(line, text, '200 OK'));
  };
  return heard;
};

/** The status with which the next message is answered. */
const answerTo = (line: Line, text: string): Promise<string> =>
  new Promise((resolve) => {
    line.onMessage = (said) => {
      if (!said.startsWith('SIP/2.0 100')) resolve(said);
    };
    line.send(text);
  });

/** Far beyond what a test takes: whoever waits so long fails it. */
const never = 600_000;

describe('ending all calls', () => {
  it('says BYE with the reason to both phones, resolves when both have answered, and begins none any more', async () => {
    const { server, journal } = await world.serve();
    const { caller, callee } = await world.inCall(server, ALICE, BOB);
    const heard = [hearFarewells(caller), hearFarewells(callee)];
    expect(await server.endCalls('Stopped for maintenance', never)).toEqual({
      calls: 1,
      unanswered: 0,
    });
    for (const texts of heard) {
      expect(texts).toHaveLength(1);
      expect(texts[0]).toMatch(
        /^BYE [\s\S]*Reason: SIP;cause=503;text="Stopped for maintenance"\r\n/,
      );
    }
    expect([caller.socket.destroyed, callee.socket.destroyed]).toEqual([false, false]);
    expect(server.calls()).toEqual([]);
    const refused = await answerTo(caller, inviteText(caller, BOB, '127.0.0.1', 'late'));
    expect(refused).toMatch(/^SIP\/2\.0 503 /);
    expect(journal.codes).toEqual(['sip/stopping']);
  });

  it('waits for a phone that does not answer until the deadline, and says so', async () => {
    const { server } = await world.serve();
    const { caller } = await world.inCall(server, ALICE, BOB);
    hearFarewells(caller);
    expect(await server.endCalls('Stopped', 50)).toEqual({ calls: 1, unanswered: 1 });
  });

  it('waits for nobody whose connection is gone, and not at all without calls', async () => {
    const { server } = await world.serve();
    expect(await server.endCalls('Stopped', never)).toEqual({ calls: 0, unanswered: 0 });
    const other = await world.serve();
    const { caller, callee } = await world.inCall(other.server, ALICE, BOB);
    hearFarewells(caller);
    callee.onMessage = () => callee.close();
    expect(await other.server.endCalls('Stopped', never)).toEqual({ calls: 1, unanswered: 0 });
  });
});

describe('what the service holds now', () => {
  it('registrations with address and times, without those that are gone; calls with their state', async () => {
    let begun = 0;
    const { server } = await world.serve({}, undefined, { onCall: () => (begun += 1) });
    const before = Date.now();
    const { caller, callee } = await world.inCall(server, ALICE, BOB);
    const [alice, bob] = server.registrations();
    expect([alice?.number, bob?.number]).toEqual([ALICE, BOB]);
    expect([alice?.address, bob?.address]).toEqual([caller.contact, callee.contact]);
    expect(Math.abs((alice?.since ?? 0) - before)).toBeLessThan(5_000);
    expect(Math.abs((alice?.expiresAt ?? 0) - (alice?.since ?? 0) - 3_600_000)).toBeLessThan(10);
    expect(server.calls()).toEqual([
      { caller: ALICE, callee: BOB, since: expect.any(Number), state: 'established' },
    ]);
    expect(begun).toBe(1);
    callee.close();
    await vi.waitFor(
      () => expect(server.registrations().map(({ number }) => number)).toEqual([ALICE]),
      { timeout: 20_000 },
    );
  });

  it('a call that rings', async () => {
    const { server } = await world.serve();
    const [alice, bob] = [
      await world.registered(server, ALICE),
      await world.registered(server, BOB),
    ];
    const rings = new Promise<void>((resolve) => {
      bob.onMessage = () => resolve();
    });
    alice.send(inviteText(alice, BOB, '127.0.0.1', 'ringing'));
    await rings;
    expect(server.calls()).toMatchObject([{ caller: ALICE, callee: BOB, state: 'ringing' }]);
  });
});

describe('a renewed certificate', () => {
  it('is what new handshakes get, with the same suite and group; connections stay', async () => {
    const { server } = await world.serve();
    const alice = await world.registered(server, ALICE);
    const serialOf = (line: Line) => line.socket.getPeerX509Certificate()?.serialNumber;
    const before = await world.line(server, BOB);
    expect(serialOf(before)).toBe(serialOf(alice));
    const credentials = await world.authorities.issueServerCertificate(['127.0.0.1']);
    server.renew(credentials);
    const after = await world.line(server, BOB);
    expect(serialOf(after)).not.toBe(serialOf(alice));
    expect(after.socket.getCipher().name).toBe('DHE-RSA-AES256-GCM-SHA384');
    expect(after.socket.getEphemeralKeyInfo()).toEqual(alice.socket.getEphemeralKeyInfo());
    await registerLine(alice, '127.0.0.1', 'again');
    expect(alice.socket.destroyed).toBe(false);
  });

  it('still asks for the client’s certificate', async () => {
    const { server, journal } = await world.serve();
    server.renew(await world.authorities.issueServerCertificate(['127.0.0.1']));
    const socket = connect({
      ...server.endpoint,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    await journal.seen('tls/handshake');
    expect(journal.codes).toEqual(['tls/handshake']);
  });
});

describe('SIP domains', () => {
  it('are the host and those configured; any other is refused', async () => {
    const { server, journal } = await world.serve({}, undefined, {
      domains: ['tel.example', '192.0.2.7', '2001:db8::7'],
    });
    const alice = await world.line(server, ALICE);
    for (const domain of ['127.0.0.1', 'tel.example', 'TEL.example', '192.0.2.7', '[2001:db8::7]'])
      await registerLine(alice, domain, `at-${domain.replaceAll(/\W/g, '')}-${domain.length}`);
    expect(server.figures().registered).toBe(1);
    await expect(registerLine(alice, 'other.example', 'elsewhere')).rejects.toThrow('404');
    expect(journal.codes).toEqual(['sip/domain']);
    await world.registered(server, BOB);
    const answer = await answerTo(alice, inviteText(alice, BOB, 'other.example', 'foreign'));
    expect(answer).toMatch(/^SIP\/2\.0 404 /);
  });
});
