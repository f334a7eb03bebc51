import { concat, utf8 } from '../bytes.ts';
import { hkdfSha256, hmacSha256 } from '../primitives/hash.ts';
import { publicValueOf, sharedSecretOf } from './group14.ts';

/** SRTP master key (16 bytes) and salt (14 bytes) of one direction (RFC 3711). */
export interface SrtpMaster {
  readonly masterKey: Uint8Array;
  readonly masterSalt: Uint8Array;
}

/** The masters of both directions of an exchange; caller is the sender of its INVITE. */
export interface SessionKeys {
  readonly callerToCallee: SrtpMaster;
  readonly calleeToCaller: SrtpMaster;
}

/** All that an exchange's secret gives: confirmation keys (32 bytes each) and session keys. */
export interface ExchangeKeys {
  readonly callerConfirmation: Uint8Array;
  readonly calleeConfirmation: Uint8Array;
  readonly session: SessionKeys;
}

/** What binds the keys to the exchange. */
export interface KeyBinding {
  /** 32 bytes each. */
  readonly callerNonce: Uint8Array;
  readonly calleeNonce: Uint8Array;
  /** H(answer preimage), 32 bytes. */
  readonly answerHash: Uint8Array;
}

const outputLengths = [32, 32, 16, 14, 16, 14] as const;

/** HKDF-SHA256 (RFC 5869) of the shared secret (256 bytes, left-padded). */
export const deriveKeys = (sharedSecret: Uint8Array, binding: KeyBinding): ExchangeKeys => {
  const salt = concat(binding.callerNonce, binding.calleeNonce);
  const info = concat(utf8('CSL1 keys'), binding.answerHash);
  const total = outputLengths.reduce((sum, length) => sum + length, 0);
  const output = hkdfSha256(sharedSecret, salt, info, total);
  let offset = 0;
  const take = (length: number): Uint8Array => {
    offset += length;
    return output.slice(offset - length, offset);
  };
  const [confirmation, , key, masterSalt] = outputLengths;
  const keys = {
    callerConfirmation: take(confirmation),
    calleeConfirmation: take(confirmation),
    session: {
      callerToCallee: { masterKey: take(key), masterSalt: take(masterSalt) },
      calleeToCaller: { masterKey: take(key), masterSalt: take(masterSalt) },
    },
  };
  wipe(output);
  return keys;
};

/** The confirmation tag (32 bytes) under the sender's own confirmation key. */
export const confirmationTag = (confirmationKey: Uint8Array, answerHash: Uint8Array): Uint8Array =>
  hmacSha256(confirmationKey, concat(utf8('CSL1 confirm'), answerHash));

/** Compares secrets or tags in a time that depends on their lengths only. */
export const equalInConstantTime = (left: Uint8Array, right: Uint8Array): boolean => {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
};

/** Overwrites secrets in place. */
export const wipe = (...secrets: readonly Uint8Array[]): void => {
  for (const secret of secrets) secret.fill(0);
};

/** Whether a secret has been overwritten (or never was one). */
export const isWiped = (secret: Uint8Array): boolean => secret.every((byte) => byte === 0);

/** Overwrites the session keys: when the call or the exchange that they belong to ends. */
export const wipeSessionKeys = ({ callerToCallee, calleeToCaller }: SessionKeys): void =>
  wipe(
    callerToCallee.masterKey,
    callerToCallee.masterSalt,
    calleeToCaller.masterKey,
    calleeToCaller.masterSalt,
  );

/**
 * Recomputes an exchange from one side's exponent: its public value, the shared secret and all keys. For checkers that are
 * given a key agreement log; nothing given is overwritten.
 */
export const deriveFromExponent = (
  input: KeyBinding & { readonly exponent: Uint8Array; readonly peerPublicValue: Uint8Array },
): {
  readonly publicValue: Uint8Array;
  readonly sharedSecret: Uint8Array;
  readonly keys: ExchangeKeys;
} => {
  const sharedSecret = sharedSecretOf(input.peerPublicValue, input.exponent);
  return {
    publicValue: publicValueOf(input.exponent),
    sharedSecret,
    keys: deriveKeys(sharedSecret, input),
  };
};
