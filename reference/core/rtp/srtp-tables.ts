import { tableCounterMode, tableHmacSha1 } from '../primitives/tables.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { deriveSessionKeys, type MasterKey, type SessionKeys } from './key-derivation.ts';
import { rtpHeaderLength } from './packet.ts';
import {
  createKeyLifetime,
  createReplayWindow,
  estimateIndex,
  INDEX_LIMIT,
  KEY_LIFETIME,
  type ReplayWindow,
} from './packet-index.ts';
import type { SrtpReceiver, SrtpRefusal, SrtpSender, SrtpSuite } from './srtp.ts';

type Outcome = Result<Uint8Array, Fault<SrtpRefusal>>;

const TAG_LENGTH = 10;
const RTP_HEADER = 12;
const RTCP_HEADER = 8;
const RTCP_TRAILER = 4 + TAG_LENGTH;
const ENCRYPTED_FLAG = 2 ** 31;
const MAXIMUM_SOURCES = 4;

const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

const sequenceOf = (packet: Uint8Array): number => ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);

const byteOfWords = (words: Int32Array, at: number): number =>
  ((words[at >> 2] ?? 0) >>> (24 - (at & 3) * 8)) & 255;

/** Session keys of one protocol, expanded once and used by any number of streams. */
export interface SrtpTransform {
  /** Encrypts or decrypts in place (RFC 3711 section 4.1.1). */
  crypt(ssrc: number, index: number, bytes: Uint8Array, from: number, to: number): void;
  /** HMAC-SHA1 over the first `length` bytes and, for SRTP, the rollover counter (RFC 3711 section 4.2); overwritten by the next call. */
  mac(bytes: Uint8Array, length: number, rollover: number | null): Int32Array;
}

interface ErasableTransform extends SrtpTransform {
  erase(): void;
}

const createTransform = (keys: SessionKeys): ErasableTransform => {
  const cipher = tableCounterMode(keys.cipherKey);
  const hmac = tableHmacSha1(keys.authenticationKey);
  const salt = Int32Array.of(
    ...[0, 4, 8].map((at) => wordAt(keys.salt, at) | 0),
    ((keys.salt[12] ?? 0) << 24) | ((keys.salt[13] ?? 0) << 16),
  );
  return {
    crypt: (ssrc, index, bytes, from, to) => {
      const w2 = (salt[2] ?? 0) ^ (Math.floor(index / 2 ** 16) | 0);
      const w3 = (salt[3] ?? 0) ^ ((index % 2 ** 16) << 16);
      cipher.apply(salt[0] ?? 0, (salt[1] ?? 0) ^ ssrc, w2, w3, bytes, from, to);
    },
    mac: (bytes, length, rollover) => hmac.mac(bytes, 0, length, rollover),
    erase: () => {
      cipher.erase();
      hmac.erase();
      salt.fill(0);
      for (const key of [keys.cipherKey, keys.authenticationKey, keys.salt]) key.fill(0);
    },
  };
};

interface Transforms {
  readonly rtp: ErasableTransform;
  readonly rtcp: ErasableTransform;
}

const createTransforms = (master: MasterKey): Transforms => {
  const keys = deriveSessionKeys(master);
  return { rtp: createTransform(keys.rtp), rtcp: createTransform(keys.rtcp) };
};

/** Whether the 80 bits at `tagAt` are the beginning of the code; looks at all of them. */
const tagMatches = (packet: Uint8Array, tagAt: number, code: Int32Array): boolean => {
  let difference = 0;
  for (let index = 0; index < TAG_LENGTH; index += 1)
    difference |= (packet[tagAt + index] ?? 0) ^ byteOfWords(code, index);
  return difference === 0;
};

const writeTag = (packet: Uint8Array, tagAt: number, code: Int32Array): void => {
  for (let index = 0; index < TAG_LENGTH; index += 1)
    packet[tagAt + index] = byteOfWords(code, index);
};

/** The first bytes in memory of their own; a Buffer's `slice` would share the packet's. */
const copyOf = (packet: Uint8Array, length: number): Uint8Array => {
  const copy = new Uint8Array(length);
  copy.set(packet.subarray(0, length));
  return copy;
};

const putWord = (bytes: Uint8Array, at: number, word: number): void => {
  for (let index = 0; index < 4; index += 1) bytes[at + index] = word >>> (24 - index * 8);
};

const protectRtp = (
  packet: Uint8Array,
  transform: SrtpTransform,
  highest: Map<number, number>,
): Outcome => {
  const header = rtpHeaderLength(packet);
  if (!header.ok) return header;
  const ssrc = wordAt(packet, 8);
  const previous = highest.get(ssrc) ?? null;
  const index = estimateIndex(previous, sequenceOf(packet));
  if (index >= INDEX_LIMIT) return fault('key-expired', 2);
  if (previous !== null && index <= previous) return fault('index-reused', 2);
  highest.set(ssrc, index);
  const secured = new Uint8Array(packet.length + TAG_LENGTH);
  secured.set(packet);
  transform.crypt(ssrc, index, secured, header.value, packet.length);
  const rollover = Math.floor(index / 2 ** 16);
  writeTag(secured, packet.length, transform.mac(secured, packet.length, rollover));
  return ok(secured);
};

const protectRtcp = (
  packet: Uint8Array,
  transform: SrtpTransform,
  next: Map<number, number>,
): Outcome => {
  if (packet.length < RTCP_HEADER) return fault('too-short', packet.length);
  if ((packet[0] ?? 0) >> 6 !== 2) return fault('not-rtcp', 0);
  const ssrc = wordAt(packet, 4);
  const index = next.get(ssrc) ?? 0;
  next.set(ssrc, index + 1);
  const secured = new Uint8Array(packet.length + RTCP_TRAILER);
  secured.set(packet);
  transform.crypt(ssrc, index, secured, RTCP_HEADER, packet.length);
  putWord(secured, packet.length, ENCRYPTED_FLAG + index);
  writeTag(secured, packet.length + 4, transform.mac(secured, packet.length + 4, null));
  return ok(secured);
};

const createSender = (master: MasterKey): SrtpSender => {
  let transforms: Transforms | null = createTransforms(master);
  const lifetime = createKeyLifetime(KEY_LIFETIME);
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

/** Receives under transforms that others may use too; `rollover` is the counter of a source's first packet. */
const createReceiving = (
  transforms: Transforms,
  rollover: number,
): Pick<SrtpReceiver, 'unprotectRtp' | 'unprotectRtcp'> => {
  const sources = new Map<number, Source>();
  const lifetime = createKeyLifetime(KEY_LIFETIME);

  const accept = (
    protocol: 'rtp' | 'rtcp',
    ssrc: number,
    source: Source,
    index: number,
  ): Fault<SrtpRefusal> | null => {
    if (!sources.has(ssrc)) {
      if (sources.size >= MAXIMUM_SOURCES)
        return fault('too-many-sources', protocol === 'rtp' ? 8 : 4).error;
      sources.set(ssrc, source);
    }
    source[protocol].accept(index);
    lifetime.count(protocol);
    return null;
  };

  const unprotectRtp = (packet: Uint8Array): Outcome => {
    if (lifetime.expired()) return fault('key-expired');
    const tagAt = packet.length - TAG_LENGTH;
    if (tagAt < RTP_HEADER) return fault('too-short', tagAt < 0 ? packet.length : tagAt);
    const header = rtpHeaderLength(packet);
    if (!header.ok && header.error.code === 'not-rtp') return header;
    if (!header.ok || header.value > tagAt) return fault('too-short', tagAt);
    const ssrc = wordAt(packet, 8);
    const source = sources.get(ssrc) ?? newSource();
    const highest = source.rtp.highest();
    const sequence = sequenceOf(packet);
    const index =
      highest === null ? rollover * 2 ** 16 + sequence : estimateIndex(highest, sequence);
    if (index >= INDEX_LIMIT) return fault('key-expired', 2);
    const replay = source.rtp.check(index);
    if (replay !== 'fresh') return fault(replay, 2);
    const code = transforms.rtp.mac(packet, tagAt, Math.floor(index / 2 ** 16));
    if (!tagMatches(packet, tagAt, code)) return fault('tag', tagAt);
    const refused = accept('rtp', ssrc, source, index);
    if (refused) return { ok: false, error: refused };
    const plain = copyOf(packet, tagAt);
    transforms.rtp.crypt(ssrc, index, plain, header.value, tagAt);
    return ok(plain);
  };

  const unprotectRtcp = (packet: Uint8Array): Outcome => {
    if (lifetime.expired()) return fault('key-expired');
    const trailerAt = packet.length - RTCP_TRAILER;
    if (trailerAt < RTCP_HEADER) return fault('too-short', packet.length);
    if ((packet[0] ?? 0) >> 6 !== 2) return fault('not-rtcp', 0);
    const ssrc = wordAt(packet, 4);
    const trailer = wordAt(packet, trailerAt);
    const index = trailer % ENCRYPTED_FLAG;
    const source = sources.get(ssrc) ?? newSource();
    const replay = source.rtcp.check(index);
    if (replay !== 'fresh') return fault(replay, trailerAt);
    const code = transforms.rtcp.mac(packet, trailerAt + 4, null);
    if (!tagMatches(packet, trailerAt + 4, code)) return fault('tag', trailerAt + 4);
    if (trailer < ENCRYPTED_FLAG) return fault('not-encrypted', trailerAt);
    const refused = accept('rtcp', ssrc, source, index);
    if (refused) return { ok: false, error: refused };
    const plain = copyOf(packet, trailerAt);
    transforms.rtcp.crypt(ssrc, index, plain, RTCP_HEADER, trailerAt);
    return ok(plain);
  };

  return { unprotectRtp, unprotectRtcp };
};

const createReceiver = (master: MasterKey): SrtpReceiver => {
  const transforms = createTransforms(master);
  const receiving = createReceiving(transforms, 0);
  let erased = false;
  return {
    unprotectRtp: (packet) => (erased ? fault('erased') : receiving.unprotectRtp(packet)),
    unprotectRtcp: (packet) => (erased ? fault('erased') : receiving.unprotectRtcp(packet)),
    erase: () => {
      erased = true;
      transforms.rtp.erase();
      transforms.rtcp.erase();
    },
  };
};

/**
 * AES-CM-128-HMAC-SHA1-80 (RFC 3711) with tables and precomputed pads: the same packets and refusals as
 * `aesCm128HmacSha1Tag80`, several times faster. Its tables are not constant-time: for analysing captures and for fleets of
 * simulated phones, never for an endpoint whose timing an attacker can observe.
 */
export const aesCm128HmacSha1Tag80Tables: SrtpSuite = {
  sender: createSender,
  receiver: createReceiver,
};

/** One master key ready for any number of streams; nothing is derived twice. Not constant-time. */
export interface PreparedSrtpKey {
  /** A receiver of its own; `rollover` is the rollover counter at which its sources begin, for captures that begin late. */
  receiver(rollover?: number): Pick<SrtpReceiver, 'unprotectRtp' | 'unprotectRtcp'>;
  /** Whether a packet's tag is right, being the first of its source, under a rollover counter; keeps nothing. */
  authenticates(protocol: 'rtp' | 'rtcp', packet: Uint8Array, rollover?: number): boolean;
  readonly rtp: SrtpTransform;
}

const authenticates = (
  transforms: Transforms,
  protocol: 'rtp' | 'rtcp',
  packet: Uint8Array,
  rollover: number,
): boolean => {
  const tagAt = packet.length - TAG_LENGTH;
  if (tagAt < (protocol === 'rtp' ? RTP_HEADER : RTCP_HEADER + 4)) return false;
  const code = transforms[protocol].mac(packet, tagAt, protocol === 'rtp' ? rollover : null);
  return tagMatches(packet, tagAt, code);
};

/** Derives and expands a master key's session keys. */
export const prepareSrtpKey = (master: MasterKey): PreparedSrtpKey => {
  const transforms = createTransforms(master);
  return {
    receiver: (rollover = 0) => createReceiving(transforms, rollover),
    authenticates: (protocol, packet, rollover = 0) =>
      authenticates(transforms, protocol, packet, rollover),
    rtp: transforms.rtp,
  };
};
