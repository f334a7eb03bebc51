import { fault, ok } from '../result.ts';
import { rtpHeaderLength } from './packet.ts';
import {
  acceptIndex,
  checkReplay,
  estimateIndex,
  INDEX_LIMIT,
  KEY_LIFETIME,
  newReplayWindow,
  type KeyUse,
  type ReplayWindow,
} from './packet-index.ts';
import {
  copyOf,
  createKeyGuard,
  ENCRYPTED_FLAG,
  INDEX_FIELD,
  rolloverOf,
  RTCP_HEADER,
  sequenceOf,
  wordAt,
  type SrtpOutcome,
  type SrtpProtocol,
  type SrtpContextOptions,
} from './srtp-context.ts';
import {
  MAXIMUM_ENCRYPTED,
  TAG_LENGTH,
  type SrtpTransform,
  type SrtpTransforms,
} from './srtp-transform.ts';

const RTP_HEADER = 12;
const MAXIMUM_SOURCES = 4;

/**
 * Verifies and decrypts the packets of one direction; nothing changes unless a packet's tag verifies. What it gives is new
 * memory; what it is given stays as it is.
 */
export interface SrtpReceiver {
  unprotectRtp(packet: Uint8Array): SrtpOutcome;
  unprotectRtcp(packet: Uint8Array): SrtpOutcome;
  /** Overwrites the session keys; everything is refused with `erased` from then on. */
  erase(): void;
}

/** All that a receiver remembers. */
export interface SrtpReceiverState {
  /** By SSRC. */
  readonly sources: Map<number, Readonly<Record<SrtpProtocol, ReplayWindow>>>;
  readonly used: KeyUse;
}

/** Remembers an authentic packet, unless it is of one source too many. */
const admit = (
  sources: SrtpReceiverState['sources'],
  ssrc: number,
  protocol: SrtpProtocol,
  index: number,
): boolean => {
  let source = sources.get(ssrc);
  if (source === undefined) {
    if (sources.size >= MAXIMUM_SOURCES) return false;
    source = { rtp: newReplayWindow(), rtcp: newReplayWindow() };
    sources.set(ssrc, source);
  }
  acceptIndex(source[protocol], index);
  return true;
};

const unprotectRtp = (
  packet: Uint8Array,
  transform: SrtpTransform,
  sources: SrtpReceiverState['sources'],
  rollover: number,
): SrtpOutcome => {
  const tagAt = packet.length - TAG_LENGTH;
  if (tagAt < RTP_HEADER) return fault('too-short', packet.length);
  const header = rtpHeaderLength(packet);
  if (!header.ok) return header;
  if (header.value > tagAt) return fault('too-short', tagAt);
  if (tagAt - header.value > MAXIMUM_ENCRYPTED) return fault('too-long', packet.length);
  const ssrc = wordAt(packet, 8);
  const window = sources.get(ssrc)?.rtp;
  const highest = window?.highest ?? null;
  const sequence = sequenceOf(packet);
  // RFC 3711 section 3.3, steps 2 to 6: estimate the index, look at the replay list, verify the tag, and only then remember and decrypt.
  const index = highest === null ? rollover * 2 ** 16 + sequence : estimateIndex(highest, sequence);
  if (index >= INDEX_LIMIT) return fault('key-expired', 2);
  const replay = window === undefined ? 'fresh' : checkReplay(window, index);
  if (replay !== 'fresh') return fault(replay, 2);
  if (!transform.tagMatches(packet, tagAt, rolloverOf(index))) return fault('tag', tagAt);
  if (!admit(sources, ssrc, 'rtp', index)) return fault('too-many-sources', 8);
  const plain = copyOf(packet, tagAt);
  transform.crypt(ssrc, index, plain, header.value, tagAt);
  return ok(plain);
};

const unprotectRtcp = (
  packet: Uint8Array,
  transform: SrtpTransform,
  sources: SrtpReceiverState['sources'],
): SrtpOutcome => {
  const tagAt = packet.length - TAG_LENGTH;
  const indexAt = tagAt - INDEX_FIELD;
  if (indexAt < RTCP_HEADER) return fault('too-short', packet.length);
  if ((packet[0] ?? 0) >> 6 !== 2) return fault('not-rtcp', 0);
  if (indexAt - RTCP_HEADER > MAXIMUM_ENCRYPTED) return fault('too-long', packet.length);
  const ssrc = wordAt(packet, 4);
  const field = wordAt(packet, indexAt);
  const index = field % ENCRYPTED_FLAG;
  const window = sources.get(ssrc)?.rtcp;
  // RFC 3711 section 3.4: as for SRTP, with the index that the packet names.
  const replay = window === undefined ? 'fresh' : checkReplay(window, index);
  if (replay !== 'fresh') return fault(replay, indexAt);
  if (!transform.tagMatches(packet, tagAt, null)) return fault('tag', tagAt);
  if (field < ENCRYPTED_FLAG) return fault('not-encrypted', indexAt);
  if (!admit(sources, ssrc, 'rtcp', index)) return fault('too-many-sources', 4);
  const plain = copyOf(packet, indexAt);
  transform.crypt(ssrc, index, plain, RTCP_HEADER, indexAt);
  return ok(plain);
};

/** A receiver that has received nothing. */
export const newReceiverState = (): SrtpReceiverState => ({
  sources: new Map(),
  used: { rtp: 0, rtcp: 0 },
});

/** A receiver under transforms that it may erase; `rollover` is the rollover counter of each source's first packet. */
export const createSrtpReceiver = (
  transforms: SrtpTransforms,
  {
    limits = KEY_LIFETIME,
    state = newReceiverState(),
    rollover = 0,
  }: SrtpContextOptions<SrtpReceiverState> & { readonly rollover?: number } = {},
): SrtpReceiver => {
  const { guard, erase } = createKeyGuard(transforms, state.used, limits);
  const { sources } = state;
  return {
    unprotectRtp: guard('rtp', (packet, transform) =>
      unprotectRtp(packet, transform, sources, rollover),
    ),
    unprotectRtcp: guard('rtcp', (packet, transform) => unprotectRtcp(packet, transform, sources)),
    erase,
  };
};
