import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createRelay, type Relay, type RelayRange } from './relay.ts';

const host = '127.0.0.1';
const opened: Socket[] = [];
const relays: Relay[] = [];

const phone = async (): Promise<Socket> => {
  const socket = createSocket('udp4');
  opened.push(socket);
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
};

/** An even port with three more behind it that were free a moment ago. */
const freeRange = async () => {
  const probe = createSocket('udp4');
  probe.bind(0, host);
  await once(probe, 'listening');
  const first = probe.address().port & ~3;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return { host, first, last: first + 3 };
};

const relayOn = async (range: RelayRange, ready: number): Promise<Relay> => {
  const relay = await createRelay(range, ready);
  relays.push(relay);
  return relay;
};

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.close();
  for (const relay of relays.splice(0)) await relay.close();
});

describe('the relay on real sockets', () => {
  it('carries RTP both ways, keeps outsiders out and frees the ports at the end', async () => {
    const relay = await relayOn({ host, first: 24_000, last: 24_999 }, 4);
    const [caller, callee] = [await phone(), await phone()];
    const opening = relay.open('call-1');
    if (!opening.ok) throw new Error(opening.error.code);
    const call = opening.value;
    call.setPhone('caller', host, caller.address().port);
    call.setPhone('callee', host, callee.address().port);

    caller.send('to callee', call.port('caller'), host);
    expect(String((await once(callee, 'message'))[0])).toBe('to callee');
    callee.send('to caller', call.port('callee'), host);
    const [answer, from] = await once(caller, 'message');
    expect(String(answer)).toBe('to caller');
    expect(from).toMatchObject({ port: call.port('caller') });

    const outsider = await phone();
    outsider.send('injected', call.port('caller'), host);
    caller.send('genuine', call.port('caller'), host);
    expect(String((await once(callee, 'message'))[0])).toBe('genuine');
    expect(relay.counters('call-1')?.caller).toEqual({ forwarded: 2, dropped: 1 });

    await relay.end('call-1');
    expect(relay.counters('call-1')).toBeNull();
    const again = createSocket('udp4');
    opened.push(again);
    again.bind(call.port('caller'), host);
    await once(again, 'listening');
  });

  it('says so when no port is left', async () => {
    const relay = await relayOn(await freeRange(), 2);
    expect(relay.open('call-1').ok).toBe(true);
    expect(relay.open('call-2')).toMatchObject({ ok: false, error: { code: 'no-relay-port' } });
  });

  it('names the range when it cannot bind at all', async () => {
    const range = await freeRange();
    await relayOn(range, 2);
    await expect(createRelay(range, 2)).rejects.toThrow(
      `UDP ports ${range.first}-${range.last} of 127.0.0.1 are all in use`,
    );
  });
});
