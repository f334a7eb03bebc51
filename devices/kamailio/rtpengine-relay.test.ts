import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Relay, RelayEvent } from '../../reference/appliance/relay/relay.ts';
import { createEngineFailure, type EngineFailure } from './failure.ts';
import { programProblem, rtpengineProgram } from './programs.ts';
import { startRtpengineRelay } from './rtpengine-relay.ts';
import { children } from './testing/system.ts';

const problem = await programProblem(rtpengineProgram);
const why = problem === null ? '' : ` (skipped: ${problem})`;

const host = '127.0.0.1';
const folder = mkdtempSync(join(tmpdir(), 'relay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let relay: Relay;
let failure: EngineFailure;
let events: RelayEvent[];
const sockets: Socket[] = [];
const started: Relay[] = [];
const start = async (last: number, idleAfter = 30_000): Promise<void> => {
  failure = createEngineFailure();
  events = [];
  const settings = { host, first: 11_000, last, idleAfter };
  relay = await startRtpengineRelay(settings, folder, failure, (event) => events.push(event));
  started.push(relay);
};
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  for (const each of started.splice(0)) await each.close();
  expect(children('rtpengine')).toEqual([]);
});

/** A phone's RTP socket, and what it heard. */
const phoneAt = async (address: string) => {
  const socket = createSocket('udp4').bind(0, address);
  sockets.push(socket);
  await once(socket, 'listening');
  const heard: number[] = [];
  socket.on('message', (packet) => heard.push(packet.readUInt16BE(2)));
  const say = (sequence: number, port: number): void => {
    const packet = Buffer.alloc(60, 7);
    packet.writeUInt16BE(0x8061);
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(sequence * 160, 4);
    socket.send(packet, port, host);
  };
  return { heard, say, port: socket.address().port };
};

/** Says it until it is heard: rtpengine is told of a phone a moment after `setPhone`. */
const heardAs = async (
  sequence: number,
  from: { say(sequence: number, port: number): void },
  port: number,
  to: { readonly heard: readonly number[] },
): Promise<void> => {
  await expect
    .poll(() => {
      from.say(sequence, port);
      return to.heard.includes(sequence);
    })
    .toBe(true);
};

const openCall = (callId: string) => {
  const opened = relay.open(callId);
  if (!opened.ok) throw new Error(opened.error.code);
  return opened.value;
};

describe.skipIf(why !== '')(`a relay on rtpengine${why}`, () => {
  it('relays once both phones are named, to them alone, and counts what passed', async () => {
    await start(11_999);
    const [alice, bob] = [await phoneAt('127.0.0.2'), await phoneAt('127.0.0.3')];
    const stranger = await phoneAt('127.0.0.4');
    const call = openCall('one');
    expect(relay.open('one')).toEqual({ ok: true, value: call });
    // Before anybody is named nobody is learnt.
    stranger.say(1, call.port('caller'));
    expect(call.setPhone('caller', '127.0.0.2', 4000).ok).toBe(true);
    stranger.say(2, call.port('caller'));
    expect(call.setPhone('callee', '127.0.0.3', bob.port).ok).toBe(true);
    await heardAs(3, alice, call.port('caller'), bob);
    await heardAs(4, bob, call.port('callee'), alice);
    stranger.say(5, call.port('caller'));
    await heardAs(6, alice, call.port('caller'), bob);
    expect(bob.heard).not.toContain(1);
    expect(bob.heard).not.toContain(2);
    expect(bob.heard).not.toContain(5);
    expect(stranger.heard).toEqual([]);
    await relay.end('one');
    expect(relay.calls()).toBe(0);
    const packets = { caller: bob.heard.length, callee: alice.heard.length };
    expect(events).toEqual([
      {
        kind: 'ended',
        callId: 'one',
        counters: {
          caller: expect.objectContaining({ packets: packets.caller }),
          callee: expect.objectContaining({ packets: packets.callee }),
        },
      },
    ]);
    expect(relay.totals().packets).toBe(packets.caller + packets.callee);
    expect(() => failure.check()).not.toThrow();
  });

  it('follows a phone that has moved, on the same ports', async () => {
    await start(11_999);
    const [alice, bob] = [await phoneAt('127.0.0.2'), await phoneAt('127.0.0.3')];
    const moved = await phoneAt('127.0.0.5');
    const call = openCall('one');
    const ports = [call.port('caller'), call.port('callee')];
    call.setPhone('caller', '127.0.0.2', alice.port);
    call.setPhone('callee', '127.0.0.3', bob.port);
    await heardAs(1, alice, call.port('caller'), bob);
    moved.say(2, call.port('caller'));
    call.moved('caller', '127.0.0.5');
    await heardAs(3, moved, call.port('caller'), bob);
    await heardAs(4, bob, call.port('callee'), moved);
    expect(alice.heard).not.toContain(4);
    expect([call.port('caller'), call.port('callee')]).toEqual(ports);
    expect(relay.call('one')).toBe(call);
  });

  it('refuses phones that it cannot lead, and more calls than it has ports for', async () => {
    await start(11_023);
    const call = openCall('one');
    expect(call.setPhone('caller', host, 11_001)).toMatchObject({ error: { code: 'relay-loop' } });
    expect(call.check('2001:db8::7', 4000)).toMatchObject({
      error: { code: 'relay-address-family' },
    });
    const opened = Array.from({ length: 40 }, (_, index) => relay.open(`call ${index}`));
    const refused = opened.filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(40);
    expect(refused[0]).toMatchObject({ error: { code: 'no-relay-port' } });
    await relay.end('call 0');
    await expect.poll(() => relay.open('another').ok).toBe(true);
    expect(() => failure.check()).not.toThrow();
  });

  it('never gives a call’s ports to another while it lasts, however fast calls come and go', async () => {
    await start(11_999);
    const ports: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const [kept, brief] = [openCall(`kept ${round}`), openCall(`brief ${round}`)];
      ports.push(kept.port('caller'), kept.port('callee'));
      expect(ports).not.toContain(brief.port('caller'));
      await relay.end(`brief ${round}`);
    }
    expect(new Set(ports).size).toBe(40);
  });

  it('says in one line that its range does not do for one call', async () => {
    await expect(start(11_002)).rejects.toThrow(
      /^rtpengine: UDP ports 11000-11002 of 127\.0\.0\.1 do not do for one call; give the relay another range$/,
    );
  });

  it('tells of phones that have fallen silent, once', async () => {
    await start(11_999, 80);
    openCall('one');
    await expect
      .poll(() => events)
      .toEqual([{ kind: 'idle', callId: 'one', silent: ['caller', 'callee'] }]);
  });

  it('has failed once rtpengine was killed: no call gets media, and nothing counts any more', async () => {
    await start(11_999);
    openCall('one');
    const [id = 0] = children('rtpengine');
    process.kill(id, 'SIGKILL');
    await expect.poll(() => events.map(({ kind }) => kind)).toEqual(['failed']);
    expect(relay.open('two')).toMatchObject({ error: { code: 'relay-failed' } });
    expect(() => failure.check()).toThrow(
      /rtpengine was ended by SIGKILL in the middle of the run/,
    );
    await relay.end('one');
    expect(relay.calls()).toBe(0);
  });
});
