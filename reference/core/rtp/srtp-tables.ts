import { tableCounterMode, tableHmacSha1 } from '../primitives/tables.ts';
import type { MasterKey, SessionKeys } from './key-derivation.ts';
import { createSrtpReceiver, type SrtpReceiver } from './srtp-receiver.ts';
import { srtpSuiteOf, type SrtpSuite } from './srtp-suite.ts';
import { createTransforms, TAG_LENGTH, type SrtpTransform as Transform } from './srtp-transform.ts';

/** A transform that also shows whole authentication codes. Not constant-time. */
export interface SrtpTransform extends Transform {
  /** HMAC-SHA1 over the first `length` bytes and, for SRTP, the rollover counter; overwritten by the next call. */
  mac(bytes: Uint8Array, length: number, rollover: number | null): Int32Array;
}

const byteOfWords = (words: Int32Array, at: number): number =>
  ((words[at >> 2] ?? 0) >>> (24 - (at & 3) * 8)) & 255;

/** One protocol's session keys, expanded once, in tables and precomputed pads. Not constant-time. */
export const tableTransform = (keys: SessionKeys): SrtpTransform => {
  const cipher = tableCounterMode(keys.cipherKey);
  const hmac = tableHmacSha1(keys.authenticationKey);
  const saltView = new DataView(keys.salt.buffer, keys.salt.byteOffset, keys.salt.byteLength);
  const salt = Int32Array.of(
    ...[0, 4, 8].map((at) => saltView.getInt32(at)),
    saltView.getUint16(12) << 16,
  );
  return {
    crypt: (ssrc, index, bytes, from, to) => {
      const w2 = (salt[2] ?? 0) ^ (Math.floor(index / 2 ** 16) | 0);
      const w3 = (salt[3] ?? 0) ^ ((index % 2 ** 16) << 16);
      cipher.apply(salt[0] ?? 0, (salt[1] ?? 0) ^ ssrc, w2, w3, bytes, from, to);
    },
    mac: (bytes, length, rollover) => hmac.mac(bytes, 0, length, rollover),
    writeTag: (bytes, length, rollover) => {
      const code = hmac.mac(bytes, 0, length, rollover);
      for (let index = 0; index < TAG_LENGTH; index += 1)
        bytes[length + index] = byteOfWords(code, index);
    },
    tagMatches: (bytes, length, rollover) => {
      const code = hmac.mac(bytes, 0, length, rollover);
      let difference = 0;
      for (let index = 0; index < TAG_LENGTH; index += 1)
        difference |= (bytes[length + index] ?? 0) ^ byteOfWords(code, index);
      return difference === 0;
    },
    erase: () => {
      cipher.erase();
      hmac.erase();
      salt.fill(0);
      for (const key of [keys.cipherKey, keys.authenticationKey, keys.salt]) key.fill(0);
    },
  };
};

/**
 * AES-CM-128-HMAC-SHA1-80 (RFC 3711) with tables and precomputed pads: the same packets and refusals as
 * `aesCm128HmacSha1Tag80`, several times faster. Its tables are not constant-time: for analysing captures and for fleets of
 * simulated phones, never for an endpoint whose timing an attacker can observe.
 */
export const aesCm128HmacSha1Tag80Tables: SrtpSuite = srtpSuiteOf(tableTransform);

/** One master key ready for any number of streams; nothing is derived twice. Not constant-time. */
export interface PreparedSrtpKey {
  /** A receiver of its own; `rollover` is the rollover counter at which its sources begin, for captures that begin late. */
  receiver(rollover?: number): Pick<SrtpReceiver, 'unprotectRtp' | 'unprotectRtcp'>;
  /** Whether a packet's tag is right, being the first of its source, under a rollover counter; keeps nothing. */
  authenticates(protocol: 'rtp' | 'rtcp', packet: Uint8Array, rollover?: number): boolean;
  readonly rtp: SrtpTransform;
}

/** Bytes before the tag of the shortest packets: an RTP header; an RTCP header and the SRTCP index. */
const SHORTEST = { rtp: 12, rtcp: 8 + 4 } as const;

/** Derives and expands a master key's session keys. */
export const prepareSrtpKey = (master: MasterKey): PreparedSrtpKey => {
  const transforms = createTransforms(master, tableTransform);
  return {
    receiver: (rollover = 0) => createSrtpReceiver(transforms, { rollover }),
    authenticates: (protocol, packet, rollover = 0) => {
      const tagAt = packet.length - TAG_LENGTH;
      if (tagAt < SHORTEST[protocol]) return false;
      return transforms[protocol].tagMatches(packet, tagAt, protocol === 'rtp' ? rollover : null);
    },
    rtp: transforms.rtp,
  };
};
