import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { toBase64 } from '../../../reference/core/bytes.ts';
import { parsePem, toPem } from '../../../reference/core/keystore/pem.ts';
import {
  forgeAuthority,
  forgeCertificate,
  forgeClient,
  freshKey,
  nameOf,
} from '../../../simulators/attackers/certificate-forger.ts';
import type { Evidence } from '../../campaign/scenario.ts';
import { topologyOf } from '../../testing/altered-wire.ts';
import type { TlsSessionFacts } from '../../wire/facts-model.ts';
import { clientCertificateOf, isNamed } from '../views/call-view.ts';

/** DER of one of the system's authorities. */
export const authorityOf = (
  evidence: Evidence,
  kind: 'root' | 'clientAuthority' | 'serverAuthority',
): Uint8Array => {
  const der = parsePem(topologyOf(evidence).trust[kind], 'CERTIFICATE');
  if (!der.ok) throw new Error(`no ${kind} in the real run`);
  return der.value;
};

const remembered = <Value>(make: (key: string) => Value): ((key: string) => Value) => {
  const made = new Map<string, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
};

let likeness = new Uint8Array();
const foreignOf = remembered((number) => {
  const rogue = forgeAuthority(likeness);
  return forgeClient(number, rogue.key, rogue.certificate).certificate;
});

/** A client certificate (DER) for a number, of an authority that only looks like the true one. */
export const foreignClient = (evidence: Evidence, number: string): Uint8Array => {
  likeness = authorityOf(evidence, 'clientAuthority').slice();
  return foreignOf(number);
};

const keyOf = remembered(
  (bits) =>
    generateKeyPairSync('rsa', { modulusLength: Number(bits), publicExponent: 65_537 }).privateKey,
);

/** An RSA key of any size, the same each time. */
export const rsaKey = (bits: number): KeyObject => keyOf(String(bits));

const selfMade = (name: string, key: KeyObject, role: 'client' | 'server'): Uint8Array =>
  forgeCertificate({
    subject: nameOf(name),
    publicKey: key,
    issuer: nameOf('Nobody'),
    issuerKey: freshKey(),
    role,
  });

/** A client certificate with a key of 1024 bits, base64. */
export const shortKey = (number: string): string =>
  toBase64(selfMade(number, rsaKey(1024), 'client'));

/** A server's certificate of an unknown authority, base64. */
export const foreignServer = (): string => toBase64(selfMade('localhost', freshKey(), 'server'));

/** PEM of a certificate. */
export const certificatePem = (der: Uint8Array): string => toPem('CERTIFICATE', der);

/** The session in which a number showed its certificate. */
export const sessionOf =
  (number: string) =>
  (session: TlsSessionFacts): boolean => {
    const certificate = clientCertificateOf(session);
    return certificate !== null && isNamed(certificate, number);
  };

/** A private key (PKCS#8, PEM), encrypted with a cipher or not at all. */
export const pemOf = (cipher?: string): string =>
  rsaKey(2048)
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(cipher === undefined ? {} : { cipher, passphrase: 'a test passphrase' }),
    })
    .toString();
