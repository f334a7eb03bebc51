import { createPublicKey, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { RsaSigner } from '../../core/pki/issue.ts';

/** A private key and the DER of its SubjectPublicKeyInfo. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
}

const generateRsa = promisify(generateKeyPair);
const signAsync = promisify(sign);

/** DER of the SubjectPublicKeyInfo of a private key. */
export const spkiOf = (privateKey: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));

/** RSA 2048, e = 65537 (target 6.1). */
export const newKeyPair = async (): Promise<KeyPair> => {
  const { privateKey } = await generateRsa('rsa', {
    modulusLength: 2048,
    publicExponent: 0x1_00_01,
  });
  return { privateKey, spki: spkiOf(privateKey) };
};

/** The use of a key held by this process. */
export const signerOf =
  (key: KeyObject): RsaSigner =>
  async (message) =>
    new Uint8Array(await signAsync('sha256', message, key));

/** 16 random bytes, positive and of full length as an INTEGER (RFC 5280 section 4.1.2.2). */
export const newSerial = (randomBytes: (length: number) => Uint8Array): Uint8Array => {
  const serial = Uint8Array.from(randomBytes(16));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
};
