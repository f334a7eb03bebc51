import { equal, fromLatin1, utf8 } from '../bytes.ts';
import { sha1 } from '../primitives/hash.ts';
import {
  derElement,
  derExtension,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSequenceOf,
  derSigned,
  derTime,
} from './der-write.ts';
import { derTag, parseDer, type DerNode } from './der.ts';
import { ipAddressBytes } from './ip-address.ts';
import { onlyHosts } from './name-constraints.ts';
import { keyUsageBit, type CertificateProfile } from './profiles.ts';
import { sha256WithRsaDer } from './signed-object.ts';

/** Signs bytes with RSASSA-PKCS1-v1_5 and SHA-256; whoever holds the key supplies it. */
export type RsaSigner = (message: Uint8Array) => Promise<Uint8Array>;

/** The contents of a certificate to be issued. */
export interface CertificateOrder {
  readonly profile: CertificateProfile;
  readonly subject: {
    readonly commonName: string;
    /** Names for the subjectAltName extension of a server: an IPv4 or IPv6 address becomes an iPAddress, else dNSName. */
    readonly hosts?: readonly string[];
  };
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly issuer: {
    /** DER of the issuer's certificate; absent for a self-signed root. */
    readonly certificate?: Uint8Array;
    readonly sign: RsaSigner;
  };
  /** Of an authority: the only hosts, and names below them, that certificates under it may name; none where empty. */
  readonly onlyHosts?: readonly string[];
  /** Unsigned, big-endian, not zero, at most 20 bytes as INTEGER (RFC 5280 section 4.1.2.2). */
  readonly serial: Uint8Array;
  /** Milliseconds since 1970; fractions of a second are dropped. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const commonNameType = '2.5.4.3';

/** DER of a distinguished name of one CommonName, as UTF8String. */
export const commonNameOnly = (commonName: string): Uint8Array => {
  const value = derElement(derTag.utf8String, utf8(commonName));
  const attribute = derSequence(derObjectIdentifier(commonNameType), value);
  return derSequence(derElement(derTag.set, attribute));
};

const childrenOf = (der: Uint8Array, thing: string): readonly DerNode[] => {
  const parsed = parseDer(der);
  if (!parsed.ok) throw new TypeError(`${thing}: not DER (${parsed.error.code})`);
  return parsed.value.children;
};

/** Subject Key Identifier by RFC 5280 section 4.2.1.2 method 1 (20 bytes), of a SubjectPublicKeyInfo in DER. */
export const subjectKeyIdentifier = (spki: Uint8Array): Uint8Array => {
  const bits = childrenOf(spki, 'public key')[1];
  if (bits?.tag !== derTag.bitString) throw new TypeError('public key: no subjectPublicKey');
  return sha1(bits.content.subarray(1));
};

interface Issuer {
  /** DER of its name. */
  readonly name: Uint8Array;
  readonly keyIdentifier: Uint8Array;
}

/** Name and key of an issuer's version 3 certificate (RFC 5280 section 4.1). */
const issuerOf = (certificate: Uint8Array): Issuer => {
  const fields = childrenOf(certificate, "issuer's certificate")[0]?.children ?? [];
  const [subject, spki] = [fields[5], fields[6]];
  if (subject === undefined || spki === undefined) {
    throw new TypeError("issuer's certificate: no version 3 certificate");
  }
  return { name: subject.bytes, keyIdentifier: subjectKeyIdentifier(spki.bytes) };
};

const keyUsageExtension = (profile: CertificateProfile): Uint8Array => {
  const bits = profile.keyUsage.map((usage) => keyUsageBit[usage]);
  const byte = bits.reduce((sum: number, bit) => sum | (0x80 >> bit), 0);
  const unused = 7 - Math.max(...bits);
  const value = derElement(derTag.bitString, Uint8Array.of(unused, byte));
  return derExtension('2.5.29.15', value, true);
};

const subjectAltName = (host: string): Uint8Array => {
  const address = ipAddressBytes(host);
  return address === undefined ? derElement(0x82, fromLatin1(host)) : derElement(0x87, address);
};

const basicConstraints = (pathLength: number | null): Uint8Array =>
  pathLength === null
    ? derSequence()
    : derSequence(
        derElement(derTag.boolean, Uint8Array.of(0xff)),
        derInteger(Uint8Array.of(pathLength)),
      );

const extensionsOf = (order: CertificateOrder, issuer: Issuer | undefined): Uint8Array => {
  const { profile, subject } = order;
  const extensions = [
    derExtension('2.5.29.19', basicConstraints(profile.pathLength), true),
    keyUsageExtension(profile),
    derExtension('2.5.29.14', derOctetString(subjectKeyIdentifier(order.publicKey))),
  ];
  if (issuer !== undefined) {
    const identifier = derSequence(derElement(0x80, issuer.keyIdentifier));
    extensions.push(derExtension('2.5.29.35', identifier));
  }
  if (profile.extendedKeyUsage.length > 0) {
    const usages = derSequenceOf(profile.extendedKeyUsage.map(derObjectIdentifier));
    extensions.push(derExtension('2.5.29.37', usages));
  }
  if (subject.hosts !== undefined) {
    extensions.push(derExtension('2.5.29.17', derSequenceOf(subject.hosts.map(subjectAltName))));
  }
  if (order.onlyHosts !== undefined) {
    extensions.push(derExtension('2.5.29.30', onlyHosts(order.onlyHosts), true));
  }
  return derSequenceOf(extensions);
};

const serialNumber = (serial: Uint8Array): Uint8Array => {
  const number = derInteger(serial);
  // Header and content: at most 20 bytes of content, and not the number zero.
  if (number.length > 22 || equal(number, derInteger(Uint8Array.of(0)))) {
    throw new RangeError('certificate serial: zero or longer than 20 bytes');
  }
  return number;
};

/**
 * Issues a certificate and returns its DER. Only what is in the order gets into it, never anything of a request.
 * @throws RangeError when the serial is zero or longer than 20 bytes
 * @throws TypeError when the public key or the issuer's certificate is malformed
 */
export const issueCertificate = async (order: CertificateOrder): Promise<Uint8Array> => {
  const subject = commonNameOnly(order.subject.commonName);
  const { certificate } = order.issuer;
  const issuer = certificate && issuerOf(certificate);
  const tbs = derSequence(
    derElement(0xa0, derInteger(Uint8Array.of(2))),
    serialNumber(order.serial),
    sha256WithRsaDer,
    issuer?.name ?? subject,
    derSequence(derTime(order.notBefore), derTime(order.notAfter)),
    subject,
    order.publicKey,
    derElement(0xa3, extensionsOf(order, issuer)),
  );
  return derSigned(tbs, sha256WithRsaDer, await order.issuer.sign(tbs));
};
