import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMedia } from '../../reference/core/sdp/media.ts';
import { writeSession } from '../../reference/core/sdp/write.ts';
import { createRelay, type Relay } from '../../reference/appliance/relay/relay.ts';
import { isDictionary, parseBencode, type BencodeDictionary } from './bencode.ts';
import { createEngineFailure } from './failure.ts';
import { askRelay, type NgFields } from './ng.ts';
import { startNgServer, type NgServer } from './ng-server.ts';

const [alice, bob] = ['+33639980031', '+33639980032'];
const callId = 'a84b4c76e66710@192.0.2.1';

let relay: Relay;
let server: NgServer;
const sockets: Socket[] = [];
beforeEach(async () => {
  relay = await createRelay({ host: '127.0.0.1', first: 12_000, last: 12_199 });
  server = await startNgServer(relay, '127.0.0.1', createEngineFailure());
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await server.close();
  await relay.close();
});

const socketAt = async (address: string): Promise<Socket> => {
  const socket = createSocket('udp4').bind(0, address);
  sockets.push(socket);
  await once(socket, 'listening');
  return socket;
};

const dictionaryOf = (text: string): BencodeDictionary => {
  const read = parseBencode(text);
  if (!read.ok || !isDictionary(read.value)) throw new Error(`no dictionary: ${text}`);
  return read.value;
};

const ask = async (fields: NgFields): Promise<BencodeDictionary> =>
  dictionaryOf(
    await askRelay(server.control, { engine: server.token, 'call-id': callId, ...fields }),
  );

const sdpOf = (address: string, port: number): string =>
  writeSession({ address, port, ssrc: 1, direction: 'sendrecv', sessionId: 1, version: 1 });

const offer = (port: number, more: NgFields = {}) =>
  ask({
    command: 'offer',
    sender: alice,
    peer: bob,
    'received-from': ['IP4', '127.0.0.2'],
    sdp: sdpOf('10.0.0.1', port),
    ...more,
  });

const answer = (port: number, more: NgFields = {}) =>
  ask({
    command: 'answer',
    sender: bob,
    status: '200',
    'received-from': ['IP4', '127.0.0.3'],
    sdp: sdpOf('10.0.0.2', port),
    ...more,
  });

const mediaOf = (given: BencodeDictionary) => {
  const sdp = given.get('sdp');
  const media = parseMedia(typeof sdp === 'string' ? sdp : '');
  if (!media.ok) throw new Error(media.error.code);
  return media.value;
};

const refusal = (reason: string) =>
  new Map([
    ['result', 'error'],
    ['error-reason', reason],
  ]);

describe('the ng protocol of the appliance’s own relay', () => {
  it('leads a call of Kamailio’s through it, by the addresses of the connections, until it is deleted', async () => {
    expect(await ask({ command: 'ping' })).toEqual(new Map([['result', 'pong']]));
    const atAlice = await socketAt('127.0.0.2');
    const atBob = await socketAt('127.0.0.3');
    const toBob = mediaOf(await offer(atAlice.address().port));
    expect(toBob.address).toBe('127.0.0.1');
    const toAlice = mediaOf(await answer(atBob.address().port));
    const heard = once(atBob, 'message');
    atAlice.send('from alice', toAlice.port, toAlice.address);
    expect(String((await heard)[0])).toBe('from alice');
    const back = once(atAlice, 'message');
    atBob.send('from bob', toBob.port, toBob.address);
    expect(String((await back)[0])).toBe('from bob');
    expect(relay.calls()).toBe(1);
    expect(await ask({ command: 'delete' })).toEqual(new Map([['result', 'ok']]));
    expect(relay.calls()).toBe(0);
  });

  it('keeps its ports in a later offer of the callee, and does not swap the sides', async () => {
    const [toBob, toAlice] = [mediaOf(await offer(4000)), mediaOf(await answer(5000))];
    const later = { sender: bob, peer: alice, 'received-from': ['IP4', '127.0.0.3'] };
    expect(mediaOf(await offer(5002, later)).port).toBe(toAlice.port);
    const answered = { sender: alice, 'received-from': ['IP4', '127.0.0.2'] };
    expect(mediaOf(await answer(4000, answered)).port).toBe(toBob.port);
  });

  it('makes nothing of descriptions in provisional responses', async () => {
    const atBob = await socketAt('127.0.0.3');
    const atAlice = await socketAt('127.0.0.2');
    await offer(atAlice.address().port);
    const toAlice = mediaOf(await answer(atBob.address().port, { status: '183' }));
    const dropped = () => relay.counters(callId)?.caller.dropped['peer-unknown'];
    atAlice.send('too early', toAlice.port, toAlice.address);
    await expect.poll(dropped).toBe(1);
  });

  it.each([
    ['another engine', { engine: 'x'.repeat(32) }, 'not-own-engine'],
    ['an engine that says nothing', { engine: '' }, 'not-own-engine'],
    ['an unknown command', { command: 'start recording' }, 'unknown-command'],
    ['a description that cannot be read', { sdp: 'v=0\r\n' }, 'sdp-media-line'],
    [
      'a phone at the relay itself',
      { 'received-from': ['IP4', '127.0.0.1'], sdp: sdpOf('10.0.0.1', 12_000) },
      'relay-loop',
    ],
    [
      'a phone of the other IP version',
      { 'received-from': ['IP6', '2001:db8::1'] },
      'relay-address-family',
    ],
    ['no address', { 'received-from': ['IP4', 'alice.example'] }, 'incomplete: no address'],
    ['no number', { sender: '' }, 'incomplete: no number'],
    ['an answer to nothing', { command: 'answer', status: '200' }, 'unknown-call'],
    ['an answer without status', { command: 'answer' }, 'incomplete: no status'],
  ])('refuses %s, with the reason, and holds no port for it', async (_, fields, reason) => {
    expect(await offer(4000, fields)).toEqual(refusal(reason));
    expect(relay.calls()).toBe(0);
  });

  it('keeps a call whose later offer it refuses', async () => {
    await offer(4000);
    await answer(5000);
    expect(await offer(4000, { sdp: 'v=0\r\n' })).toEqual(refusal('sdp-media-line'));
    expect(relay.calls()).toBe(1);
  });

  it('says that no port is left', async () => {
    for (let call = 0; call < 50; call += 1) relay.open(`held ${call}`);
    expect(await offer(4000)).toEqual(refusal('no-relay-port'));
  });

  it('answers a request that comes again as before, what it cannot read with a refusal, and nothing without a cookie', async () => {
    const socket = await socketAt('127.0.0.1');
    const send = async (text: string): Promise<string> => {
      const answered = once(socket, 'message');
      socket.send(text, server.control.port, server.control.host);
      return String((await answered)[0]);
    };
    const unnoticed = 'nothing';
    socket.send(unnoticed, server.control.port, server.control.host);
    expect(await send('one d7:command4:pinge')).toBe('one d6:result4:ponge');
    expect(await send('one d7:command6:deletee')).toBe('one d6:result4:ponge');
    expect(await send('two d7:command')).toBe(
      'two d6:result5:error12:error-reason14:not-own-enginee',
    );
    const another = await socketAt('127.0.0.1');
    const answered = once(another, 'message');
    another.send('one d7:command6:deletee', server.control.port, server.control.host);
    expect(String((await answered)[0])).toContain('not-own-engine');
  });
});
