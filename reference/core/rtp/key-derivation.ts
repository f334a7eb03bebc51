import { aes128CounterMode } from '../primitives/aes.ts';

/** What key agreement gives one direction of media (RFC 3711 section 3.2.1). */
export interface MasterKey {
  /** 16 bytes. */
  readonly masterKey: Uint8Array;
  /** 14 bytes. */
  readonly masterSalt: Uint8Array;
}

/** Session keys of either SRTP or SRTCP (RFC 3711 section 4.3). */
export interface SessionKeys {
  /** 16 bytes. */
  readonly cipherKey: Uint8Array;
  /** 20 bytes. */
  readonly authenticationKey: Uint8Array;
  /** 14 bytes. */
  readonly salt: Uint8Array;
}

/** Labels of RFC 3711 sections 4.3.1 and 4.3.2. */
const LABELS = {
  rtp: { cipherKey: 0, authenticationKey: 1, salt: 2 },
  rtcp: { cipherKey: 3, authenticationKey: 4, salt: 5 },
} as const;

/** Session keys of both protocols by AES-CM with a key derivation rate of 0 (RFC 3711 section 4.3). */
export const deriveSessionKeys = (
  master: MasterKey,
): { readonly rtp: SessionKeys; readonly rtcp: SessionKeys } => {
  const cipher = aes128CounterMode(master.masterKey);
  const derive = (label: number, length: number): Uint8Array => {
    const counter = new Uint8Array(16);
    counter.set(master.masterSalt);
    counter[7] = (counter[7] ?? 0) ^ label;
    const bytes = new Uint8Array(length);
    cipher.apply(counter, bytes, 0, length);
    return bytes;
  };
  const keysOf = (labels: (typeof LABELS)['rtp' | 'rtcp']): SessionKeys => ({
    cipherKey: derive(labels.cipherKey, 16),
    authenticationKey: derive(labels.authenticationKey, 20),
    salt: derive(labels.salt, 14),
  });
  return { rtp: keysOf(LABELS.rtp), rtcp: keysOf(LABELS.rtcp) };
};
