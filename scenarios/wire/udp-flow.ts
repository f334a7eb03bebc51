import { signed32, word16, word32 } from './bytes-at.ts';
import type { Datagram, RtcpFacts, UdpFlowFacts, UdpProtocol } from './facts-model.ts';
import {
  isStream,
  newRtpTrack,
  rtpFactsOf,
  takeRtp,
  type Moment,
  type RtpTrack,
} from './rtp-track.ts';
import { resultWithoutKeys, type StreamResult, type StreamVerifier } from './srtp-verifier.ts';
import type { WireEndpoint } from './tcp-reassembly.ts';
import { isExactlyFilled, shapes } from './udp-shape.ts';

/** What RTCP packets of one source have shown so far. */
interface RtcpTrack {
  readonly packetTypes: number[];
  exactlyFilled: number;
}

/** Datagrams of one shape and source between two ports. */
export interface UdpFlow {
  readonly source: WireEndpoint;
  readonly destination: WireEndpoint;
  readonly shape: number;
  readonly ssrc: number;
  /** Holds sources that were too many to be told apart. */
  readonly crowded: boolean;
  readonly rtp: RtpTrack | null;
  readonly rtcp: RtcpTrack | null;
  readonly verifier: StreamVerifier | null;
  readonly datagrams: Datagram[];
  packets: number;
  bytes: number;
  firstAt: number;
  lastAt: number;
  notKept: number;
}

/** The source number of a datagram of a shape, as a signed number; 0 where it has none. */
export const ssrcOf = (shape: number, bytes: Uint8Array, from: number): number => {
  if (shape === shapes.rtp) return signed32(bytes, from + 8);
  return shape === shapes.rtcp ? signed32(bytes, from + 4) : 0;
};

/** A flow without packets. */
export const newUdpFlow = (
  ends: Pick<UdpFlow, 'source' | 'destination' | 'shape' | 'ssrc' | 'crowded' | 'verifier'>,
  at: number,
): UdpFlow => ({
  ...ends,
  rtp: ends.shape === shapes.rtp ? newRtpTrack(ends.ssrc) : null,
  rtcp: ends.shape === shapes.rtcp ? { packetTypes: [], exactlyFilled: 0 } : null,
  datagrams: [],
  packets: 0,
  bytes: 0,
  firstAt: at,
  lastAt: at,
  notKept: 0,
});

const takeRtcp = (track: RtcpTrack, bytes: Uint8Array, from: number, to: number): void => {
  const type = bytes[from + 1] ?? 0;
  if (!track.packetTypes.includes(type)) track.packetTypes.push(type);
  if (isExactlyFilled(bytes, from, to)) track.exactlyFilled += 1;
};

/** Takes one datagram's payload from `from` to `to`. */
export const takeDatagram = (
  flow: UdpFlow,
  bytes: Uint8Array,
  from: number,
  to: number,
  moment: Moment,
): void => {
  if (flow.rtp) takeRtp(flow.rtp, bytes, from, to, moment.at - flow.lastAt);
  else if (flow.rtcp) takeRtcp(flow.rtcp, bytes, from, to);
  flow.packets += 1;
  flow.bytes += to - from;
  flow.lastAt = moment.at;
  if (flow.verifier) flow.verifier.packet(bytes.subarray(from, to), moment.at);
};

const rtcpFactsOf = (ssrc: number, { packetTypes, exactlyFilled }: RtcpTrack): RtcpFacts => ({
  ssrc,
  packetTypes,
  exactlyFilled,
});

/** RTP flows by the places where RTCP of theirs, or the rest of their stream, would be. */
interface RtpPlaces {
  readonly samePorts: ReadonlySet<string>;
  /** One port above them at their destinations, and at their sources. */
  readonly aboveFar: ReadonlySet<string>;
  readonly aboveNear: ReadonlySet<string>;
  /** Sources of streams, with their SSRCs. */
  readonly senders: ReadonlySet<string>;
}

const placesOf = (flows: readonly UdpFlow[]): RtpPlaces => {
  const streams = flows.filter((flow) => flow.rtp && isStream(flow.rtp));
  const senders = new Set(streams.map(senderKey));
  const rtp = flows.filter((flow) => flow.rtp && senders.has(senderKey(flow)));
  return {
    samePorts: new Set(rtp.map(portsKey)),
    aboveFar: new Set(rtp.map((flow) => farPortKey(flow, 1))),
    aboveNear: new Set(rtp.map((flow) => nearPortKey(flow, 1))),
    senders,
  };
};

const portsKey = ({ source, destination }: UdpFlow): string =>
  `${source.host} ${source.port} ${destination.host} ${destination.port}`;
const senderKey = ({ source, ssrc }: UdpFlow): string => `${source.host} ${source.port} ${ssrc}`;
const farPortKey = ({ source, destination }: UdpFlow, shift: number): string =>
  `${source.host} ${destination.host} ${destination.port + shift}`;
const nearPortKey = ({ source, destination }: UdpFlow, shift: number): string =>
  `${source.host} ${source.port + shift} ${destination.host}`;

/**
 * RTCP lies one port above its RTP at both ends (RFC 3550 section 11), or on the same ports (RFC 5761). Where a translator gives each
 * flow a port of its own, it lies above at one end alone: the far one for what comes from behind it, the near one for what goes there.
 */
const hasRtpBeside = (flow: UdpFlow, { samePorts, aboveFar, aboveNear }: RtpPlaces): boolean =>
  samePorts.has(portsKey(flow)) ||
  aboveFar.has(farPortKey(flow, 0)) ||
  aboveNear.has(nearPortKey(flow, 0));

const unknownNote = (flow: UdpFlow): string | null => {
  if (flow.crowded) return 'more sources than are told apart';
  if (flow.rtp) return 'shaped like RTP, but too few packets or no common sequence';
  return flow.rtcp ? 'shaped like RTCP, but no RTP flow beside it' : null;
};

const protocolOf = (flow: UdpFlow, places: RtpPlaces): UdpProtocol => {
  // A few packets of a stream that went elsewhere: a relay sends to the port it was told before it knows the translated one.
  if (flow.rtp && (isStream(flow.rtp) || places.senders.has(senderKey(flow)))) return 'rtp';
  if (flow.rtcp && hasRtpBeside(flow, places)) return 'rtcp';
  if (flow.shape === shapes.stun) return 'stun';
  return flow.shape === shapes.dtls ? 'dtls' : 'unknown';
};

const NOTHING_READABLE = { plain: false, tagged: false };

const srtpOf = ({ verifier, packets, rtp }: UdpFlow): StreamResult =>
  verifier?.result() ?? resultWithoutKeys(packets, rtp?.readability ?? NOTHING_READABLE);

const factsOf = (flow: UdpFlow, places: RtpPlaces, verified: boolean): UdpFlowFacts => {
  const { source, destination, packets, bytes, firstAt, lastAt, datagrams, notKept } = flow;
  const protocol = protocolOf(flow, places);
  const isMedia = protocol === 'rtp' || protocol === 'rtcp';
  return {
    source,
    destination,
    protocol,
    note: protocol === 'unknown' ? unknownNote(flow) : null,
    packets,
    bytes,
    firstAt,
    lastAt,
    rtp: protocol === 'rtp' && flow.rtp ? rtpFactsOf(flow.rtp) : null,
    rtcp: protocol === 'rtcp' && flow.rtcp ? rtcpFactsOf(flow.ssrc, flow.rtcp) : null,
    srtp: isMedia && verified ? srtpOf(flow) : null,
    datagrams,
    notKept,
  };
};

/** What the flows of a capture are, once all are seen; `verified` when SRTP keys were given, be they none. */
export const udpFactsOf = (
  flows: readonly UdpFlow[],
  verified: boolean,
): readonly UdpFlowFacts[] => {
  const places = placesOf(flows);
  return flows.map((flow) => factsOf(flow, places, verified));
};

/** The fields of a verified RTP packet that its listener needs besides the payload. */
export const rtpFieldsOf = (packet: Uint8Array): { sequence: number; timestamp: number } => ({
  sequence: word16(packet, 2),
  timestamp: word32(packet, 4),
});
