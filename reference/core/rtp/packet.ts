import { concat } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';

/** Why bytes are not an RTP packet. */
export type RtpRefusal = 'too-short' | 'not-rtp' | 'padding';

/** The header extension of RFC 3550 section 5.3.1. */
export interface RtpExtension {
  /** 16 bits, "defined by profile". */
  readonly profile: number;
  /** A multiple of 4 bytes. */
  readonly data: Uint8Array;
}

/** An RTP packet (RFC 3550 section 5.1), version 2. */
export interface RtpPacket {
  readonly marker: boolean;
  /** 7 bits. */
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in samples. */
  readonly timestamp: number;
  /** 32 bits. */
  readonly ssrc: number;
  /** At most 15 contributing sources of 32 bits. */
  readonly csrc: readonly number[];
  readonly extension: RtpExtension | null;
  readonly payload: Uint8Array;
  /** The padding as sent: empty without the P bit, else its last byte is its length. */
  readonly padding: Uint8Array;
}

const FIXED_HEADER = 12;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Length in bytes of the header with its sources and extension, read without looking at the payload: what SRTP leaves in clear. */
export const rtpHeaderLength = (
  bytes: Uint8Array,
): Result<number, Fault<'too-short' | 'not-rtp'>> => {
  if (bytes.length < FIXED_HEADER) return fault('too-short', bytes.length);
  const first = bytes[0] ?? 0;
  if (first >> 6 !== 2) return fault('not-rtp', 0);
  let length = FIXED_HEADER + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (bytes.length < length + 4) return fault('too-short', bytes.length);
    length += 4 + 4 * viewOf(bytes).getUint16(length + 2);
  }
  return bytes.length < length ? fault('too-short', bytes.length) : ok(length);
};

/**
 * Reads an RTP packet; nothing is lost, so that {@link serializeRtp} gives the same bytes back. Refusals: `too-short`,
 * `not-rtp` (version), `padding` (P bit with a length of zero or beyond the payload).
 */
export const parseRtp = (bytes: Uint8Array): Result<RtpPacket, Fault<RtpRefusal>> => {
  const header = rtpHeaderLength(bytes);
  if (!header.ok) return header;
  const view = viewOf(bytes);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  const sources = first & 0x0f;
  const extensionAt = FIXED_HEADER + 4 * sources;
  const padded = (first & 0x20) !== 0;
  const paddingLength = padded ? view.getUint8(bytes.length - 1) : 0;
  if (padded && (paddingLength === 0 || paddingLength > bytes.length - header.value))
    return fault('padding', bytes.length - 1);
  const payloadEnd = bytes.length - paddingLength;
  return ok({
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    csrc: Array.from({ length: sources }, (_, index) => view.getUint32(FIXED_HEADER + 4 * index)),
    extension:
      (first & 0x10) === 0
        ? null
        : {
            profile: view.getUint16(extensionAt),
            data: bytes.slice(extensionAt + 4, header.value),
          },
    payload: bytes.slice(header.value, payloadEnd),
    padding: bytes.slice(payloadEnd),
  });
};

const serializeExtension = (extension: RtpExtension): Uint8Array => {
  const head = new Uint8Array(4);
  viewOf(head).setUint16(0, extension.profile);
  viewOf(head).setUint16(2, extension.data.length / 4);
  return concat(head, extension.data);
};

/** Writes an RTP packet whose fields keep the ranges that {@link RtpPacket} names. */
export const serializeRtp = (packet: RtpPacket): Uint8Array => {
  const header = new Uint8Array(FIXED_HEADER + 4 * packet.csrc.length);
  const view = viewOf(header);
  const padding = packet.padding.length > 0 ? 0x20 : 0;
  const extension = packet.extension === null ? 0 : 0x10;
  view.setUint8(0, 0x80 | padding | extension | packet.csrc.length);
  view.setUint8(1, (packet.marker ? 0x80 : 0) | packet.payloadType);
  view.setUint16(2, packet.sequence);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  packet.csrc.forEach((source, index) => view.setUint32(FIXED_HEADER + 4 * index, source));
  return concat(
    header,
    packet.extension === null ? new Uint8Array(0) : serializeExtension(packet.extension),
    packet.payload,
    packet.padding,
  );
};
