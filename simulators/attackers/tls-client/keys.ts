import { createHash, createHmac } from 'node:crypto';
import { concat, utf8 } from '../../../reference/core/bytes.ts';
import { minimal, modularPower, toInteger, uint } from './bytes.ts';

/** Keys of one direction of AES-256-GCM (RFC 5288): key 32 bytes, the nonce's fixed part 4 bytes. */
export interface DirectionKeys {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

export interface SessionKeys {
  readonly client: DirectionKeys;
  readonly server: DirectionKeys;
}

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
  const mac = createHmac('sha384', key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
};

/** P_SHA384 over label and seed (RFC 5246 section 5), `length` bytes. */
const prf = (secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array => {
  const labelled = concat(utf8(label), seed);
  const blocks: Uint8Array[] = [];
  let chained = labelled;
  for (let made = 0; made < length; made += 48) {
    chained = hmac(secret, chained);
    blocks.push(hmac(secret, chained, labelled));
  }
  return concat(...blocks).subarray(0, length);
};

const sha384 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha384').update(bytes).digest());

/** 48 bytes of master secret, from the session hash where both sides know RFC 7627, else from the randoms. */
export const masterSecret = (
  premaster: Uint8Array,
  binding:
    | { readonly kind: 'extended'; readonly transcript: Uint8Array }
    | {
        readonly kind: 'randoms';
        readonly client: Uint8Array;
        readonly server: Uint8Array;
      },
): Uint8Array =>
  binding.kind === 'extended'
    ? prf(premaster, 'extended master secret', sha384(binding.transcript), 48)
    : prf(premaster, 'master secret', concat(binding.client, binding.server), 48);

/** Record keys of AES-256-GCM (RFC 5246 section 6.3). */
export const sessionKeys = (
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): SessionKeys => {
  const block = prf(master, 'key expansion', concat(serverRandom, clientRandom), 72);
  return {
    client: { key: block.subarray(0, 32), salt: block.subarray(64, 68) },
    server: { key: block.subarray(32, 64), salt: block.subarray(68, 72) },
  };
};

/** The 12 bytes of a Finished message (RFC 5246 section 7.4.9). */
export const verifyData = (
  master: Uint8Array,
  side: 'client' | 'server',
  transcript: Uint8Array,
): Uint8Array => prf(master, `${side} finished`, sha384(transcript), 12);

/** A client's half of a finite-field Diffie-Hellman exchange in any group; plain arithmetic, not constant-time. */
export const diffieHellmanHalf = (
  group: {
    readonly prime: Uint8Array;
    readonly generator: Uint8Array;
    readonly publicValue: Uint8Array;
  },
  exponent: Uint8Array,
): { readonly publicValue: Uint8Array; readonly premaster: Uint8Array } => {
  const prime = toInteger(group.prime);
  const length = minimal(group.prime).length;
  const secret = toInteger(exponent);
  const power = (base: Uint8Array): Uint8Array =>
    uint(modularPower(toInteger(base), secret, prime), length);
  // RFC 5246 section 8.1.2: leading zero bytes of the shared value are stripped.
  return { publicValue: power(group.generator), premaster: minimal(power(group.publicValue)) };
};
