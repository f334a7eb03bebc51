import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loadLibc } from './libc.ts';
import { createRelay, type Relay, type RelayEvent, type RelaySettings } from './relay.ts';

const opened: Socket[] = [];
const relays: Relay[] = [];

const bound = async (host: string, port = 0): Promise<Socket> => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket;
};

const phoneAt = async (host: string): Promise<Socket> => {
  const socket = await bound(host);
  opened.push(socket);
  return socket;
};

/** Four ports in a row that were free a moment ago, for two pairs. */
const freeRange = async (host: string) => {
  const probe = await bound(host);
  const first = probe.address().port & ~3;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return { host, first, last: first + 3 };
};

const relayOn = async (
  settings: RelaySettings,
  onEvent?: (event: RelayEvent) => void,
): Promise<Relay> => {
  const relay = await createRelay(settings, onEvent);
  relays.push(relay);
  return relay;
};

const must = <Value>(result: { readonly ok: boolean; readonly value?: Value }): Value => {
  if (!result.ok || result.value === undefined) throw new Error(JSON.stringify(result));
  return result.value;
};

const heard = async (socket: Socket): Promise<readonly [text: string, from: RemoteInfo]> => {
  const [datagram, from] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
  return [datagram.toString(), from];
};

const descriptors = '/proc/self/fd';
const canCount = existsSync(descriptors);

/** Sockets that this process has open; a descriptor may be gone before it is looked at. */
const openSockets = (): number =>
  readdirSync(descriptors).filter((name) => {
    try {
      return readlinkSync(`${descriptors}/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.close();
  for (const relay of relays.splice(0)) await relay.close();
});

const callOn = async (relay: Relay, host: string, callId = 'call-1') => {
  const [caller, callee] = [await phoneAt(host), await phoneAt(host)];
  const call = must(relay.open(callId));
  call.setPhone('caller', host, caller.address().port);
  call.setPhone('callee', host, callee.address().port);
  return { call, caller, callee };
};

const libc = loadLibc();
const batchMissing = libc.ok ? null : (libc.error.detail ?? libc.error.code);
const hasIpv6 = await bound('::1').then(
  (socket) => socket.close() !== undefined,
  () => false,
);

const kinds = (['plain', 'batch'] as const).flatMap((mode) =>
  (['127.0.0.1', '::1'] as const).map((host) => {
    const lacks = [
      mode === 'batch' ? batchMissing : null,
      isIPv6(host) && !hasIpv6 ? 'no IPv6 here' : null,
    ].filter((reason) => reason !== null);
    const note = lacks.length > 0 ? ` (not run: ${lacks.join(', ')})` : '';
    return { mode, host, isMissing: lacks.length > 0, title: `in ${mode} mode on ${host}${note}` };
  }),
);

for (const { mode, host, isMissing, title } of kinds) {
  const range = { host, mode, first: 10_000, last: 10_999 };
  describe.skipIf(isMissing)(`the relay ${title}`, () => {
    it('carries RTP and RTCP both ways from its own ports', async () => {
      const relay = await relayOn(range);
      expect(relay.mode).toBe(mode);
      const { call, caller, callee } = await callOn(relay, host);
      caller.send('to callee', call.port('caller'), host);
      expect(await heard(callee)).toMatchObject(['to callee', { port: call.port('callee') }]);
      callee.send('to caller', call.port('callee'), host);
      expect(await heard(caller)).toMatchObject(['to caller', { port: call.port('caller') }]);

      const [callerControl, calleeControl] = [await phoneAt(host), await phoneAt(host)];
      // Learnt, and lost: the callee has no socket behind its RTP port.
      calleeControl.send('first', call.port('callee') + 1, host);
      callerControl.send('report', call.port('caller') + 1, host);
      expect(await heard(calleeControl)).toMatchObject([
        'report',
        { port: call.port('callee') + 1 },
      ]);
      calleeControl.send('reply', call.port('callee') + 1, host);
      expect((await heard(callerControl))[0]).toBe('reply');
      expect(relay.counters('call-1')).toMatchObject({
        caller: { packets: 2, bytes: 'to callee'.length + 'report'.length },
        callee: { packets: 3 },
      });
      const live = relay.totals();
      expect(live.packets).toBe(5);
      const ended = relay.end('call-1');
      expect(relay.totals()).toEqual(live);
      await ended;
      expect(relay.totals()).toEqual(live);
      await callOn(relay, host, 'call-2');
      expect([relay.calls(), relay.totals()]).toEqual([1, live]);
    });

    it('keeps another port, oversized datagrams and the other leg apart, and counts them', async () => {
      const relay = await relayOn(range);
      const { call, caller, callee } = await callOn(relay, host);
      const outsider = await phoneAt(host);
      caller.send('first', call.port('caller'), host);
      expect((await heard(callee))[0]).toBe('first');
      outsider.send('injected', call.port('caller'), host);
      caller.send(Buffer.alloc(1501), call.port('caller'), host);
      caller.send(Buffer.alloc(9000), call.port('caller'), host);
      caller.send('genuine', call.port('caller'), host);
      expect((await heard(callee))[0]).toBe('genuine');
      expect(relay.counters('call-1')?.caller).toMatchObject({
        packets: 2,
        bytes: 'first'.length + 'genuine'.length,
        dropped: { 'foreign-port': 1, 'too-long': 2, 'foreign-address': 0 },
      });
      expect(relay.totals()).toMatchObject({
        packets: 2,
        dropped: { 'foreign-port': 1, 'too-long': 2, 'foreign-address': 0 },
      });
    });

    it('drops what comes from another address', async () => {
      const relay = await relayOn(range);
      const call = must(relay.open('call-1'));
      const elsewhere = isIPv6(host) ? '2001:db8::1' : '192.0.2.1';
      const [outsider, callee] = [await phoneAt(host), await phoneAt(host)];
      call.setPhone('caller', elsewhere, 40_000);
      call.setPhone('callee', host, callee.address().port);
      outsider.send('injected', call.port('caller'), host);
      await expect.poll(() => relay.counters('call-1')?.caller.dropped['foreign-address']).toBe(1);
      expect(relay.counters('call-1')?.caller.packets).toBe(0);
    });

    it('carries a burst without loss and in order, whatever its lengths', async () => {
      const relay = await relayOn(range);
      const { call, caller, callee } = await callOn(relay, host);
      const lengths = Array.from({ length: 100 }, (_, index) => (index * 37) % 1501);
      const received: number[] = [];
      const all = new Promise<void>((resolve) => {
        callee.on('message', (datagram) => {
          received.push(datagram.length);
          if (received.length === lengths.length) resolve();
        });
      });
      for (const length of lengths)
        caller.send(Buffer.alloc(length, length), call.port('caller'), host);
      await all;
      expect(received).toEqual(lengths);
    });

    it('learns a port anew after the connection has moved, and not before', async () => {
      const relay = await relayOn(range);
      const { call, caller, callee } = await callOn(relay, host);
      caller.send('first', call.port('caller'), host);
      await heard(callee);
      const again = await phoneAt(host);
      again.send('too early', call.port('caller'), host);
      await expect.poll(() => relay.counters('call-1')?.caller.dropped['foreign-port']).toBe(1);
      call.moved('caller', host);
      again.send('moved', call.port('caller'), host);
      expect((await heard(callee))[0]).toBe('moved');
      callee.send('follows', call.port('callee'), host);
      expect((await heard(again))[0]).toBe('follows');
    });

    it('refuses a phone at its own ports or of the other IP version', async () => {
      const relay = await relayOn(range);
      const call = must(relay.open('call-1'));
      for (const port of [9999, 10_000, 10_999])
        expect(call.setPhone('caller', host, port)).toMatchObject({
          error: { code: 'relay-loop' },
        });
      expect(call.setPhone('caller', isIPv6(host) ? '127.0.0.1' : '::1', 40_000)).toMatchObject({
        error: { code: 'relay-address-family' },
      });
      expect(call.setPhone('caller', host, 11_000).ok).toBe(true);
    });

    it.skipIf(!canCount)(
      'frees the ports at the end of a call, and leaves no socket open',
      async () => {
        const idle = await relayOn(range);
        const before = openSockets();
        for (let round = 0; round < 20; round += 1) must(idle.open(`call-${round}`));
        expect(idle.calls()).toBe(20);
        expect(openSockets()).toBe(before + 80);
        const port = must(idle.open('call-0')).port('caller');
        await Promise.all(Array.from({ length: 20 }, (_, round) => idle.end(`call-${round}`)));
        expect(openSockets()).toBe(before);
        expect([idle.calls(), idle.counters('call-0'), idle.call('call-0')]).toEqual([
          0,
          null,
          null,
        ]);
        opened.push(await bound(host, port), await bound(host, port + 1));
      },
    );

    it('gives the final counters when a call ends', async () => {
      const events: RelayEvent[] = [];
      const relay = await relayOn(range, (event) => events.push(event));
      const { call, caller, callee } = await callOn(relay, host);
      caller.send('one', call.port('caller'), host);
      await heard(callee);
      await relay.end('call-1');
      await relay.end('call-1');
      expect(events).toMatchObject([
        { kind: 'ended', callId: 'call-1', counters: { caller: { packets: 1, bytes: 3 } } },
      ]);
    });

    it.skipIf(!canCount)(
      'says so when no port is left, leaks none, and gives them again once free',
      async () => {
        const free = await freeRange(host);
        const relay = await relayOn({ ...free, mode });
        must(relay.open('call-1'));
        const before = openSockets();
        for (const callId of ['call-2', 'call-3'])
          expect(relay.open(callId)).toMatchObject({ ok: false, error: { code: 'no-relay-port' } });
        expect(openSockets()).toBe(before);
        await relay.end('call-1');
        expect(relay.open('call-2').ok).toBe(true);
      },
    );

    it('passes over ports that others hold, and names the range when all are held', async () => {
      const free = await freeRange(host);
      opened.push(await bound(host, free.first + 1));
      await expect(createRelay({ ...free, mode })).rejects.toThrow(
        `UDP ports ${free.first}-${free.last} of ${host} are all in use`,
      );
      const wider = await relayOn({ ...free, mode, last: free.last + 60 });
      expect(must(wider.open('call-1')).port('caller')).toBeGreaterThan(free.first);
    });

    it('reports phones that fall silent', async () => {
      const events: RelayEvent[] = [];
      const silent = new Promise<void>((resolve) => {
        const onEvent = (event: RelayEvent): void => {
          events.push(event);
          if (event.kind === 'idle' && events.length > 0) resolve();
        };
        void relayOn({ ...range, idleAfter: 40 }, onEvent).then((relay) => relay.open('call-1'));
      });
      await silent;
      expect(events).toEqual([{ kind: 'idle', callId: 'call-1', silent: ['caller', 'callee'] }]);
    });

    it.skipIf(!canCount)('closes with calls under way, and leaves no socket open', async () => {
      const before = openSockets();
      const relay = await createRelay(range);
      must(relay.open('call-1'));
      await relay.close();
      expect(openSockets()).toBe(before);
    });
  });
}

describe('batch mode where it cannot run', () => {
  it('falls back to plain mode and says why', async () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform');
    Object.defineProperty(process, 'platform', { value: 'darwin', configurable: true });
    const events: RelayEvent[] = [];
    try {
      const settings = { host: '127.0.0.1', mode: 'batch', first: 10_000, last: 10_999 } as const;
      const relay = await relayOn(settings, (event) => events.push(event));
      expect(relay.mode).toBe('plain');
    } finally {
      Object.defineProperty(process, 'platform', platform ?? {});
    }
    expect(events).toEqual([
      { kind: 'fallback', reason: 'recvmmsg exists on Linux only, not on darwin' },
    ]);
  });
});
