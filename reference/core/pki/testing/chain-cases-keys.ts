import { constants, createPublicKey, sign, type KeyObject } from 'node:crypto';
import {
  derBitString,
  derElement,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../../../simulators/attackers/der.ts';
import { algorithms, oids } from '../../../../simulators/attackers/x509-fields.ts';
import { concat } from '../../bytes.ts';
import { sha1 } from '../../primitives/hash.ts';
import {
  atEachLevel,
  casesOf,
  edited,
  withKey,
  type Change,
  type ChainCase,
} from './chain-plan.ts';

const rsaIdentifier = derSequence(derOid('1.2.840.113549.1.1.1'), derNull());
const modulusOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(createPublicKey(key).export({ format: 'jwk' }).n ?? '', 'base64url'));

/** A key of these integers with its Subject Key Identifier. */
const withIntegers =
  (
    make: (modulus: Uint8Array) => readonly [modulus: Uint8Array, exponent: Uint8Array],
    identifier: Uint8Array = rsaIdentifier,
  ): Change =>
  ({ extensions }, keys) => {
    const [modulus, exponent] = make(modulusOf(keys.leaf));
    const key = derSequence(derInteger(modulus), derElement(2, exponent));
    return {
      publicKey: derSequence(identifier, derBitString(key)),
      extensions: edited(extensions, oids.subjectKeyIdentifier, {
        value: derOctetString(sha1(key)),
      }),
    };
  };
const usual = Uint8Array.of(1, 0, 1);
const ofBits = (bits: number): Change =>
  withIntegers((modulus) => {
    const bytes = new Uint8Array(Math.ceil(bits / 8)).map((_, at) => modulus[at % 256] ?? 0);
    const top = 1 << ((bits - 1) % 8);
    bytes[0] = top | ((bytes[0] ?? 0) & (top - 1));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
    return [bytes, usual];
  });

const keyCases = casesOf('key', {
  'leaf: RSA 1024': { leaf: withKey('short') },
  'leaf: RSA 2047': { leaf: ofBits(2047) },
  'leaf: RSA 2049': { leaf: ofBits(2049) },
  'leaf: RSA 4096': { leaf: ofBits(4096) },
  'leaf: RSA 16384': { leaf: ofBits(16_384) },
  'leaf: exponent 3': { leaf: withKey('exponent3') },
  'leaf: exponent 1': { leaf: withIntegers((modulus) => [modulus, Uint8Array.of(1)]) },
  'leaf: exponent 65536': { leaf: withIntegers((modulus) => [modulus, Uint8Array.of(1, 0, 0)]) },
  'leaf: exponent 0': { leaf: withIntegers((modulus) => [modulus, Uint8Array.of(0)]) },
  'leaf: exponent -1': { leaf: withIntegers((modulus) => [modulus, Uint8Array.of(255)]) },
  'leaf: exponent of 65 bytes': {
    leaf: withIntegers((modulus) => [modulus, new Uint8Array(65).fill(1)]),
  },
  'leaf: modulus even': {
    leaf: withIntegers((modulus) => [
      modulus.map((byte, at) => (at === 255 ? byte & 0xfe : byte)),
      usual,
    ]),
  },
  'leaf: modulus 0': { leaf: withIntegers(() => [new Uint8Array(1), usual]) },
  'leaf: key without NULL parameters': {
    leaf: withIntegers((modulus) => [modulus, usual], derSequence(derOid('1.2.840.113549.1.1.1'))),
  },
  'leaf: key for PSS only': {
    leaf: withIntegers((modulus) => [modulus, usual], derSequence(derOid('1.2.840.113549.1.1.10'))),
  },
  'leaf: elliptic curve P-256': { leaf: withKey('elliptic') },
  'authority: RSA 1024': { authorityKey: 'short' },
  'authority: RSA 3072': { authorityKey: 'long' },
  'authority: exponent 3': { authorityKey: 'exponent3' },
  'authority: elliptic curve P-256': { authorityKey: 'elliptic' },
  'root: RSA 1024': { rootKey: 'short' },
  'root: RSA 3072': { rootKey: 'long' },
});

const sha256Identifier = derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull());
const pssAlgorithm = derSequence(
  derOid('1.2.840.113549.1.1.10'),
  derSequence(
    derExplicit(0, sha256Identifier),
    derExplicit(1, derSequence(derOid('1.2.840.113549.1.1.8'), sha256Identifier)),
    derExplicit(2, derInteger(Uint8Array.of(32))),
  ),
);
const issuerOf = { root: 'root', authority: 'root', leaf: 'authority' } as const;
const signedAs = (title: string, hash: keyof typeof algorithms) =>
  Object.fromEntries(
    (['leaf', 'authority', 'root'] as const).map((level) => {
      const change: Change = (_fields, keys) => ({
        algorithm: algorithms[hash],
        sign: (bytes) => new Uint8Array(sign(hash, bytes, keys[issuerOf[level]])),
      });
      return [`${level}: ${title}`, { [level]: change }];
    }),
  );
const pss =
  (algorithm: Uint8Array): Change =>
  (_fields, keys) => ({
    algorithm,
    sign: (bytes) =>
      new Uint8Array(
        sign('sha256', bytes, {
          key: keys.authority,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: 32,
        }),
      ),
  });
const plainAlgorithm = derSequence(derOid('1.2.840.113549.1.1.11'));
const changedSignature =
  (change: (signature: Uint8Array) => Uint8Array): Change =>
  ({ sign: usualSign }) => ({ sign: (bytes) => change(usualSign(bytes)) });

const signatures = casesOf('signature', {
  ...signedAs('MD5', 'md5'),
  ...signedAs('SHA-1', 'sha1'),
  ...signedAs('SHA-512', 'sha512'),
  'leaf: PSS with SHA-256': { leaf: pss(pssAlgorithm) },
  'leaf: PSS signature, named PKCS #1': { leaf: pss(algorithms.sha256) },
  ...atEachLevel('inside SHA-1, outside SHA-256', () => ({
    algorithm: algorithms.sha1,
    outerAlgorithm: algorithms.sha256,
  })),
  'leaf: inside SHA-256, outside SHA-1': {
    leaf: () => ({ outerAlgorithm: algorithms.sha1 }),
  },
  'leaf: no NULL parameters': { leaf: () => ({ algorithm: plainAlgorithm }) },
  'leaf: NULL parameters inside only': { leaf: () => ({ outerAlgorithm: plainAlgorithm }) },
  'leaf: algorithm rsaEncryption': { leaf: () => ({ algorithm: rsaIdentifier }) },
  'leaf: last bit changed': {
    leaf: changedSignature((bytes) => bytes.map((byte, at) => (at === 255 ? byte ^ 1 : byte))),
  },
  'root: last bit changed': {
    root: changedSignature((bytes) => bytes.map((byte, at) => (at === 255 ? byte ^ 1 : byte))),
  },
  'leaf: signature empty': { leaf: changedSignature(() => new Uint8Array()) },
  'leaf: signature of 255 bytes': { leaf: changedSignature((bytes) => bytes.subarray(0, 255)) },
  'leaf: a zero before the signature': {
    leaf: changedSignature((bytes) => concat(Uint8Array.of(0), bytes)),
  },
  'leaf: a zero behind the signature': {
    leaf: changedSignature((bytes) => concat(bytes, Uint8Array.of(0))),
  },
});

/** Cases of keys and signatures. */
export const keyAndSignatureCases: readonly ChainCase[] = [...keyCases, ...signatures];
