import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latin1, utf8 } from '../../core/bytes.ts';
import { parseMessage, serialize, withHeaders } from '../../core/sip/message/message.ts';
import { respond } from '../../core/sip/message/responses.ts';
import type { UserAgentEvent } from '../../core/sip/user-agent/user-agent.ts';
import { createSignalling, type Signalling, type SignallingOptions } from './signalling.ts';

const number = '+33612345678';
const contact = `sip:${number}@127.0.0.1:4000;transport=tls`;

let server: Server;
let accepted: Socket[];
let made: Signalling[];
const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);

beforeEach(async () => {
  accepted = [];
  made = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.on('unhandledRejection', escape).on('uncaughtException', escape);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await Promise.all(made.map((signalling) => signalling.close()));
  for (const socket of accepted) socket.destroy();
  server.close();
  await once(server, 'close');
  process.off('unhandledRejection', escape).off('uncaughtException', escape);
  expect(escaped.splice(0)).toEqual([]);
});

const eventually = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate();
};

const make = (more: Partial<SignallingOptions> = {}) => {
  const events: UserAgentEvent[] = [];
  const faults: unknown[] = [];
  let counter = 0;
  const signalling = createSignalling({
    userAgent: { number, domain: 'example.com', contact, random: () => `t${(counter += 1)}` },
    onEvent: (event) => events.push(event),
    onFault: (error) => faults.push(error),
    uniform: () => 0,
    ...more,
  });
  made.push(signalling);
  return { signalling, events, faults };
};

/** A connected socket, and the server's end of it. */
const connection = async (): Promise<readonly [Socket, Socket]> => {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await eventually(() => accepted.some(({ remotePort }) => remotePort === socket.localPort));
  const peer = accepted.find(({ remotePort }) => remotePort === socket.localPort);
  if (!peer) throw new Error('no server side');
  return [socket, peer];
};

const attached = async (more?: Partial<SignallingOptions>) => {
  const all = make(more);
  const [socket, peer] = await connection();
  all.signalling.attach(socket, contact);
  return { ...all, socket, peer };
};

/** Answers the first request that comes, with a Contact that expires in so many seconds. */
const answerRegister = async (peer: Socket, expires: number): Promise<void> => {
  const [bytes] = (await once(peer, 'data')) as [Uint8Array];
  const request = parseMessage(new Uint8Array(bytes));
  if (!request.ok || request.value.kind !== 'request') throw new Error(latin1(bytes));
  const bound = `<${contact}>;expires=${expires}`;
  peer.write(serialize(withHeaders(respond(request.value, 200), [['Contact', bound]])));
};

describe('what the server sends', () => {
  it.each([
    ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'sip/content-length'],
    ['bytes', `${'\x00\xff\x16\x03'.repeat(50)}\r\n\r\n`, 'sip/content-length'],
    ['a header that never ends', 'X: y\r\n'.repeat(20_000), 'sip/too-large'],
    ['a length of a gigabyte', 'SIP/2.0 200 OK\r\nl: 999999999\r\n\r\n', 'sip/too-large'],
  ])('closes the connection when it is %s', async (_, text, code) => {
    const { signalling, events, faults, peer } = await attached();
    peer.write(text, 'latin1');
    await eventually(() => !signalling.connected());
    expect(events).toEqual([
      { kind: 'refused', code, detail: 'what the signalling server sent is no SIP' },
    ]);
    expect(faults).toEqual([]);
  });

  it.each([
    ['a malformed message', 'SIP/2.0 abc\r\nContent-Length: 0\r\n\r\n'],
    ['an answer to nothing', 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('is refused and read on behind when it is %s', async (_, text) => {
    const { signalling, events, faults, peer } = await attached();
    peer.write(text.repeat(2));
    await eventually(() => events.length === 2);
    expect(events.map(({ kind }) => kind)).toEqual(['refused', 'refused']);
    expect(signalling.connected()).toBe(true);
    expect(faults).toEqual([]);
  });

  it('may not fill the phone with answers that it does not read', async () => {
    const { signalling, events, peer } = await attached();
    peer.pause();
    const filler = 'x'.repeat(60_000);
    const options = (count: number): string =>
      `OPTIONS sip:${number}@example.com SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK${count};x=${filler}\r\n` +
      `From: <sip:x@h>;tag=x\r\nTo: <sip:${number}@h>\r\nCall-ID: ${count}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
    for (let count = 0; signalling.connected() && count < 1000; count += 1) {
      peer.write(options(count));
      await setImmediate();
    }
    await eventually(() => !signalling.connected());
    expect(events).toMatchObject([{ kind: 'refused', code: 'sip/unread' }]);
  });

  it('may not set a timer that rings at once', async () => {
    const { signalling, events, peer } = await attached();
    const delays = vi.spyOn(globalThis, 'setTimeout');
    signalling.command({ kind: 'register' });
    await answerRegister(peer, 4_000_000_000);
    await eventually(() => events.length > 0);
    expect(events).toEqual([{ kind: 'registered', expires: 4_000_000_000 }]);
    const asked = delays.mock.calls.map(([, delay]) => delay ?? 0);
    expect(asked).toContain(2 ** 31 - 1);
    expect(asked.filter((delay) => delay > 2 ** 31 - 1)).toEqual([]);
  });
});

describe('a fault of what listens', () => {
  it('is told, and everything behind it is carried out', async () => {
    const seen: string[] = [];
    const onEvent = ({ kind }: UserAgentEvent): never => {
      seen.push(kind);
      throw new Error(kind);
    };
    const { signalling, faults, peer } = await attached({ onEvent });
    peer.write('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'.repeat(2));
    await eventually(() => seen.length === 2);
    peer.write('\r\n\r\ngarbage\r\n\r\n');
    await eventually(() => !signalling.connected());
    signalling.command({ kind: 'register' });
    expect(seen).toEqual(['refused', 'refused', 'refused', 'registration-failed']);
    expect(faults).toHaveLength(4);
  });
});

describe('keep-alives', () => {
  it('go out as CRLF CRLF, and without a pong the connection is dropped and told', async () => {
    const down = vi.fn();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { signalling, events, peer } = await attached({ onDown: down, keepAliveInterval: 1000 });
    const ping = once(peer, 'data') as Promise<[Uint8Array]>;
    vi.advanceTimersByTime(800);
    expect(latin1((await ping)[0])).toBe('\r\n\r\n');
    const second = once(peer, 'data') as Promise<[Uint8Array]>;
    peer.write('\r\n');
    await eventually(() => {
      vi.advanceTimersByTime(1);
      return peer.bytesRead > 4;
    });
    await second;
    expect(signalling.connected()).toBe(true);
    vi.advanceTimersByTime(10_000);
    await eventually(() => !signalling.connected());
    expect(events).toMatchObject([{ kind: 'refused', code: 'sip/flow' }]);
    expect(down).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('connections', () => {
  it('come one after the other, and a registration ends with its own', async () => {
    const { signalling, events, peer } = await attached();
    signalling.command({ kind: 'register' });
    await answerRegister(peer, 60);
    await eventually(() => events.length === 1);
    await signalling.disconnect();
    expect(events.at(-1)).toEqual({ kind: 'registration-lost' });
    const [socket, other] = await connection();
    signalling.attach(socket, contact);
    signalling.command({ kind: 'register' });
    await answerRegister(other, 60);
    await eventually(() => events.length === 3);
    expect(events.at(-1)).toEqual({ kind: 'registered', expires: 60 });
  });

  it('never two at the same time, and none once closed: the socket is not kept', async () => {
    const { signalling } = await attached();
    const [second] = await connection();
    expect(() => signalling.attach(second, contact)).toThrow(/connected already; register anew/);
    expect(second.destroyed).toBe(true);
    await signalling.close();
    const [third] = await connection();
    expect(() => signalling.attach(third, contact)).toThrow(/closed; register anew/);
    expect(third.destroyed).toBe(true);
    const [fourth] = await connection();
    fourth.destroy();
    expect(() => make().signalling.attach(fourth, contact)).toThrow(/cut off again/);
  });

  it('fail a registration that waits for its answer', async () => {
    const { signalling, events, peer } = await attached();
    signalling.command({ kind: 'register' });
    peer.destroy();
    await eventually(() => events.length > 0);
    expect(events).toEqual([{ kind: 'registration-failed', status: 503 }]);
  });

  it('are closed within two seconds though the server reads nothing', async () => {
    const userAgent = {
      number,
      domain: 'example.com',
      contact,
      random: () => 't1',
      userAgent: 'x'.repeat(30_000_000),
    };
    const { signalling, socket, peer } = await attached({ userAgent });
    peer.pause();
    signalling.command({ kind: 'register' });
    expect(socket.writableLength).toBeGreaterThan(0);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closing = signalling.close();
    vi.advanceTimersByTime(1_999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leave no timer once closed, whatever is commanded', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { signalling, events } = await attached();
    signalling.command({
      kind: 'invite',
      number: '+33600000002',
      callId: 'call-1',
      body: utf8('x'),
    });
    // One of the user agent, one of the keep-alive.
    expect(vi.getTimerCount()).toBe(2);
    await signalling.close();
    expect(events).toEqual([{ kind: 'call-failed', callId: 'call-1', status: 503 }]);
    signalling.command({ kind: 'register' });
    expect(events).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
