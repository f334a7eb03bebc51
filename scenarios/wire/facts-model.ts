import type { MasterKey } from '../../reference/core/rtp/key-derivation.ts';
import type { SipMessage } from '../../reference/core/sip/message/message.ts';
import type { CaptureProblemCode } from './capture-item.ts';
import type { Fault } from '../../reference/core/result.ts';
import type { HttpMessage } from './http.ts';
import type { StreamResult } from './srtp-verifier.ts';
import type { WireEndpoint } from './tcp-reassembly.ts';
import type { TlsFacts } from './tls/tls-facts.ts';

/** What a TLS port is for, by the ports the caller named. */
export type Service = 'sip' | 'registration' | 'other';

/** One TLS connection. Times are milliseconds since 1970 everywhere in the facts. */
export interface TlsSessionFacts extends TlsFacts {
  readonly client: WireEndpoint;
  readonly server: WireEndpoint;
  readonly service: Service;
  /** Time of the connection's first packet. */
  readonly at: number;
  /** Whether the capture has the connection from its SYN on. */
  readonly fromStart: boolean;
}

/** A message that passed inside a decrypted session. */
export interface CarriedMessage<Message> {
  /** Time of the packet that completed it. */
  readonly at: number;
  readonly from: WireEndpoint;
  readonly to: WireEndpoint;
  /** Index in `tlsSessions`. */
  readonly session: number;
  readonly message: Message;
}

/** A SIP message with its bytes as they passed. */
export interface SipMessageFacts extends CarriedMessage<SipMessage> {
  readonly raw: Uint8Array;
}

/** A start line of SIP or HTTP that anyone on the path could read. */
export interface ClearTextFacts {
  readonly at: number;
  readonly from: WireEndpoint;
  readonly to: WireEndpoint;
  readonly transport: 'tcp' | 'udp';
  readonly line: string;
}

/** A datagram's payload. */
export interface Datagram {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What the headers of one RTP source show (RFC 3550); encryption hides none of it. */
export interface RtpFacts {
  readonly ssrc: number;
  /** Every payload type seen, in order of first appearance. */
  readonly payloadTypes: readonly number[];
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  /** Bytes behind the RTP header, tag included. */
  readonly shortestPayload: number;
  readonly longestPayload: number;
  /** Packets whose sequence number was seen before. */
  readonly repeated: number;
  /** Packets between the first and the last that never came. */
  readonly lost: number;
  /** Interarrival jitter at the end, in milliseconds, timestamps read at 8 kHz (RFC 3550 appendix A.8). */
  readonly jitter: number;
  /** Every payload is narrowband Speex as it passed, with or without 80 bits behind it. */
  readonly readableInClear: boolean;
}

/** What RTCP's clear first header shows (RFC 3550 section 6, RFC 3711 section 3.4). */
export interface RtcpFacts {
  readonly ssrc: number;
  /** Types of the first packet of each datagram, in order of first appearance. */
  readonly packetTypes: readonly number[];
  /** Datagrams whose packets fill them to the last byte, as RTCP in clear does and SRTCP cannot. */
  readonly exactlyFilled: number;
}

export type UdpProtocol = 'rtp' | 'rtcp' | 'stun' | 'dtls' | 'unknown';

/** Datagrams of one direction between two ports; RTP and RTCP sources apart. */
export interface UdpFlowFacts {
  readonly source: WireEndpoint;
  readonly destination: WireEndpoint;
  readonly protocol: UdpProtocol;
  /** Why it is unknown, where something can be said. */
  readonly note: string | null;
  readonly packets: number;
  /** Bytes of payload. */
  readonly bytes: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly rtp: RtpFacts | null;
  readonly rtcp: RtcpFacts | null;
  /** How its packets fared under `srtpKeys`; null without keys and for what is neither RTP nor RTCP. */
  readonly srtp: StreamResult | null;
  readonly datagrams: readonly Datagram[];
  /** Datagrams that were counted but not kept, because the limit was reached. */
  readonly notKept: number;
}

/** Anything that is none of the above, named and counted. */
export interface OtherFacts {
  readonly what: string;
  readonly count: number;
  /** The first one. */
  readonly example: string;
}

/** Everything a capture shows, as plain data; checks judge it elsewhere. */
export interface WireFacts {
  readonly problems: readonly Fault<CaptureProblemCode>[];
  readonly comments: readonly string[];
  readonly packets: number;
  /** Packets left out because a loopback interface showed them twice; counted in `packets`. */
  readonly loopbackTwins: number;
  /** Packets cut by the capture's snap length. */
  readonly cut: number;
  /** Packets that the capturing side says it dropped. */
  readonly dropped: number;
  /** Times of the first and last packet; null in an empty capture. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly tlsSessions: readonly TlsSessionFacts[];
  readonly sipMessages: readonly SipMessageFacts[];
  readonly httpMessages: readonly CarriedMessage<HttpMessage>[];
  readonly clearSip: readonly ClearTextFacts[];
  readonly clearHttp: readonly ClearTextFacts[];
  readonly udpFlows: readonly UdpFlowFacts[];
  readonly other: readonly OtherFacts[];
}

/** What the reader is told about the capture. */
export interface GatherOptions {
  readonly sipPorts: readonly number[];
  readonly registrationPorts: readonly number[];
  /** Lines of the NSS key log format, beside those in the file. */
  readonly tlsKeyLog?: readonly string[];
  /** Bytes of datagrams kept for the checkers; 256 MiB unless told, 0 to keep none. */
  readonly keptBytes?: number;
  /** Keys under which every RTP and RTCP packet is verified while the capture is read; results are in the flows' `srtp`. */
  readonly srtpKeys?: readonly SrtpKey[];
  /** Receives the audio that verifies under `srtpKeys`. */
  readonly audio?: AudioSink;
}

/** An SRTP master key, of one SSRC or of any. */
export interface SrtpKey extends MasterKey {
  readonly ssrc?: number;
}

/** One RTP packet after its tag verified. */
export interface VerifiedAudio {
  readonly source: WireEndpoint;
  readonly destination: WireEndpoint;
  readonly ssrc: number;
  readonly at: number;
  readonly sequence: number;
  readonly timestamp: number;
  /** Decrypted, the receiver's to keep. */
  readonly payload: Uint8Array;
}

/** Where verified audio goes. */
export interface AudioSink {
  take(packet: VerifiedAudio): void;
  /** The capture is read again from its start: what was given so far is void. */
  restart(): void;
}
