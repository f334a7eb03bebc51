import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answerCalls, makeCall } from '../../../simulators/load/calls.ts';
import type { Line } from '../../../simulators/load/line.ts';
import { inviteText, registerText } from '../../../simulators/load/messages.ts';
import type { SignallingServer } from './server.ts';
import { createSignallingWorld } from './testing/world.ts';

const ALICE = '+33639980101';
const BOB = '+33639980102';
const MALLORY = '+33639980666';

let world: Awaited<ReturnType<typeof createSignallingWorld>>;
beforeAll(async () => {
  world = await createSignallingWorld();
});
afterEach(() => world.close());

const closed = (line: Line): Promise<unknown> => once(line.socket, 'close');

const messageOf = (line: Line): Promise<string> =>
  new Promise((resolve) => {
    line.onMessage = resolve;
  });

/** Two users, and a call between them that must succeed whatever a third one does. */
const pairOf = async (server: SignallingServer) => {
  const alice = await world.registered(server, ALICE);
  const bob = await world.registered(server, BOB);
  answerCalls(bob);
  return { alice, bob, call: () => makeCall(alice, BOB, '127.0.0.1', randomUUID()) };
};

const tcp = async (server: SignallingServer): Promise<Socket> => {
  const { host, port } = server.endpoint;
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

describe('the signalling server', () => {
  it('registers two users over mutual TLS and carries their call', async () => {
    const { server, journal } = await world.serve();
    const { call } = await pairOf(server);
    await call();
    expect(server.figures()).toMatchObject({ connections: 2, registered: 2 });
    expect(journal.codes).toEqual([]);
  });

  it('refuses a client without certificate and logs why', async () => {
    const { server, journal } = await world.serve();
    const socket = await tcp(server);
    socket.write('REGISTER sip:127.0.0.1 SIP/2.0\r\n\r\n');
    await once(socket, 'close');
    await journal.seen('tls/handshake');
    await vi.waitFor(() => expect(server.figures().connections).toBe(0));
  });
});

describe('bounds', () => {
  it('a handshake that does not go on', async () => {
    const { server, journal } = await world.serve({ handshakeTime: 400 });
    const { call } = await pairOf(server);
    const silent = await tcp(server);
    const gone = once(silent, 'close');
    await Promise.all([gone, call()]);
    await journal.seen('tls/handshake');
    await vi.waitFor(() => expect(server.figures().connections).toBe(2));
  });

  it('handshakes of one address', async () => {
    const { server, journal } = await world.serve({ handshakingPerAddress: 2 });
    const { call } = await pairOf(server);
    const [first] = [await tcp(server), await tcp(server)];
    const third = await tcp(server);
    await once(third, 'close');
    expect(journal.codes).toEqual(['sip/handshakes-of-address']);
    await call();
    first?.destroy();
  });

  it('connections of one address and of all', async () => {
    const { server, journal } = await world.serve({ connectionsPerAddress: 3 });
    const { call } = await pairOf(server);
    await tcp(server);
    await once(await tcp(server), 'close');
    await call();
    expect(journal.codes).toEqual(['sip/connections-of-address']);
  });

  it('connections of one user: the newest stays', async () => {
    const { server, journal } = await world.serve({ connectionsPerUser: 2 });
    const { call } = await pairOf(server);
    const oldest = await world.line(server, MALLORY);
    await world.line(server, MALLORY);
    const gone = closed(oldest);
    const newest = await world.registered(server, MALLORY);
    await Promise.all([gone, call()]);
    expect(newest.socket.destroyed).toBe(false);
    expect(journal.codes).toEqual(['sip/displaced']);
  });

  it('a message that does not end', async () => {
    const { server, journal } = await world.serve({ messageTime: 60 });
    const { call } = await pairOf(server);
    const slow = await world.line(server, MALLORY);
    slow.send(`${registerText(slow, '127.0.0.1', 'slow')}INVITE sip:x SIP/2.0\r\nVia: `);
    await Promise.all([closed(slow), call()]);
    expect(journal.codes).toEqual(['sip/slow-message']);
  });

  it('a connection that says nothing', async () => {
    const { server, journal } = await world.serve({ idleTime: 80 });
    const silent = await world.line(server, MALLORY);
    await closed(silent);
    expect(journal.codes).toEqual(['sip/idle']);
    expect(journal.details[0]).toContain(MALLORY);
  });

  it('messages a second: 503 with Retry-After, then closed', async () => {
    const { server, journal } = await world.serve({ messageRate: 0.001, messageBurst: 12 });
    const { call } = await pairOf(server);
    const noisy = await world.line(server, MALLORY);
    const answers: string[] = [];
    noisy.onMessage = (text) => answers.push(text);
    const gone = closed(noisy);
    for (let count = 0; count < 50; count += 1)
      noisy.send(registerText(noisy, '127.0.0.1', `flood${count}`));
    await Promise.all([gone, call()]);
    expect(answers.map((text) => text.slice(8, 11))).toEqual([
      ...Array.from({ length: 12 }, () => '200'),
      '503',
    ]);
    expect(answers.at(-1)).toContain('Retry-After: 5');
    expect(journal.codes).toEqual(['sip/message-rate']);
    expect(server.figures().registered).toBe(2);
  });

  it('a long message counts as several', async () => {
    const { server, journal } = await world.serve({ messageRate: 0.001, messageBurst: 40 });
    const line = await world.line(server, MALLORY);
    const long = (id: string): string =>
      registerText(line, '127.0.0.1', id).replace(
        'CSeq:',
        `Require: ${'x'.repeat(30_000)}\r\nCSeq:`,
      );
    const answers: string[] = [];
    line.onMessage = (text) => answers.push(text.slice(8, 11));
    line.send(long('first'));
    line.send(long('second'));
    await closed(line);
    expect(answers).toEqual(['420', '503']);
    expect(journal.codes).toEqual(['sip/require', 'sip/message-rate']);
  });

  it('keep-alives count as messages, and are answered until then', async () => {
    const { server, journal } = await world.serve({ messageRate: 0.001, messageBurst: 3 });
    const line = await world.line(server, ALICE);
    line.send('\r\n\r\n'.repeat(4));
    await closed(line);
    expect(journal.codes).toEqual(['sip/message-rate']);
  });

  it('bytes that nobody reads', async () => {
    const { server, journal } = await world.serve({
      unreadBytes: 200_000,
      messageRate: 1e6,
      messageBurst: 1e6,
    });
    const { call } = await pairOf(server);
    const deaf = await world.registered(server, MALLORY);
    deaf.socket.pause();
    const long = registerText(deaf, '127.0.0.1', 'deaf').replace(
      'CSeq: 1 REGISTER',
      `CSeq: 1 REGISTER\r\nRequire: ${'x'.repeat(20_000)}`,
    );
    const unread = journal.seen('sip/unread');
    const flood = (): void => {
      while (!deaf.socket.destroyed && deaf.socket.write(long, 'latin1'));
      if (!deaf.socket.destroyed) deaf.socket.once('drain', flood);
    };
    flood();
    await Promise.all([unread, call()]);
    expect(journal.codes).toContain('sip/unread');
  });

  it('a message too large: 513, then closed', async () => {
    const { server, journal } = await world.serve({ messageBytes: 2000 });
    const line = await world.line(server, ALICE);
    const answer = messageOf(line);
    line.send(inviteText(line, BOB, '127.0.0.1', 'large'));
    expect(await answer).toMatch(/^SIP\/2\.0 513 /);
    await closed(line);
    expect(journal.codes).toEqual(['sip/too-large']);
  });

  it('what the log takes of a flood, and every refusal is counted', async () => {
    const { server, journal } = await world.serve({ messageRate: 1e6, messageBurst: 1e6 });
    const line = await world.line(server, MALLORY);
    const { call } = await pairOf(server);
    const done = new Promise<void>((resolve) => {
      let answers = 0;
      line.onMessage = () => {
        answers += 1;
        if (answers === 1500) resolve();
      };
    });
    const lie = registerText(line, '127.0.0.1', 'lie').replaceAll(MALLORY, ALICE);
    for (let count = 0; count < 1500; count += 1)
      line.send(lie.replaceAll('z9hG4bKlie', `z9hG4bKlie${count}`));
    await Promise.all([done, call()]);
    expect(server.figures().refusals.get('sip/identity')).toBe(1500);
    expect(journal.codes.length).toBeLessThan(1200);
    await world.close();
    expect(journal.details).toContainEqual(expect.stringMatching(/^\d+ more of \+33639980666$/));
  });
});
