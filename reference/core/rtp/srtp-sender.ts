import { fault, ok } from '../result.ts';
import { rtpHeaderLength } from './packet.ts';
import { estimateIndex, INDEX_LIMIT, KEY_LIFETIME, type KeyUse } from './packet-index.ts';
import {
  copyOf,
  createKeyGuard,
  ENCRYPTED_FLAG,
  INDEX_FIELD,
  putWord,
  rolloverOf,
  RTCP_HEADER,
  sequenceOf,
  wordAt,
  type SrtpOutcome,
  type SrtpContextOptions,
} from './srtp-context.ts';
import {
  MAXIMUM_ENCRYPTED,
  TAG_LENGTH,
  type SrtpTransform,
  type SrtpTransforms,
} from './srtp-transform.ts';

/**
 * Protects the packets of one direction, any number of SSRCs. What it gives is new memory; what it is given stays as it is. The
 * first sequence number is the stream's to choose, below 2^15 (I-4): the loss of a first packet behind a wrap would otherwise
 * leave a receiver with another rollover counter.
 */
export interface SrtpSender {
  protectRtp(packet: Uint8Array): SrtpOutcome;
  protectRtcp(packet: Uint8Array): SrtpOutcome;
  /** Overwrites the session keys; everything is refused with `erased` from then on. */
  erase(): void;
}

/** All that a sender remembers. */
export interface SrtpSenderState {
  /** Highest packet index of each SSRC. */
  readonly rtp: Map<number, number>;
  /** Next SRTCP index of each SSRC. */
  readonly rtcp: Map<number, number>;
  readonly used: KeyUse;
}

/** A sender that has sent nothing. */
export const newSenderState = (): SrtpSenderState => ({
  rtp: new Map(),
  rtcp: new Map(),
  used: { rtp: 0, rtcp: 0 },
});

const protectRtp = (
  packet: Uint8Array,
  transform: SrtpTransform,
  highest: Map<number, number>,
): SrtpOutcome => {
  const header = rtpHeaderLength(packet);
  if (!header.ok) return header;
  if (packet.length - header.value > MAXIMUM_ENCRYPTED) return fault('too-long', packet.length);
  const ssrc = wordAt(packet, 8);
  const previous = highest.get(ssrc) ?? null;
  const index = estimateIndex(previous, sequenceOf(packet));
  // RFC 3711 section 9.2: after index 2^48 - 1 the key secures nothing more.
  if (index >= INDEX_LIMIT) return fault('key-expired', 2);
  // RFC 3711 section 9.1: an index that came twice would give the same keystream twice.
  if (previous !== null && index <= previous) return fault('index-reused', 2);
  highest.set(ssrc, index);
  const secured = copyOf(packet, packet.length, TAG_LENGTH);
  transform.crypt(ssrc, index, secured, header.value, packet.length);
  transform.writeTag(secured, packet.length, rolloverOf(index));
  return ok(secured);
};

const protectRtcp = (
  packet: Uint8Array,
  transform: SrtpTransform,
  next: Map<number, number>,
): SrtpOutcome => {
  if (packet.length < RTCP_HEADER) return fault('too-short', packet.length);
  if ((packet[0] ?? 0) >> 6 !== 2) return fault('not-rtcp', 0);
  if (packet.length - RTCP_HEADER > MAXIMUM_ENCRYPTED) return fault('too-long', packet.length);
  const ssrc = wordAt(packet, 4);
  // RFC 3711 section 3.4: the index is 0 before the first packet, and one more for each; the key's lifetime keeps it below 2^31.
  const index = next.get(ssrc) ?? 0;
  next.set(ssrc, index + 1);
  const secured = copyOf(packet, packet.length, INDEX_FIELD + TAG_LENGTH);
  transform.crypt(ssrc, index, secured, RTCP_HEADER, packet.length);
  putWord(secured, packet.length, ENCRYPTED_FLAG + index);
  transform.writeTag(secured, packet.length + INDEX_FIELD, null);
  return ok(secured);
};

/** A sender under transforms that it may erase. */
export const createSrtpSender = (
  transforms: SrtpTransforms,
  { limits = KEY_LIFETIME, state = newSenderState() }: SrtpContextOptions<SrtpSenderState> = {},
): SrtpSender => {
  const { guard, erase } = createKeyGuard(transforms, state.used, limits);
  return {
    protectRtp: guard('rtp', (packet, transform) => protectRtp(packet, transform, state.rtp)),
    protectRtcp: guard('rtcp', (packet, transform) => protectRtcp(packet, transform, state.rtcp)),
    erase,
  };
};
