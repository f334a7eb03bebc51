import { word16, word32 } from './bytes-at.ts';

/** What one datagram looks like (RFC 7983); a flow's protocol is only said once its packets agree. */
export const shapes = { none: 0, rtp: 1, rtcp: 2, stun: 3, dtls: 4 } as const;

const STUN_COOKIE = 0x2112a442;

/** Tells datagrams apart by their first bytes (RFC 7983), RTP from RTCP by the second (RFC 5761 section 4). */
export const shapeOf = (bytes: Uint8Array, from: number, to: number): number => {
  const length = to - from;
  const first = length > 0 ? (bytes[from] ?? 0) : 0;
  const second = length > 1 ? (bytes[from + 1] ?? 0) : 0;
  if (first >> 6 === 2) {
    if (second < 192 || second > 223)
      return length >= 12 + (first & 15) * 4 ? shapes.rtp : shapes.none;
    const fits = length >= 8 && (word16(bytes, from + 2) + 1) * 4 <= length;
    return fits ? shapes.rtcp : shapes.none;
  }
  if (first < 4 && length >= 20 && word32(bytes, from + 4) === STUN_COOKIE) return shapes.stun;
  return first >= 20 && first <= 26 && second === 254 ? shapes.dtls : shapes.none;
};

/** Where the payload of an RTP packet begins (RFC 3550 section 5.1); beyond `to` when its extension is said to be longer. */
export const rtpPayloadAt = (bytes: Uint8Array, from: number, to: number): number => {
  const first = bytes[from] ?? 0;
  const sources = from + 12 + (first & 15) * 4;
  if ((first & 16) === 0 || to < sources + 4) return sources;
  return sources + 4 + word16(bytes, sources + 2) * 4;
};

/** Whether compound packets fill the datagram exactly: plain RTCP, for SRTCP adds an index and a tag. */
export const isExactlyFilled = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from;
  while (at + 4 <= to && (bytes[at] ?? 0) >> 6 === 2) at += (word16(bytes, at + 2) + 1) * 4;
  return at === to;
};
