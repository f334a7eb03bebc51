/** Which phone of a call a leg of the relay faces. */
export type Side = 'caller' | 'callee';

/** RTP on the even port, RTCP on the next (interpretations I-5). */
export type Component = 'rtp' | 'rtcp';

/** Where a datagram comes from or goes to. */
export interface Transport {
  readonly address: string;
  readonly port: number;
}

/** What becomes of a datagram that reached a leg. */
export type RelayDecision =
  | { readonly kind: 'forward'; readonly side: Side; readonly to: Transport }
  | { readonly kind: 'drop'; readonly reason: 'foreign-address' | 'foreign-port' | 'peer-unknown' };

/** Datagrams of one leg, for the appliance's figures. */
export interface LegCounters {
  readonly forwarded: number;
  readonly dropped: number;
}

interface Leg {
  /** Address of the phone's TLS connection: the only one that the leg accepts. */
  address: string | null;
  /** RTP port of the phone's SDP, used until its first packet shows the real one. */
  signalledPort: number | null;
  readonly learnt: Record<Component, number | null>;
  forwarded: number;
  dropped: number;
}

/** The pure part of one call's relay: who may send, and where to. */
export interface RelaySession {
  /** Names the phone of a side: its TLS connection's address and the RTP port of its SDP. A moved connection forgets the learnt ports. */
  setPhone(side: Side, address: string, signalledPort: number): void;
  /** Decides on a datagram that came to `side`'s leg (interpretations I-5: only from that phone's address; its port is learnt from the first packet). */
  receive(side: Side, component: Component, from: Transport): RelayDecision;
  counters(side: Side): LegCounters;
}

/** The opposite side of a call. */
export const otherSide = (side: Side): Side => (side === 'caller' ? 'callee' : 'caller');

const emptyLeg = (): Leg => ({
  address: null,
  signalledPort: null,
  learnt: { rtp: null, rtcp: null },
  forwarded: 0,
  dropped: 0,
});

const portOf = (leg: Leg, component: Component): number | null => {
  const learnt = leg.learnt[component];
  if (learnt !== null) return learnt;
  if (leg.signalledPort === null) return null;
  return component === 'rtp' ? leg.signalledPort : leg.signalledPort + 1;
};

/** Makes the relay state of one call. */
export const createRelaySession = (): RelaySession => {
  const legs: Record<Side, Leg> = { caller: emptyLeg(), callee: emptyLeg() };
  const drop = (leg: Leg, reason: 'foreign-address' | 'foreign-port' | 'peer-unknown') => {
    leg.dropped += 1;
    return { kind: 'drop', reason } as const;
  };
  return {
    setPhone(side, address, signalledPort) {
      const leg = legs[side];
      if (leg.address !== address) leg.learnt.rtp = leg.learnt.rtcp = null;
      leg.address = address;
      leg.signalledPort = signalledPort;
    },
    receive(side, component, from) {
      const leg = legs[side];
      if (leg.address === null || from.address !== leg.address) return drop(leg, 'foreign-address');
      const learnt = leg.learnt[component];
      if (learnt !== null && learnt !== from.port) return drop(leg, 'foreign-port');
      leg.learnt[component] = from.port;
      const peer = legs[otherSide(side)];
      const port = portOf(peer, component);
      if (peer.address === null || port === null) return drop(leg, 'peer-unknown');
      leg.forwarded += 1;
      return { kind: 'forward', side: otherSide(side), to: { address: peer.address, port } };
    },
    counters: (side) => ({ forwarded: legs[side].forwarded, dropped: legs[side].dropped }),
  };
};
