import type { Datagram, RtcpFacts, RtpFacts, UdpFlowFacts, UdpProtocol } from './facts-model.ts';
import type { WireEndpoint } from './tcp-reassembly.ts';

/** The shape of one datagram; a flow's protocol is only said once its packets agree. */
type Shape =
  | { readonly kind: 'rtp' | 'rtcp'; readonly ssrc: number }
  | { readonly kind: 'stun' | 'dtls' | 'none' };

const STUN_COOKIE = 0x2112a442;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Tells datagrams apart by their first bytes (RFC 7983), RTP from RTCP by the second (RFC 5761 section 4). */
const shapeOf = (bytes: Uint8Array): Shape => {
  const [first = 0, second = 0] = bytes;
  const view = viewOf(bytes);
  if (first >> 6 === 2 && second >= 192 && second <= 223) {
    const fits = bytes.length >= 8 && (view.getUint16(2) + 1) * 4 <= bytes.length;
    return fits ? { kind: 'rtcp', ssrc: view.getUint32(4) } : { kind: 'none' };
  }
  if (first >> 6 === 2) {
    const fits = bytes.length >= 12 + (first & 15) * 4;
    return fits ? { kind: 'rtp', ssrc: view.getUint32(8) } : { kind: 'none' };
  }
  if (first < 4 && bytes.length >= 20 && view.getUint32(4) === STUN_COOKIE) return { kind: 'stun' };
  return first >= 20 && first <= 26 && second === 254 ? { kind: 'dtls' } : { kind: 'none' };
};

interface Flow {
  readonly source: WireEndpoint;
  readonly destination: WireEndpoint;
  readonly shape: Shape;
  readonly datagrams: Datagram[];
  packets: number;
  bytes: number;
  firstAt: number;
  lastAt: number;
  notKept: number;
}

/** Fewest packets that make a stream; one or two of the right shape prove nothing. */
const LEAST_PACKETS = 3;
/** Sequence numbers this near to the one before count as continuing. */
const NEAR = 100;
const LEAST_SHARE = 0.8;

const sequenceOf = ({ bytes }: Datagram): number => viewOf(bytes).getUint16(2);

/** Whether sequence numbers mostly go on from packet to packet, as a real source's do. */
const continues = (datagrams: readonly Datagram[]): boolean => {
  const steps = datagrams.slice(1).map((datagram, index) => {
    const before = datagrams[index];
    return before ? ((sequenceOf(datagram) - sequenceOf(before)) << 16) >> 16 : 0;
  });
  const near = steps.filter((step) => Math.abs(step) <= NEAR).length;
  return datagrams.length >= LEAST_PACKETS && near >= steps.length * LEAST_SHARE;
};

const headerLength = (bytes: Uint8Array): number => {
  const [first = 0] = bytes;
  const sources = 12 + (first & 15) * 4;
  if ((first & 16) === 0 || bytes.length < sources + 4) return sources;
  return sources + 4 + viewOf(bytes).getUint16(sources + 2) * 4;
};

const rtpFactsOf = (ssrc: number, datagrams: readonly Datagram[]): RtpFacts => {
  const payloads = datagrams.map(({ bytes }) => Math.max(0, bytes.length - headerLength(bytes)));
  const sequences = datagrams.map(sequenceOf);
  const timestamps = datagrams.map(({ bytes }) => viewOf(bytes).getUint32(4));
  return {
    ssrc,
    payloadTypes: [...new Set(datagrams.map(({ bytes }) => (bytes[1] ?? 0) & 0x7f))],
    firstSequence: sequences.at(0) ?? 0,
    lastSequence: sequences.at(-1) ?? 0,
    firstTimestamp: timestamps.at(0) ?? 0,
    lastTimestamp: timestamps.at(-1) ?? 0,
    shortestPayload: payloads.reduce((least, length) => Math.min(least, length), Infinity),
    longestPayload: payloads.reduce((most, length) => Math.max(most, length), 0),
    repeated: repeatedOf(sequences),
  };
};

/** Sequence numbers come round after 65,536 packets; a repetition is one seen within half of that. */
const repeatedOf = (sequences: readonly number[]): number => {
  const lastSeen = new Map<number, number>();
  let repeated = 0;
  sequences.forEach((sequence, index) => {
    const before = lastSeen.get(sequence);
    if (before !== undefined && index - before < 32_768) repeated += 1;
    lastSeen.set(sequence, index);
  });
  return repeated;
};

/** Whether compound packets fill the datagram exactly: plain RTCP, for SRTCP adds an index and a tag. */
const isExactlyFilled = ({ bytes }: Datagram): boolean => {
  const view = viewOf(bytes);
  let at = 0;
  while (at + 4 <= bytes.length && view.getUint8(at) >> 6 === 2)
    at += (view.getUint16(at + 2) + 1) * 4;
  return at === bytes.length;
};

const rtcpFactsOf = (ssrc: number, datagrams: readonly Datagram[]): RtcpFacts => ({
  ssrc,
  packetTypes: [...new Set(datagrams.map(({ bytes }) => bytes[1] ?? 0))],
  exactlyFilled: datagrams.filter(isExactlyFilled).length,
});

const sameTuple = (left: Flow, right: Flow, shift: number): boolean =>
  left.source.host === right.source.host &&
  left.destination.host === right.destination.host &&
  left.source.port === right.source.port + shift &&
  left.destination.port === right.destination.port + shift;

/** RTCP lies one port above its RTP at both ends (RFC 3550 section 11), or on the same ports (RFC 5761), or above it at the far end alone behind a translator. */
const belongsTo = (rtcp: Flow, rtp: Flow): boolean =>
  sameTuple(rtcp, rtp, 1) ||
  sameTuple(rtcp, rtp, 0) ||
  (rtcp.source.host === rtp.source.host &&
    rtcp.destination.host === rtp.destination.host &&
    rtcp.destination.port === rtp.destination.port + 1);

const factsOf = (flow: Flow, rtpFlows: ReadonlySet<Flow>): UdpFlowFacts => {
  const { source, destination, shape, datagrams, ...counts } = flow;
  const facts = { source, destination, ...counts, datagrams, rtp: null, rtcp: null };
  const as = (protocol: UdpProtocol, note: string | null = null) => ({ ...facts, protocol, note });
  switch (shape.kind) {
    case 'rtp':
      return rtpFlows.has(flow)
        ? { ...as('rtp'), rtp: rtpFactsOf(shape.ssrc, datagrams) }
        : as('unknown', 'shaped like RTP, but too few packets or no common sequence');
    case 'rtcp':
      return rtpFlows.values().some((rtp) => belongsTo(flow, rtp))
        ? { ...as('rtcp'), rtcp: rtcpFactsOf(shape.ssrc, datagrams) }
        : as('unknown', 'shaped like RTCP, but no RTP flow beside it');
    case 'stun':
    case 'dtls':
      return as(shape.kind);
    case 'none':
      return as('unknown');
  }
};

/** Sorts datagrams into flows by addresses, ports and SSRC, and says what each is once all are seen. */
export const createUdpFlows = (
  keptBytes: number,
): {
  add(source: WireEndpoint, destination: WireEndpoint, at: number, payload: Uint8Array): void;
  facts(): readonly UdpFlowFacts[];
} => {
  const flows = new Map<string, Flow>();
  let kept = 0;
  return {
    add: (source, destination, at, payload) => {
      const shape = shapeOf(payload);
      const kind = 'ssrc' in shape ? `${shape.kind} ${shape.ssrc}` : shape.kind;
      const key = `${source.host} ${source.port} ${destination.host} ${destination.port} ${kind}`;
      let flow = flows.get(key);
      if (!flow) {
        const empty = { packets: 0, bytes: 0, firstAt: at, lastAt: at, notKept: 0 };
        flow = { source, destination, shape, datagrams: [], ...empty };
        flows.set(key, flow);
      }
      flow.packets += 1;
      flow.bytes += payload.length;
      flow.lastAt = at;
      if (kept + payload.length > keptBytes) {
        flow.notKept += 1;
        return;
      }
      kept += payload.length;
      // A copy, so that the chunk of the capture it came in can be freed.
      flow.datagrams.push({ at, bytes: payload.slice() });
    },
    facts: () => {
      const all = [...flows.values()];
      const rtpFlows = new Set(
        all.filter(({ shape, datagrams }) => shape.kind === 'rtp' && continues(datagrams)),
      );
      return all.map((flow) => factsOf(flow, rtpFlows));
    },
  };
};
