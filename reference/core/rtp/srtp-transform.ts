import { deriveSessionKeys, type MasterKey, type SessionKeys } from './key-derivation.ts';

/** Bytes of an 80-bit tag. */
export const TAG_LENGTH = 10;

/** Most bytes that one packet index may encrypt: 2^16 blocks (RFC 3711 section 4.1.1). */
export const MAXIMUM_ENCRYPTED = 2 ** 20;

/**
 * AES-CM-128-HMAC-SHA1-80 under the session keys of SRTP or of SRTCP, without any memory of packets: all that the two suites
 * do differently. Rollover counters are null for SRTCP, whose index is in the packet.
 */
export interface SrtpTransform {
  /** Encrypts or decrypts in place (RFC 3711 section 4.1.1), at most {@link MAXIMUM_ENCRYPTED} bytes. */
  crypt(ssrc: number, index: number, bytes: Uint8Array, from: number, to: number): void;
  /** Writes the 80-bit tag of the first `length` bytes behind them (RFC 3711 section 4.2). */
  writeTag(bytes: Uint8Array, length: number, rollover: number | null): void;
  /** Whether the 80 bits behind the first `length` bytes are their tag, looking at all of them. */
  tagMatches(bytes: Uint8Array, length: number, rollover: number | null): boolean;
  /** Overwrites the session keys. */
  erase(): void;
}

/** The transforms of one master key. */
export interface SrtpTransforms<Transform extends SrtpTransform = SrtpTransform> {
  readonly rtp: Transform;
  readonly rtcp: Transform;
}

/** Derives a master key's session keys and makes them ready for use. */
export const createTransforms = <Transform extends SrtpTransform>(
  master: MasterKey,
  create: (keys: SessionKeys) => Transform,
): SrtpTransforms<Transform> => {
  const keys = deriveSessionKeys(master);
  return { rtp: create(keys.rtp), rtcp: create(keys.rtcp) };
};
