import { createHash, createHmac, getDiffieHellman, hkdfSync } from 'node:crypto';
import { concat, utf8 } from '../../reference/core/bytes.ts';
import { modularPower } from './tls-client/bytes.ts';

/** Prime of the 2048-bit MODP group (RFC 3526 section 3), as a number. */
const prime = BigInt(`0x${getDiffieHellman('modp14').getPrime('hex')}`);
const publicLength = 256;

/** Fields of X-CSL-Info1 (I-2); every one may be given any value. */
export interface Info1 {
  readonly version: number;
  readonly group: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** 256 bytes, big-endian. */
  readonly publicValue: Uint8Array;
}

/** Keys of one exchange, in the order of I-4. */
export interface CslKeys {
  readonly callerConfirm: Uint8Array;
  readonly calleeConfirm: Uint8Array;
  readonly callerToCallee: { readonly masterKey: Uint8Array; readonly masterSalt: Uint8Array };
  readonly calleeToCaller: { readonly masterKey: Uint8Array; readonly masterSalt: Uint8Array };
}

/** What the offer's preimage covers (I-3). */
export interface OfferFields {
  readonly callId: string;
  readonly callerNumber: string;
  readonly calleeNumber: string;
  readonly certificate: Uint8Array;
  readonly info1: Uint8Array;
  readonly media: string;
  /** H(answer preimage) of the exchange before, in a re-INVITE (I-9). */
  readonly previous?: Uint8Array;
}

/** What the answer's preimage covers (I-3). */
export interface AnswerFields {
  readonly offerHash: Uint8Array;
  readonly certificate: Uint8Array;
  readonly info1: Uint8Array;
  readonly media: string;
}

const power = (base: bigint, exponent: bigint): bigint => modularPower(base, exponent, prime);

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x00${Buffer.from(bytes).toString('hex')}`);

const toBytes = (value: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(publicLength * 2, '0'), 'hex'));

/** 2 to the exponent (big-endian bytes) in the group, 256 bytes. */
export const publicValueOf = (exponent: Uint8Array): Uint8Array =>
  toBytes(power(2n, toNumber(exponent)));

/** The peer's public value to the exponent in the group, 256 bytes, left-padded. */
export const sharedSecretOf = (exponent: Uint8Array, peer: Uint8Array): Uint8Array =>
  toBytes(power(toNumber(peer), toNumber(exponent)));

/** Public values of I-2's range and beyond, 256 bytes each, with the secrets that a peer who takes them may come to. */
export const degenerateValues = {
  zero: { value: toBytes(0n), secrets: [toBytes(0n)] },
  one: { value: toBytes(1n), secrets: [toBytes(1n)] },
  'p-minus-one': { value: toBytes(prime - 1n), secrets: [toBytes(1n), toBytes(prime - 1n)] },
  p: { value: toBytes(prime), secrets: [toBytes(0n)] },
  'p-plus-one': { value: toBytes(prime + 1n), secrets: [toBytes(1n)] },
} as const;

/** p - y: no quadratic residue where y is one; and the same of a secret, of which the sign is unknown. */
export const negated = (value: Uint8Array): Uint8Array => toBytes(prime - toNumber(value));

const hasLeadingZero = (value: bigint): boolean => value >> BigInt((publicLength - 1) * 8) === 0n;

/** An exponent from `start` on (big-endian, 32 bytes) that takes `base` (256 bytes) to a value whose first byte is zero: about 256 multiplications. */
export const leadingZeroExponent = (start: Uint8Array, base: Uint8Array): Uint8Array => {
  const factor = toNumber(base) % prime;
  let exponent = toNumber(start);
  for (let value = power(factor, exponent); !hasLeadingZero(value); exponent += 1n)
    value = (value * factor) % prime;
  return new Uint8Array(Buffer.from(exponent.toString(16).padStart(64, '0'), 'hex'));
};

/** The generator as 256 bytes. */
export const generatorValue = toBytes(2n);

export const cslHash = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

const preimage = (...fields: readonly Uint8Array[]): Uint8Array =>
  concat(
    ...fields.flatMap((field) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, field.length);
      return [length, field];
    }),
  );

export const offerPreimage = (fields: OfferFields): Uint8Array =>
  preimage(
    utf8('CSL1 offer'),
    utf8(fields.callId),
    utf8(fields.callerNumber),
    utf8(fields.calleeNumber),
    fields.certificate,
    fields.info1,
    utf8(fields.media),
    ...(fields.previous ? [fields.previous] : []),
  );

export const answerPreimage = (fields: AnswerFields): Uint8Array =>
  preimage(
    utf8('CSL1 answer'),
    fields.offerHash,
    fields.certificate,
    fields.info1,
    utf8(fields.media),
  );

/** The 298 bytes of X-CSL-Info1. */
export const writeInfo1 = (info1: Info1): Uint8Array => {
  const head = new Uint8Array(10);
  const view = new DataView(head.buffer);
  head[0] = info1.version;
  head[1] = info1.group;
  view.setBigUint64(2, BigInt(info1.time));
  return concat(head, info1.nonce, info1.publicValue);
};

/** Reads X-CSL-Info1 as far as its length allows; null unless it has 298 bytes. */
export const readInfo1 = (bytes: Uint8Array): Info1 | null => {
  if (bytes.length !== 298) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    version: view.getUint8(0),
    group: view.getUint8(1),
    time: Number(view.getBigUint64(2)),
    nonce: bytes.slice(10, 42),
    publicValue: bytes.slice(42),
  };
};

/** Keys from the secret, both nonces and H(answer preimage) (I-4). */
export const deriveCslKeys = (
  secret: Uint8Array,
  callerNonce: Uint8Array,
  calleeNonce: Uint8Array,
  answerHash: Uint8Array,
): CslKeys => {
  const salt = concat(callerNonce, calleeNonce);
  const info = concat(utf8('CSL1 keys'), answerHash);
  const output = new Uint8Array(hkdfSync('sha256', secret, salt, info, 124));
  return {
    callerConfirm: output.slice(0, 32),
    calleeConfirm: output.slice(32, 64),
    callerToCallee: { masterKey: output.slice(64, 80), masterSalt: output.slice(80, 94) },
    calleeToCaller: { masterKey: output.slice(94, 110), masterSalt: output.slice(110, 124) },
  };
};

/** The 32-byte tag under a confirmation key (I-4). */
export const confirmationTag = (confirmKey: Uint8Array, answerHash: Uint8Array): Uint8Array =>
  new Uint8Array(
    createHmac('sha256', confirmKey)
      .update(concat(utf8('CSL1 confirm'), answerHash))
      .digest(),
  );
