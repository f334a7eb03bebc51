import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { fault, ok } from '../../reference/core/result.ts';
import {
  nothingRelayed,
  type createRelay,
  type Relay,
  type RelayCall,
} from '../../reference/appliance/relay/relay.ts';
import type { Side } from '../../reference/appliance/relay/session.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

/** One port of one leg, and the place of its phone. */
interface Leg {
  readonly socket: Socket;
  phone: Place | null;
}

type Pair = Readonly<Record<Side, Leg>>;

const other = { caller: 'callee', callee: 'caller' } as const;

/** Whoever sends takes the place of the phone. */
const carry = (pair: Pair, side: Side): void => {
  const own = pair[side];
  own.socket.on('message', (bytes: Uint8Array, from: RemoteInfo) => {
    own.phone = { address: from.address, port: from.port };
    const { socket, phone } = pair[other[side]];
    if (phone !== null) socket.send(bytes, phone.port, phone.address);
  });
};

const open = (host: string, port: number): Leg => {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => undefined);
  socket.bind(port, host);
  return { socket, phone: null };
};

const openCall = (host: string, first: number) => {
  const ports = { caller: first, callee: first + 2 } as const;
  const [rtp, rtcp] = [0, 1].map((offset) => ({
    caller: open(host, ports.caller + offset),
    callee: open(host, ports.callee + offset),
  }));
  const pairs: readonly Pair[] = [rtp, rtcp].flatMap((pair) => (pair ? [pair] : []));
  for (const pair of pairs) for (const side of ['caller', 'callee'] as const) carry(pair, side);
  const call: RelayCall = {
    port: (side) => ports[side],
    check: () => ok(undefined),
    setPhone(side, address, port) {
      for (const [offset, pair] of pairs.entries())
        pair[side].phone = { address, port: port + offset };
      return ok(undefined);
    },
    moved: () => undefined,
  };
  const close = (): void => {
    for (const { caller, callee } of pairs)
      for (const { socket } of [caller, callee]) socket.close();
  };
  return { call, close };
};

/** A relay that believes the last packet; four ports for each call. */
export const latchingRelay: typeof createRelay = ({ host, first, last }): Promise<Relay> => {
  const calls = new Map<string, ReturnType<typeof openCall>>();
  let next = first;
  const end = (callId: string): Promise<void> => {
    calls.get(callId)?.close();
    calls.delete(callId);
    return Promise.resolve();
  };
  return Promise.resolve({
    mode: 'plain',
    open(callId) {
      const known = calls.get(callId);
      if (known) return ok(known.call);
      if (next + 4 > last) return fault('no-relay-port');
      const opened = openCall(host, next);
      next += 4;
      calls.set(callId, opened);
      return ok(opened.call);
    },
    call: (callId) => calls.get(callId)?.call ?? null,
    end,
    counters: () => null,
    calls: () => calls.size,
    totals: () => nothingRelayed,
    close: async () => {
      await Promise.all([...calls.keys()].map(end));
    },
  });
};
