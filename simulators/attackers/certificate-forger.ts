import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { concat, equal } from '../../reference/core/bytes.ts';
import {
  derBitString,
  derBoolean,
  derChildren,
  derElement,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSlice,
  derTime,
  derUtf8String,
  readDer,
  type DerElement,
} from './der.ts';

/** A certificate (DER) and its private key. */
export interface CertifiedKey {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

/** Everything of a forged certificate that can be chosen. */
export interface ForgedCertificate {
  /** DER of the subject Name; see {@link nameOf}. */
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  /** DER of the issuer Name, true or not. */
  readonly issuer: Uint8Array;
  readonly issuerKey: KeyObject;
  /** Authority Key Identifier, left out if absent. */
  readonly authorityKeyIdentifier?: Uint8Array;
  /** Subject Key Identifier; the key's own unless given. */
  readonly subjectKeyIdentifier?: Uint8Array;
  readonly role: 'authority' | 'client' | 'server';
  /** Of an authority; 0 unless given. */
  readonly pathLength?: number;
  /** iPAddress of the subjectAltName (4 or 16 bytes), left out if absent. */
  readonly address?: Uint8Array;
  /** Big-endian; 16 random bytes unless given. */
  readonly serial?: Uint8Array;
  /** Milliseconds since 1970; an hour ago and in a year unless given. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

const hour = 3_600_000;
const year = 8_766 * hour;
const commonNameOid = derOid('2.5.4.3');
const sha256WithRsa = (): Uint8Array => derSequence(derOid('1.2.840.113549.1.1.11'), derNull());

/** A fresh RSA key of 2048 bits, exponent 65537. */
export const freshKey = (): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 65_537 }).privateKey;

/** DER of a Name with these CommonNames, each in a set of its own, as UTF8String. */
export const nameOf = (...commonNames: readonly string[]): Uint8Array =>
  derSequence(
    ...commonNames.map((name) => derSet(derSequence(commonNameOid, derUtf8String(name)))),
  );

const spkiOf = (key: KeyObject): Uint8Array => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
};

/** SHA-1 of the subjectPublicKey bits (RFC 5280 section 4.2.1.2, method 1), 20 bytes. */
export const keyIdentifierOf = (key: KeyObject): Uint8Array => {
  const spki = spkiOf(key);
  const outer = readDer(spki);
  const bits = outer ? derChildren(spki, outer)[1] : undefined;
  const content = bits ? spki.subarray(bits.contentStart + 1, bits.end) : spki;
  return new Uint8Array(createHash('sha1').update(content).digest());
};

const extension = (oid: string, critical: boolean, value: Uint8Array): Uint8Array =>
  derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value));

const roleExtensions = ({ role, pathLength = 0 }: ForgedCertificate): readonly Uint8Array[] => {
  const length = derInteger(Uint8Array.of(pathLength));
  if (role === 'authority')
    return [
      extension('2.5.29.19', true, derSequence(derBoolean(true), length)),
      extension('2.5.29.15', true, derBitString(Uint8Array.of(0x86), 1)),
    ];
  const use = role === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
  return [
    extension('2.5.29.19', true, derSequence()),
    extension('2.5.29.15', true, derBitString(Uint8Array.of(0x80), 7)),
    extension('2.5.29.37', false, derSequence(derOid(use))),
  ];
};

const signed = (toBeSigned: Uint8Array, key: KeyObject): Uint8Array =>
  derSequence(
    toBeSigned,
    sha256WithRsa(),
    derBitString(new Uint8Array(sign('sha256', toBeSigned, key))),
  );

/** Writes and signs a version 3 certificate (DER): sha256WithRSA, a right Subject Key Identifier, everything else as chosen. */
export const forgeCertificate = (choice: ForgedCertificate): Uint8Array => {
  const now = Date.now();
  const authority = choice.authorityKeyIdentifier;
  const { address } = choice;
  const extensions = [
    ...(address ? [extension('2.5.29.17', false, derSequence(derElement(0x87, address)))] : []),
    ...roleExtensions(choice),
    extension(
      '2.5.29.14',
      false,
      derOctetString(choice.subjectKeyIdentifier ?? keyIdentifierOf(choice.publicKey)),
    ),
    ...(authority ? [extension('2.5.29.35', false, derSequence(derElement(0x80, authority)))] : []),
  ];
  const toBeSigned = derSequence(
    derExplicit(0, derInteger(Uint8Array.of(2))),
    derInteger(choice.serial ?? concat(Uint8Array.of(0x40), randomBytes(15))),
    sha256WithRsa(),
    choice.issuer,
    derSequence(derTime(choice.notBefore ?? now - hour), derTime(choice.notAfter ?? now + year)),
    choice.subject,
    spkiOf(choice.publicKey),
    derExplicit(3, derSequence(...extensions)),
  );
  return signed(toBeSigned, choice.issuerKey);
};

interface CertificateFields {
  readonly toBeSigned: readonly DerElement[];
  readonly signature: readonly DerElement[];
}

const fieldsOf = (certificate: Uint8Array): CertificateFields => {
  const outer = readDer(certificate);
  const [first, ...signature] = outer ? derChildren(certificate, outer) : [];
  const toBeSigned = first ? derChildren(certificate, first) : [];
  if (toBeSigned.length < 7 || toBeSigned[0]?.tag !== 0xa0)
    throw new Error(
      'certificate to imitate: not a version 3 X.509 certificate in DER; give the bytes inside its PEM',
    );
  return { toBeSigned, signature };
};

const fieldSlice = (certificate: Uint8Array, index: number): Uint8Array => {
  const field = fieldsOf(certificate).toBeSigned[index];
  return field ? derSlice(certificate, field) : new Uint8Array(0);
};

/** DER of a certificate's issuer Name. */
export const issuerNameOf = (certificate: Uint8Array): Uint8Array => fieldSlice(certificate, 3);

/** DER of a certificate's subject Name. */
export const subjectNameOf = (certificate: Uint8Array): Uint8Array => fieldSlice(certificate, 5);

const publicKeyOf = (certificate: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.from(fieldSlice(certificate, 6)),
    format: 'der',
    type: 'spki',
  });

/** An authority with a key of its own that bears the names of a true one (DER). */
export const forgeAuthority = (likeness: Uint8Array): CertifiedKey => {
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: subjectNameOf(likeness),
    publicKey: key,
    issuer: issuerNameOf(likeness),
    issuerKey: key,
    role: 'authority',
  });
  return { certificate, key };
};

/**
 * A client certificate with any CommonName and a fresh key, signed with `authorityKey`, that names `claimed` (the DER of an
 * authority, true or forged) as its issuer.
 */
export const forgeClient = (
  commonName: string,
  authorityKey: KeyObject,
  claimed: Uint8Array,
): CertifiedKey => {
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: nameOf(commonName),
    publicKey: key,
    issuer: subjectNameOf(claimed),
    issuerKey: authorityKey,
    authorityKeyIdentifier: keyIdentifierOf(publicKeyOf(claimed)),
    role: 'client',
  });
  return { certificate, key };
};

const renamed = (name: Uint8Array, commonName: string): Uint8Array => {
  const outer = readDer(name);
  const sets = outer ? derChildren(name, outer) : [];
  return derSequence(
    ...sets.map((set) => {
      const [pair] = derChildren(name, set);
      const [oid, value] = pair ? derChildren(name, pair) : [];
      const isCommonName = oid && value && equal(derSlice(name, oid), commonNameOid);
      if (!isCommonName) return derSlice(name, set);
      const text = new TextEncoder().encode(commonName);
      return derSet(derSequence(commonNameOid, derElement(value.tag, text)));
    }),
  );
};

/** The same certificate with another CommonName in its subject, and the signature left as it was: it no longer verifies. */
export const alterCommonName = (certificate: Uint8Array, commonName: string): Uint8Array => {
  const { toBeSigned, signature } = fieldsOf(certificate);
  const fields = toBeSigned.map((field, index) =>
    index === 5 ? renamed(derSlice(certificate, field), commonName) : derSlice(certificate, field),
  );
  return derSequence(
    derSequence(...fields),
    ...signature.map((field) => derSlice(certificate, field)),
  );
};

/** A PKCS#10 request (PEM, RFC 2986) for one CommonName, signed with its own key. */
export const certificateRequest = (commonName: string, key: KeyObject): string => {
  const toBeSigned = derSequence(
    derInteger(Uint8Array.of(0)),
    nameOf(commonName),
    spkiOf(key),
    derExplicit(0),
  );
  return toPem('CERTIFICATE REQUEST', signed(toBeSigned, key));
};

/** DER in PEM armour (RFC 7468). */
export const toPem = (label: string, der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
};

/** DER of every certificate in a text, in order. */
export const certificatesInPem = (text: string): readonly Uint8Array[] =>
  [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)].map(
    ([, body = '']) => new Uint8Array(Buffer.from(body, 'base64')),
  );
