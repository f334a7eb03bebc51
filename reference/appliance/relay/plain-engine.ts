import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { canonicalAddress } from './address.ts';
import type { EngineCall, RelayEngine } from './engine.ts';
import {
  components,
  createRelaySession,
  figuresLength,
  otherSide,
  sides,
  type Component,
  type RelayRange,
  type RelaySession,
  type Side,
} from './session.ts';

type Lookup = NonNullable<SocketOptions['lookup']>;
type SocketPair = Readonly<Record<Component, Socket>>;

/** Addresses are literal ones: nothing is resolved, and binding and sending happen at once. */
const literal: Lookup = (address, _, callback) => callback(null, address, isIPv6(address) ? 6 : 4);

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.close(() => resolve()));

const bindSocket = (host: string, port: number): Socket | null => {
  const options = { lookup: literal, reuseAddr: false } as const;
  const socket = isIPv6(host)
    ? createSocket({ type: 'udp6', ipv6Only: true, ...options })
    : createSocket({ type: 'udp4', ...options });
  let isBound = false;
  // A late ICMP error must not end the process; the peer's silence is the call's own matter.
  socket.on('error', () => undefined);
  socket.once('listening', () => (isBound = true));
  socket.bind({ port, address: host, exclusive: true });
  if (isBound) return socket;
  socket.close();
  return null;
};

const bindPair = (host: string, port: number): SocketPair | null => {
  const rtp = bindSocket(host, port);
  const rtcp = rtp && bindSocket(host, port + 1);
  if (rtp && rtcp) return { rtp, rtcp };
  rtp?.close();
  return null;
};

const closePair = async ({ rtp, rtcp }: SocketPair): Promise<void> => {
  await Promise.all([closed(rtp), closed(rtcp)]);
};

const connect = (
  session: RelaySession,
  side: Side,
  component: Component,
  pairs: Readonly<Record<Side, SocketPair>>,
): void => {
  const out = pairs[otherSide(side)][component];
  pairs[side][component].on('message', (datagram, from) => {
    const { length } = datagram;
    const address = from.family === 'IPv6' ? canonicalAddress(from.address) : from.address;
    const decision = session.receive(side, component, address, from.port, length);
    if (decision.kind === 'drop') return;
    out.send(datagram, decision.to.port, decision.to.address, (error) => {
      if (error) session.notSent(side, length);
    });
  });
};

/** Relays with Node's own sockets, in the thread that it is called from. */
export const createPlainEngine = (range: RelayRange): RelayEngine<SocketPair> => ({
  bind: (port) => bindPair(range.host, port),
  release: closePair,
  figures: () => new Float64Array(figuresLength),
  join(pairs, figures): EngineCall {
    const session = createRelaySession(range, figures);
    for (const side of sides)
      for (const component of components) connect(session, side, component, pairs);
    return {
      setPhone: (side, address, port) => session.setPhone(side, address, port),
      moved: (side, address) => session.moved(side, address),
      end: async () => {
        await Promise.all([closePair(pairs.caller), closePair(pairs.callee)]);
      },
    };
  },
  close: () => Promise.resolve(),
});
