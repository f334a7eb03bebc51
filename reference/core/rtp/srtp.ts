import { concat } from '../bytes.ts';
import { aes128CounterMode, equalInConstantTime, hmacSha1 } from '../primitives/aes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { deriveSessionKeys, type MasterKey, type SessionKeys } from './key-derivation.ts';
import { rtpHeaderLength } from './packet.ts';
import {
  createKeyLifetime,
  createReplayWindow,
  estimateIndex,
  INDEX_LIMIT,
  KEY_LIFETIME,
  type KeyLifetime,
  type KeyLimits,
  type ReplayWindow,
} from './packet-index.ts';

/**
 * Why a packet was neither sent nor accepted. `index-reused`: the sender's packet index would repeat or go back (I-4).
 * `not-encrypted`: an authentic SRTCP packet without the E flag. `too-many-sources`: an authentic packet of a fifth SSRC (I-3).
 */
export type SrtpRefusal =
  | 'too-short'
  | 'not-rtp'
  | 'not-rtcp'
  | 'tag'
  | 'replayed'
  | 'too-old'
  | 'too-many-sources'
  | 'not-encrypted'
  | 'index-reused'
  | 'key-expired'
  | 'erased';

type Outcome = Result<Uint8Array, Fault<SrtpRefusal>>;

/** Protects the packets of one direction, any number of SSRCs. */
export interface SrtpSender {
  protectRtp(packet: Uint8Array): Outcome;
  protectRtcp(packet: Uint8Array): Outcome;
  /** Overwrites the session keys; everything is refused with `erased` from then on. */
  erase(): void;
}

/** Verifies and decrypts the packets of one direction; nothing changes unless a packet's tag verifies. */
export interface SrtpReceiver {
  unprotectRtp(packet: Uint8Array): Outcome;
  unprotectRtcp(packet: Uint8Array): Outcome;
  /** Overwrites the session keys; everything is refused with `erased` from then on. */
  erase(): void;
}

/** A protection profile: how a master key becomes a sender and a receiver. */
export interface SrtpSuite {
  sender(key: MasterKey): SrtpSender;
  receiver(key: MasterKey): SrtpReceiver;
}

const TAG_LENGTH = 10;
const RTCP_HEADER = 8;
const RTCP_TRAILER = 4 + TAG_LENGTH;
const ENCRYPTED_FLAG = 2 ** 31;
const MAXIMUM_SOURCES = 4;

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

const wordAt = (bytes: Uint8Array, offset: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);

/** One protocol's session keys, ready for use; OpenSSL clears its own copies of them when this is collected. */
interface Transform {
  /** Encrypts or decrypts (RFC 3711 section 4.1.1). */
  crypt(ssrc: number, index: number, bytes: Uint8Array): Uint8Array;
  /** The 80-bit tag over the parts (RFC 3711 section 4.2). */
  tag(...parts: readonly Uint8Array[]): Uint8Array;
  erase(): void;
}

const createTransform = (keys: SessionKeys): Transform => {
  const cipher = aes128CounterMode(keys.cipherKey);
  const authenticate = hmacSha1(keys.authenticationKey);
  return {
    crypt: (ssrc, index, bytes) => {
      const counter = new Uint8Array(16);
      counter.set(keys.salt);
      const view = new DataView(counter.buffer);
      view.setUint32(4, view.getUint32(4) ^ ssrc);
      view.setUint16(8, view.getUint16(8) ^ Math.floor(index / 2 ** 32));
      view.setUint32(10, view.getUint32(10) ^ (index % 2 ** 32));
      return cipher.apply(counter, bytes);
    },
    tag: (...parts) => authenticate(...parts).subarray(0, TAG_LENGTH),
    erase: () => Object.values(keys).forEach((key: Uint8Array) => key.fill(0)),
  };
};

interface Transforms {
  readonly rtp: Transform;
  readonly rtcp: Transform;
}

const createTransforms = (master: MasterKey): Transforms => {
  const keys = deriveSessionKeys(master);
  return { rtp: createTransform(keys.rtp), rtcp: createTransform(keys.rtcp) };
};

const protectRtp = (
  packet: Uint8Array,
  transform: Transform,
  highest: Map<number, number>,
): Outcome => {
  const header = rtpHeaderLength(packet);
  if (!header.ok) return header;
  const ssrc = wordAt(packet, 8);
  const previous = highest.get(ssrc) ?? null;
  const index = estimateIndex(previous, wordAt(packet, 0) % 2 ** 16);
  if (index >= INDEX_LIMIT) return fault('key-expired', 2);
  if (previous !== null && index <= previous) return fault('index-reused', 2);
  highest.set(ssrc, index);
  const body = transform.crypt(ssrc, index, packet.subarray(header.value));
  const protectedPart = concat(packet.subarray(0, header.value), body);
  return ok(concat(protectedPart, transform.tag(protectedPart, word(Math.floor(index / 2 ** 16)))));
};

const protectRtcp = (
  packet: Uint8Array,
  transform: Transform,
  next: Map<number, number>,
): Outcome => {
  if (packet.length < RTCP_HEADER) return fault('too-short', packet.length);
  if ((packet[0] ?? 0) >> 6 !== 2) return fault('not-rtcp', 0);
  const ssrc = wordAt(packet, 4);
  const index = next.get(ssrc) ?? 0;
  next.set(ssrc, index + 1);
  const protectedPart = concat(
    packet.subarray(0, RTCP_HEADER),
    transform.crypt(ssrc, index, packet.subarray(RTCP_HEADER)),
    word(ENCRYPTED_FLAG + index),
  );
  return ok(concat(protectedPart, transform.tag(protectedPart)));
};

const createSender = (master: MasterKey, lifetime: KeyLifetime): SrtpSender => {
  let transforms: Transforms | null = createTransforms(master);
  const indices = { rtp: new Map<number, number>(), rtcp: new Map<number, number>() };
  const guarded = (protocol: 'rtp' | 'rtcp', packet: Uint8Array): Outcome => {
    if (transforms === null) return fault('erased');
    if (lifetime.expired()) return fault('key-expired');
    const protect = protocol === 'rtp' ? protectRtp : protectRtcp;
    const outcome = protect(packet, transforms[protocol], indices[protocol]);
    if (outcome.ok) lifetime.count(protocol);
    return outcome;
  };
  return {
    protectRtp: (packet) => guarded('rtp', packet),
    protectRtcp: (packet) => guarded('rtcp', packet),
    erase: () => {
      transforms?.rtp.erase();
      transforms?.rtcp.erase();
      transforms = null;
    },
  };
};

/** What a receiver knows of one SSRC. */
interface Source {
  readonly rtp: ReplayWindow;
  readonly rtcp: ReplayWindow;
}

const newSource = (): Source => ({ rtp: createReplayWindow(), rtcp: createReplayWindow() });

/** A packet taken apart, nothing of it trusted yet. */
interface Candidate {
  readonly ssrc: number;
  readonly source: Source;
  readonly index: number;
  readonly tag: Uint8Array;
  readonly expectedTag: () => Uint8Array;
  readonly encrypted: boolean;
  readonly plaintext: () => Uint8Array;
}

type Reader = (
  packet: Uint8Array,
  transform: Transform,
  sources: ReadonlyMap<number, Source>,
) => Result<Candidate, Fault<SrtpRefusal>>;

const readRtp: Reader = (packet, transform, sources) => {
  const tagAt = packet.length - TAG_LENGTH;
  if (tagAt < 0) return fault('too-short', packet.length);
  const protectedPart = packet.subarray(0, tagAt);
  const header = rtpHeaderLength(protectedPart);
  if (!header.ok) return header;
  const ssrc = wordAt(packet, 8);
  const source = sources.get(ssrc) ?? newSource();
  const index = estimateIndex(source.rtp.highest(), wordAt(packet, 0) % 2 ** 16);
  if (index >= INDEX_LIMIT) return fault('key-expired', 2);
  const rollover = word(Math.floor(index / 2 ** 16));
  return ok({
    ssrc,
    source,
    index,
    tag: packet.subarray(tagAt),
    expectedTag: () => transform.tag(protectedPart, rollover),
    encrypted: true,
    plaintext: () =>
      concat(
        packet.subarray(0, header.value),
        transform.crypt(ssrc, index, protectedPart.subarray(header.value)),
      ),
  });
};

const readRtcp: Reader = (packet, transform, sources) => {
  const trailerAt = packet.length - RTCP_TRAILER;
  if (trailerAt < RTCP_HEADER) return fault('too-short', packet.length);
  if ((packet[0] ?? 0) >> 6 !== 2) return fault('not-rtcp', 0);
  const ssrc = wordAt(packet, 4);
  const trailer = wordAt(packet, trailerAt);
  const index = trailer % ENCRYPTED_FLAG;
  return ok({
    ssrc,
    source: sources.get(ssrc) ?? newSource(),
    index,
    tag: packet.subarray(trailerAt + 4),
    expectedTag: () => transform.tag(packet.subarray(0, trailerAt + 4)),
    encrypted: trailer >= ENCRYPTED_FLAG,
    plaintext: () =>
      concat(
        packet.subarray(0, RTCP_HEADER),
        transform.crypt(ssrc, index, packet.subarray(RTCP_HEADER, trailerAt)),
      ),
  });
};

const createReceiver = (master: MasterKey, lifetime: KeyLifetime): SrtpReceiver => {
  let transforms: Transforms | null = createTransforms(master);
  const sources = new Map<number, Source>();
  const unprotect = (protocol: 'rtp' | 'rtcp', packet: Uint8Array): Outcome => {
    if (transforms === null) return fault('erased');
    if (lifetime.expired()) return fault('key-expired');
    const read = protocol === 'rtp' ? readRtp : readRtcp;
    const candidate = read(packet, transforms[protocol], sources);
    if (!candidate.ok) return candidate;
    const { ssrc, source, index, tag, expectedTag, encrypted, plaintext } = candidate.value;
    const replay = source[protocol].check(index);
    if (replay !== 'fresh')
      return fault(replay, protocol === 'rtp' ? 2 : packet.length - RTCP_TRAILER);
    if (!equalInConstantTime(tag, expectedTag())) return fault('tag', packet.length - TAG_LENGTH);
    if (!encrypted) return fault('not-encrypted', packet.length - RTCP_TRAILER);
    if (!sources.has(ssrc) && sources.size >= MAXIMUM_SOURCES)
      return fault('too-many-sources', protocol === 'rtp' ? 8 : 4);
    sources.set(ssrc, source);
    source[protocol].accept(index);
    lifetime.count(protocol);
    return ok(plaintext());
  };
  return {
    unprotectRtp: (packet) => unprotect('rtp', packet),
    unprotectRtcp: (packet) => unprotect('rtcp', packet),
    erase: () => {
      transforms?.rtp.erase();
      transforms?.rtcp.erase();
      transforms = null;
    },
  };
};

/** {@link aesCm128HmacSha1Tag80} whose master keys live for fewer packets than RFC 3711 section 9.2 allows. */
export const aesCm128HmacSha1Tag80WithLifetime = (limits: KeyLimits): SrtpSuite => ({
  sender: (key) => createSender(key, createKeyLifetime(limits)),
  receiver: (key) => createReceiver(key, createKeyLifetime(limits)),
});

/** AES-CM-128-HMAC-SHA1-80 (RFC 3711): 80-bit tags for SRTP and SRTCP, key derivation rate 0, a replay window of 128 packets. */
export const aesCm128HmacSha1Tag80: SrtpSuite = aesCm128HmacSha1Tag80WithLifetime(KEY_LIFETIME);
