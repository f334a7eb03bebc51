import { aes128CounterMode, equalInConstantTime, hmacSha1 } from '../primitives/aes.ts';
import type { SessionKeys } from './key-derivation.ts';
import { srtpSuiteOf, type SrtpSuite } from './srtp-suite.ts';
import { TAG_LENGTH, type SrtpTransform } from './srtp-transform.ts';

export type { SrtpReceiver } from './srtp-receiver.ts';
export type { SrtpSuite } from './srtp-suite.ts';

/**
 * One protocol's session keys in node:crypto, whose AES and HMAC do not tell them by their timing. Erasing overwrites the keys
 * here; OpenSSL clears its own copies when the cipher and key objects are collected.
 */
export const nodeTransform = (keys: SessionKeys): SrtpTransform => {
  const cipher = aes128CounterMode(keys.cipherKey);
  const authenticate = hmacSha1(keys.authenticationKey);
  const counter = new Uint8Array(16);
  const counterView = new DataView(counter.buffer);
  const rolloverBytes = new Uint8Array(4);
  const rolloverView = new DataView(rolloverBytes.buffer);
  const tagOf = (bytes: Uint8Array, length: number, rollover: number | null): Uint8Array => {
    const body = bytes.subarray(0, length);
    if (rollover === null) return authenticate(body).subarray(0, TAG_LENGTH);
    rolloverView.setUint32(0, rollover);
    return authenticate(body, rolloverBytes).subarray(0, TAG_LENGTH);
  };
  return {
    crypt: (ssrc, index, bytes, from, to) => {
      counter.set(keys.salt);
      counterView.setUint32(4, counterView.getUint32(4) ^ ssrc);
      counterView.setUint16(8, counterView.getUint16(8) ^ Math.floor(index / 2 ** 32));
      counterView.setUint32(10, counterView.getUint32(10) ^ (index % 2 ** 32));
      cipher.apply(counter, bytes, from, to);
    },
    writeTag: (bytes, length, rollover) => bytes.set(tagOf(bytes, length, rollover), length),
    tagMatches: (bytes, length, rollover) =>
      equalInConstantTime(
        bytes.subarray(length, length + TAG_LENGTH),
        tagOf(bytes, length, rollover),
      ),
    erase: () => {
      cipher.erase();
      for (const secret of [keys.cipherKey, keys.authenticationKey, keys.salt, counter])
        secret.fill(0);
    },
  };
};

/**
 * AES-CM-128-HMAC-SHA1-80 (RFC 3711) by node:crypto: 80-bit tags for SRTP and SRTCP, key derivation rate 0, a replay window of
 * 128 packets. For the phone and for everything else that an attacker may time.
 */
export const aesCm128HmacSha1Tag80: SrtpSuite = srtpSuiteOf(nodeTransform);
