import { createSocket, type Socket } from 'node:dgram';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';
import {
  createRelaySession,
  otherSide,
  type Component,
  type LegCounters,
  type RelaySession,
  type Side,
} from './session.ts';

/** UDP ports that the relay may use, both included, on one address. */
export interface RelayRange {
  readonly host: string;
  readonly first: number;
  readonly last: number;
}

/** A pair of bound sockets: RTP on an even port, RTCP on the next. */
interface PortPair {
  readonly port: number;
  readonly sockets: Readonly<Record<Component, Socket>>;
}

/** One call's two legs. */
export interface RelayCall {
  /** RTP port of the leg that faces a side. */
  readonly port: (this: void, side: Side) => number;
  /** Names the phone of a side; see {@link RelaySession.setPhone}. */
  readonly setPhone: (this: void, side: Side, address: string, signalledPort: number) => void;
}

/** The media relay (target 2.2: audio passes through the proxy server). */
export interface Relay {
  /** The call's legs, opened on first use; a fault when no port is free at this moment. */
  open(callId: string): Result<RelayCall, Fault<'no-relay-port'>>;
  /** Frees the ports of a call at once; unknown calls are ignored. */
  end(callId: string): Promise<void>;
  counters(callId: string): Readonly<Record<Side, LegCounters>> | null;
  close(): Promise<void>;
}

const bind = (host: string, port: number): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      // A late ICMP error must not end the process; the peer's silence is the call's own matter.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.close(() => resolve()));

const closePair = (pair: PortPair): Promise<unknown> =>
  Promise.all([closed(pair.sockets.rtp), closed(pair.sockets.rtcp)]);

/** Binds the first free even and odd pair at or after `from`, going once round the range. */
const bindPair = async (range: RelayRange, from: number): Promise<PortPair | null> => {
  const pairs = Math.floor((range.last - range.first + 1) / 2);
  for (let step = 0; step < pairs; step += 1) {
    const port = range.first + ((from - range.first + step * 2) % (pairs * 2));
    const rtp = await bind(range.host, port);
    if (!rtp) continue;
    const rtcp = await bind(range.host, port + 1);
    if (rtcp) return { port, sockets: { rtp, rtcp } };
    await closed(rtp);
  }
  return null;
};

const connectLegs = (pairs: Readonly<Record<Side, PortPair>>, session: RelaySession): void => {
  for (const side of ['caller', 'callee'] as const) {
    for (const component of ['rtp', 'rtcp'] as const) {
      const out = pairs[otherSide(side)].sockets[component];
      pairs[side].sockets[component].on('message', (datagram, from) => {
        const decision = session.receive(side, component, from);
        if (decision.kind === 'forward')
          out.send(datagram, decision.to.port, decision.to.address, () => undefined);
      });
    }
  }
};

interface ActiveCall {
  readonly call: RelayCall;
  readonly session: RelaySession;
  readonly pairs: Readonly<Record<Side, PortPair>>;
}

const newCall = (caller: PortPair, callee: PortPair): ActiveCall => {
  const session = createRelaySession();
  const pairs = { caller, callee };
  connectLegs(pairs, session);
  return {
    session,
    pairs,
    call: {
      port: (side) => pairs[side].port,
      setPhone: (side, address, signalledPort) => session.setPhone(side, address, signalledPort),
    },
  };
};

/**
 * Opens a relay on a range of ports. Ports are bound ahead of need, so that a call can be answered without waiting;
 * rejects when not one call's ports can be bound.
 */
export const createRelay = async (range: RelayRange, ready = 8): Promise<Relay> => {
  const free: PortPair[] = [];
  const calls = new Map<string, ActiveCall>();
  let next = range.first;
  let filling: Promise<void> = Promise.resolve();
  let ended = false;
  const fill = async () => {
    while (!ended && free.length < ready) {
      const pair = await bindPair(range, next);
      if (!pair) return;
      next = pair.port + 2 > range.last - 1 ? range.first : pair.port + 2;
      free.push(pair);
    }
  };
  const refill = () => {
    filling = filling.then(fill);
  };
  await fill();
  if (free.length < 2) {
    await Promise.all(free.map(closePair));
    throw new Error(
      `media relay: UDP ports ${range.first}-${range.last} of ${range.host} are all in use; give the relay another range`,
    );
  }
  return {
    open(callId) {
      const known = calls.get(callId);
      if (known) return ok(known.call);
      const [caller, callee] = free.splice(0, 2);
      refill();
      if (!caller || !callee) {
        if (caller) free.push(caller);
        return fault('no-relay-port');
      }
      const active = newCall(caller, callee);
      calls.set(callId, active);
      return ok(active.call);
    },
    async end(callId) {
      const active = calls.get(callId);
      calls.delete(callId);
      if (active)
        await Promise.all([closePair(active.pairs.caller), closePair(active.pairs.callee)]);
    },
    counters(callId) {
      const session = calls.get(callId)?.session;
      return session
        ? { caller: session.counters('caller'), callee: session.counters('callee') }
        : null;
    },
    async close() {
      ended = true;
      await filling;
      const pairs = [...calls.values()].flatMap((active) => [
        active.pairs.caller,
        active.pairs.callee,
      ]);
      calls.clear();
      await Promise.all([...pairs, ...free.splice(0)].map(closePair));
    },
  };
};
