import { constants, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { concat } from '../../../reference/core/bytes.ts';
import type { ParametersSignature } from './incoming.ts';

/** The only SignatureAndHashAlgorithm this client signs with: RSA PKCS#1 v1.5 with SHA-256. */
export const rsaSha256 = 0x0401;

const hashes: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  3: 'sha224',
  4: 'sha256',
  5: 'sha384',
  6: 'sha512',
};
const pssHashes: Readonly<Record<number, string>> = {
  0x0804: 'sha256',
  0x0805: 'sha384',
  0x0806: 'sha512',
};

/** Digital signature of a CertificateVerify over the handshake so far (RFC 5246 section 7.4.8). */
export const signTranscript = (key: KeyObject, transcript: Uint8Array): Uint8Array =>
  new Uint8Array(sign('sha256', transcript, { key, padding: constants.RSA_PKCS1_PADDING }));

/**
 * Whether the key exchange parameters were signed with the certificate's RSA key over both randoms
 * (RFC 5246 section 7.4.3); null where the certificate or the algorithm is not one this client reads.
 */
export const parametersSignatureHolds = (
  certificate: Uint8Array | undefined,
  signed: ParametersSignature,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): boolean | null => {
  const { algorithm, parameters, signature } = signed;
  if (algorithm === null || !certificate) return null;
  const pss = pssHashes[algorithm];
  const hash = pss ?? ((algorithm & 0xff) === 1 ? hashes[algorithm >> 8] : undefined);
  if (hash === undefined) return null;
  try {
    const key = new X509Certificate(certificate).publicKey;
    if (key.asymmetricKeyType !== 'rsa') return null;
    const padding =
      pss === undefined ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
    const content = concat(clientRandom, serverRandom, parameters);
    return verify(hash, content, { key, padding }, signature);
  } catch {
    return null;
  }
};
