import {
  X509Certificate,
  createPrivateKey,
  createPublicKey,
  pbkdf2Sync,
  sign,
  verify,
  type KeyObject,
  type PrivateKeyInput,
} from 'node:crypto';
import { latin1 } from '../reference/core/bytes.ts';
import type { ProtectionFacts } from '../reference/core/keystore/protection-facts.ts';
import type { StoredContent } from '../reference/core/keystore/stored-content.ts';
import { contentName, type StoredObject } from '../reference/core/keystore/stored-file.ts';
import type { GuessCost, Opening, PublicKeySize } from '../scenarios/stored-key/evidence.ts';

/** What objects are opened with. */
export interface OpeningMeans {
  readonly passphrase: Buffer | null;
  /** The public key that the stored key must belong to. */
  readonly certificateKey: KeyObject | null;
}

/** Kind and size of a public or private key. */
export const sizeOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): PublicKeySize => {
  const { modulusLength, publicExponent, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss') {
    const algorithm = asymmetricKeyType === 'rsa' ? 'RSA' : 'RSASSA-PSS';
    return { algorithm, bits: modulusLength ?? null, exponent: publicExponent ?? null };
  }
  const name = (asymmetricKeyType ?? 'unknown').toUpperCase();
  const algorithm = namedCurve === undefined ? name : `${name} (${namedCurve})`;
  return { algorithm, bits: null, exponent: null };
};

/** RSA moduli that OpenSSL itself works with, in bits; longer ones would take hours. */
const longestModulus = 16_384;
const signing: ReadonlySet<string | undefined> = new Set(['rsa', 'rsa-pss', 'ec', 'ed25519']);

/** Whether the certificate's key is this key's public half and verifies what this key signs, so that a damaged key is found out. */
const belongsTo = (privateKey: KeyObject, certificateKey: KeyObject): boolean => {
  const type = privateKey.asymmetricKeyType;
  try {
    if (!createPublicKey(privateKey).equals(certificateKey)) return false;
    const length = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
    if (!signing.has(type) || length > longestModulus) return true;
    const message = Buffer.from('discretio: does the stored key belong to its certificate?');
    const digest = type === 'ed25519' ? null : 'sha256';
    return verify(digest, message, certificateKey, sign(digest, message, privateKey));
  } catch {
    return false;
  }
};

const keyTypes = { 'PKCS#8': 'pkcs8', 'PKCS#1': 'pkcs1', 'SEC 1': 'sec1' } as const;

/** What node:crypto is given; null where it opens nothing of the kind. */
const inputOf = (object: StoredObject, file: Uint8Array): PrivateKeyInput | null => {
  const { content } = object;
  if (content.kind === 'traditional-encrypted') {
    return { key: latin1(file.subarray(object.offset)), format: 'pem' };
  }
  if (content.kind !== 'encrypted-pkcs8' && content.kind !== 'key-in-clear') return null;
  if (content.der === null) return null;
  const key = Buffer.from(content.der);
  if (content.kind === 'encrypted-pkcs8') return { key, format: 'der', type: 'pkcs8' };
  if (content.format === 'DSA') return null;
  return { key, format: 'der', type: keyTypes[content.format] };
};

/** Most iterations, and most operations of scrypt, that are done for a file: a few seconds. */
const mostIterations = 4_000_000;
const mostScryptOperations = 8_388_608;

const isTooCostly = ({ iterations, scrypt }: ProtectionFacts): boolean =>
  (iterations?.count ?? 0) > mostIterations ||
  (scrypt !== null &&
    scrypt.cost * scrypt.blockSize * scrypt.parallelization > mostScryptOperations);

const tryToOpen = (input: PrivateKeyInput, passphrase?: Buffer): KeyObject | null => {
  try {
    return createPrivateKey(passphrase === undefined ? input : { ...input, passphrase });
  } catch {
    // One answer for a wrong passphrase and damaged contents (padding oracle).
    return null;
  }
};

const closed = (why: (Opening & { readonly kind: 'closed' })['why'], reason: string): Opening => ({
  kind: 'closed',
  why,
  reason,
});

const refusalOf = (content: StoredContent, passphrase: Buffer | null): Opening => {
  if (content.kind === 'key-in-clear') {
    return closed('unsupported', 'the key is damaged or of a kind that cannot be loaded here');
  }
  if (passphrase === null) {
    return closed('no-passphrase', 'the key is encrypted; give --passphrase-file FILE to open it');
  }
  const older =
    content.kind === 'encrypted-pkcs8' && content.protection?.scheme.name !== 'PBES2'
      ? ', or its scheme is not known to this OpenSSL'
      : '';
  const reason = `it does not open: the passphrase is wrong or the file is damaged${older}`;
  return closed('refused', `${reason}; check --passphrase-file`);
};

const publicOpening = ({ what, der }: StoredContent & { kind: 'no-private-key' }): Opening => {
  if (der === null) return { kind: 'none' };
  const key = Buffer.from(der);
  try {
    if (what === 'certificate') {
      return { kind: 'public', publicKey: sizeOf(new X509Certificate(key).publicKey) };
    }
    const type = what === 'public key' ? 'spki' : 'pkcs1';
    if (!what.endsWith('public key')) return { kind: 'none' };
    return { kind: 'public', publicKey: sizeOf(createPublicKey({ key, format: 'der', type })) };
  } catch {
    return closed('unsupported', `the ${what} cannot be read`);
  }
};

/** Opens one object of a file: with the passphrase, with an empty one (attack P3), or without any. Never throws. */
export const openObject = (
  object: StoredObject,
  file: Uint8Array,
  { passphrase, certificateKey }: OpeningMeans,
): Opening => {
  const { content } = object;
  if (content.kind === 'no-private-key') return publicOpening(content);
  const input = inputOf(object, file);
  if (input === null) {
    const reason =
      content.kind === 'unknown'
        ? 'it holds no key that can be told; name the file of a stored key'
        : `nothing here opens this (${contentName(content)}); export the key as PKCS#8`;
    return closed('unsupported', reason);
  }
  if (
    content.kind === 'encrypted-pkcs8' &&
    content.protection !== null &&
    isTooCostly(content.protection)
  ) {
    return closed('unsupported', 'its derivation would take too long and is not tried');
  }
  const opened = (key: KeyObject, how: 'passphrase' | 'empty passphrase' | 'nothing'): Opening => ({
    kind: 'opened',
    with: how,
    publicKey: sizeOf(key),
    belongs: certificateKey === null ? null : belongsTo(key, certificateKey),
  });
  if (content.kind === 'key-in-clear') {
    const key = tryToOpen(input);
    return key ? opened(key, 'nothing') : refusalOf(content, passphrase);
  }
  const given = passphrase === null ? null : tryToOpen(input, passphrase);
  if (given) return opened(given, 'passphrase');
  const empty = tryToOpen(input, Buffer.alloc(0));
  return empty ? opened(empty, 'empty passphrase') : refusalOf(content, passphrase);
};

/** More iterations are not timed. */
const mostTimedIterations = 1_000_000;

/** Times one derivation as the key's own parameters have it; null for another derivation or an unknown function. */
export const measureGuess = ({ prf, iterations, salt }: ProtectionFacts): GuessCost | null => {
  if (!prf || !iterations || !salt || iterations.count > mostTimedIterations) return null;
  const digest = prf.name.replace('hmacWith', '').toLowerCase();
  const repeats = iterations.count > 100_000 ? 1 : 5;
  try {
    const times = Array.from({ length: repeats }, () => {
      const start = performance.now();
      pbkdf2Sync('a guess', salt.bytes, iterations.count, 32, digest);
      return performance.now() - start;
    });
    // The fastest is what an attacker pays: the others waited for the machine.
    return { prf: prf.name, iterations: iterations.count, milliseconds: Math.min(...times) };
  } catch {
    return null;
  }
};
