import { constants, randomBytes, sign } from 'node:crypto';
import { concat } from '../../reference/core/bytes.ts';
import {
  degenerateValues,
  generatorValue,
  leadingZeroExponent,
  negated,
  type Info1,
} from './csl-bytes.ts';
import type { CslFalsification } from './csl-exchange.ts';

/** A public value that is no power of the generator worth the name, with what a peer who takes it computes. */
const degenerate = (name: keyof typeof degenerateValues): CslFalsification => {
  const { value, secrets } = degenerateValues[name];
  return { info1: (info1) => ({ ...info1, publicValue: value }), secrets: () => secrets };
};

const nonResidue: CslFalsification = {
  info1: (info1) => ({ ...info1, publicValue: negated(info1.publicValue) }),
  secrets: (right) => [right, negated(right)],
};

const publicValue = (change: (value: Uint8Array) => Uint8Array): CslFalsification => ({
  info1: (info1: Info1) => ({ ...info1, publicValue: change(info1.publicValue) }),
});

/** Milliseconds; a receiver takes 300,000. */
const tooFar = 310_000;

const shifted = (milliseconds: number): CslFalsification => ({
  info1: (info1) => ({ ...info1, time: info1.time + milliseconds }),
});

const signedWith = (hash: string, padding: number): CslFalsification => ({
  sign: (preimage, key) => new Uint8Array(sign(hash, preimage, { key, padding })),
});

const randomExponent = (): Uint8Array => new Uint8Array(randomBytes(32));

/** Falsifications of Info1's fields, of both proofs, and of the exponent. */
export const valueFalsifications = {
  'public-value-zero': degenerate('zero'),
  'public-value-one': degenerate('one'),
  'public-value-p-minus-one': degenerate('p-minus-one'),
  'public-value-p': degenerate('p'),
  'public-value-p-plus-one': degenerate('p-plus-one'),
  'public-value-non-residue': nonResidue,
  'public-value-empty': publicValue(() => new Uint8Array(0)),
  'public-value-short': publicValue((value) => value.subarray(1)),
  'public-value-long': publicValue((value) => concat(Uint8Array.of(0), value)),
  'other-group': { info1: (info1) => ({ ...info1, group: 2 }) },
  'truncated-signature': { signature: 'truncated' },
  'sha1-signature': signedWith('sha1', constants.RSA_PKCS1_PADDING),
  'sha512-signature': signedWith('sha512', constants.RSA_PKCS1_PADDING),
  'pss-signature': signedWith('sha256', constants.RSA_PKCS1_PSS_PADDING),
  'truncated-tag': { tag: 'truncated' },
  'zero-tag': { tag: 'zero' },
  'reflected-nonce': { info1: (info1, peer) => (peer ? { ...info1, nonce: peer.nonce } : info1) },
  'reflected-tag': { tag: 'reflected' },
  'past-time': shifted(-tooFar),
  'future-time': shifted(tooFar),
  'leading-zero-value': { exponent: () => leadingZeroExponent(randomExponent(), generatorValue) },
  'leading-zero-secret': {
    exponent: (peer) => (peer ? leadingZeroExponent(randomExponent(), peer) : randomExponent()),
  },
} as const satisfies Readonly<Record<string, CslFalsification>>;
