/** Which phone of a call a leg of the relay faces. */
export type Side = 'caller' | 'callee';

/** RTP on the even port, RTCP on the next (interpretations I-5). */
export type Component = 'rtp' | 'rtcp';

/** Both, to go through. */
export const sides = ['caller', 'callee'] as const;
export const components = ['rtp', 'rtcp'] as const;

/** UDP ports that the relay may use, both included, on one address. */
export interface RelayRange {
  readonly host: string;
  readonly first: number;
  readonly last: number;
}

/** Where a datagram goes to. */
export interface Transport {
  readonly address: string;
  readonly port: number;
}

/** `own-port`: sent by the relay itself, which would be a loop. `not-sent`: the system refused it on the way out. */
export const dropReasons = [
  'foreign-address',
  'foreign-port',
  'own-port',
  'peer-unknown',
  'too-long',
  'not-sent',
] as const;

export type DropReason = (typeof dropReasons)[number];

/** What becomes of a datagram that reached a leg; the same object as long as nothing changes, so that nothing is allocated for a packet. */
export type RelayDecision =
  | { readonly kind: 'forward'; readonly side: Side; readonly to: Transport }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** Datagrams that reached one leg, RTP and RTCP together. */
export interface LegCounters {
  /** Sent on to the other phone. */
  readonly packets: number;
  /** UDP payload of those, in bytes. */
  readonly bytes: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** Bytes of the longest datagram that is relayed: the frame of an Ethernet link. */
export const maximumDatagram = 1500;

/** The pure part of one call's relay: who may send, and where to. Addresses are in canonical form (see address.ts). */
export interface RelaySession {
  /**
   * Names the phone of a side: its TLS connection's address and the RTP port of its SDP. Another address forgets the learnt ports;
   * another port is learnt anew too, the old one being heard until the first packet from the new.
   */
  setPhone(side: Side, address: string, signalledPort: number): void;
  /** The phone's TLS connection has moved and registered anew: its ports are learnt again (interpretations I-5). */
  moved(side: Side, address: string): void;
  /** Decides on a datagram of `length` bytes that came to `side`'s leg: only from that phone's address, its port learnt from the first packet (I-5). */
  receive(
    side: Side,
    component: Component,
    address: string,
    port: number,
    length: number,
  ): RelayDecision;
  /** Takes back the count of a datagram of `side`'s leg that could not be sent on. */
  notSent(side: Side, length: number): void;
}

/** One leg's ports for one component. */
interface Path {
  learnt: number | null;
  /** Learnt before signalling named another port. */
  retired: number | null;
  /** What the other leg's packets are told; null while this phone cannot be reached. */
  decision: RelayDecision | null;
}

interface Leg {
  /** Address of the phone's TLS connection: the only one that the leg accepts. */
  address: string | null;
  /** RTP port of the phone's SDP, used until its first packet shows the real one. */
  signalledPort: number;
  readonly paths: Readonly<Record<Component, Path>>;
}

/** The opposite side of a call. */
export const otherSide = (side: Side): Side => (side === 'caller' ? 'callee' : 'caller');

/** Whether a transport address is one of the relay's own: media from or to there would run in a circle. */
export const isOwnPort = (own: RelayRange, address: string, port: number): boolean =>
  address === own.host && port >= own.first && port <= own.last;

const stride = 2 + dropReasons.length;

/** Length of the array that a session counts in; a shared one lets another thread read. */
export const figuresLength = stride * 2;

const startOf = (side: Side): number => (side === 'caller' ? 0 : stride);

/** Reads a leg's counters out of a session's figures. */
export const readCounters = (figures: Float64Array, side: Side): LegCounters => {
  const [packets = 0, bytes = 0, ...dropped] = figures.subarray(
    startOf(side),
    startOf(side) + stride,
  );
  return {
    packets,
    bytes,
    dropped: Object.fromEntries(
      dropReasons.map((reason, index) => [reason, dropped[index] ?? 0]),
    ) as Record<DropReason, number>,
  };
};

const drops = Object.fromEntries(
  dropReasons.map((reason) => [reason, { kind: 'drop', reason }]),
) as Readonly<Record<DropReason, RelayDecision>>;

const newLeg = (): Leg => ({
  address: null,
  signalledPort: 0,
  paths: {
    rtp: { learnt: null, retired: null, decision: null },
    rtcp: { learnt: null, retired: null, decision: null },
  },
});

const add = (figures: Float64Array, index: number, amount: number): void => {
  figures[index] = (figures[index] ?? 0) + amount;
};

const direct = (side: Side, leg: Leg, component: Component, port: number): void => {
  const reachable = leg.address !== null && port <= 65_535;
  leg.paths[component].decision = reachable
    ? { kind: 'forward', side, to: { address: leg.address ?? '', port } }
    : null;
};

const directToSignalled = (side: Side, leg: Leg): void => {
  direct(side, leg, 'rtp', leg.signalledPort);
  direct(side, leg, 'rtcp', leg.signalledPort + 1);
};

/** Makes the relay state of one call, counting in `figures`. */
export const createRelaySession = (
  own: RelayRange,
  figures: Float64Array = new Float64Array(figuresLength),
): RelaySession => {
  const legs: Record<Side, Leg> = { caller: newLeg(), callee: newLeg() };
  const drop = (side: Side, reason: DropReason): RelayDecision => {
    add(figures, startOf(side) + 2 + dropReasons.indexOf(reason), 1);
    return drops[reason];
  };
  const count = (side: Side, packets: number, bytes: number): void => {
    add(figures, startOf(side), packets);
    add(figures, startOf(side) + 1, bytes);
  };
  /** Why a port other than the learnt one is refused; undefined when it may send. */
  const refusal = (
    side: Side,
    component: Component,
    address: string,
    port: number,
  ): DropReason | undefined => {
    const path = legs[side].paths[component];
    if (path.learnt !== null) return 'foreign-port';
    if (isOwnPort(own, address, port)) return 'own-port';
    if (port === path.retired) return undefined;
    path.learnt = port;
    path.retired = null;
    direct(side, legs[side], component, port);
    return undefined;
  };
  const forget = (leg: Leg, retire: boolean): void => {
    for (const path of Object.values(leg.paths)) {
      path.retired = retire ? (path.learnt ?? path.retired) : null;
      path.learnt = null;
    }
  };
  return {
    setPhone(side, address, signalledPort) {
      const leg = legs[side];
      if (leg.address === address && leg.signalledPort === signalledPort) return;
      forget(leg, leg.address === address);
      leg.address = address;
      leg.signalledPort = signalledPort;
      directToSignalled(side, leg);
    },
    moved(side, address) {
      const leg = legs[side];
      if (leg.address === null) return;
      forget(leg, false);
      if (leg.address === address) return;
      leg.address = address;
      directToSignalled(side, leg);
    },
    receive(side, component, address, port, length) {
      const leg = legs[side];
      if (address !== leg.address) return drop(side, 'foreign-address');
      if (port !== leg.paths[component].learnt) {
        const reason = refusal(side, component, address, port);
        if (reason !== undefined) return drop(side, reason);
      }
      if (length > maximumDatagram) return drop(side, 'too-long');
      const decision = legs[otherSide(side)].paths[component].decision;
      if (decision === null) return drop(side, 'peer-unknown');
      count(side, 1, length);
      return decision;
    },
    notSent(side, length) {
      count(side, -1, -length);
      drop(side, 'not-sent');
    },
  };
};
