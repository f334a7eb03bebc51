import { BitString, fromBER, Integer, Null, OctetString, Utf8String } from 'asn1js';
import {
  AlgorithmIdentifier,
  AltName,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time,
} from 'pkijs';
import { concat } from '../bytes.ts';
import { sha1 } from '../primitives/hash.ts';
import { ipAddressBytes } from './ip-address.ts';
import { onlyHosts } from './name-constraints.ts';
import { keyUsageBit, type CertificateProfile } from './profiles.ts';

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

const sha256WithRsa = '1.2.840.113549.1.1.11';
const commonNameType = '2.5.4.3';

/** AlgorithmIdentifier of sha256WithRSAEncryption, with the NULL of RFC 4055 section 5. */
export const sha256WithRsaIdentifier = (): AlgorithmIdentifier =>
  new AlgorithmIdentifier({ algorithmId: sha256WithRsa, algorithmParams: new Null() });

/** A distinguished name of one CommonName, as UTF8String. */
export const commonNameOnly = (commonName: string): RelativeDistinguishedNames =>
  new RelativeDistinguishedNames({
    typesAndValues: [
      new AttributeTypeAndValue({
        type: commonNameType,
        value: new Utf8String({ value: commonName }),
      }),
    ],
  });

const publicKeyInfo = (spki: Uint8Array): PublicKeyInfo =>
  new PublicKeyInfo({ schema: fromBER(spki).result });

/** Subject Key Identifier by RFC 5280 section 4.2.1.2 method 1 (20 bytes), of a SubjectPublicKeyInfo in DER. */
export const subjectKeyIdentifier = (spki: Uint8Array): Uint8Array =>
  sha1(publicKeyInfo(spki).subjectPublicKey.valueBlock.valueHexView);

const extension = (extnID: string, critical: boolean, value: ArrayBuffer): Extension =>
  new Extension({ extnID, critical, extnValue: value });

const keyUsageExtension = (profile: CertificateProfile): Extension => {
  const bits = profile.keyUsage.map((usage) => keyUsageBit[usage]);
  const byte = bits.reduce((sum: number, bit) => sum | (0x80 >> bit), 0);
  const value = new BitString({
    unusedBits: 7 - Math.max(...bits),
    valueHex: Uint8Array.of(byte).buffer,
  });
  return extension('2.5.29.15', true, value.toBER());
};

const subjectAltName = (host: string): GeneralName => {
  const address = ipAddressBytes(host);
  return address === undefined
    ? new GeneralName({ type: 2, value: host })
    : new GeneralName({
        type: 7,
        value: new OctetString({ valueHex: Uint8Array.from(address).buffer }),
      });
};

const extensionsOf = (order: CertificateOrder, issuerKeyIdentifier?: Uint8Array): Extension[] => {
  const { profile, subject } = order;
  const { pathLength } = profile;
  const constraints =
    pathLength === null
      ? new BasicConstraints()
      : new BasicConstraints({ cA: true, pathLenConstraint: pathLength });
  const keyIdentifier = new OctetString({
    valueHex: Uint8Array.from(subjectKeyIdentifier(order.publicKey)).buffer,
  });
  const extensions = [
    extension('2.5.29.19', true, constraints.toSchema().toBER()),
    keyUsageExtension(profile),
    extension('2.5.29.14', false, keyIdentifier.toBER()),
  ];
  if (issuerKeyIdentifier !== undefined) {
    const identifier = new AuthorityKeyIdentifier({
      keyIdentifier: new OctetString({ valueHex: Uint8Array.from(issuerKeyIdentifier).buffer }),
    });
    extensions.push(extension('2.5.29.35', false, identifier.toSchema().toBER()));
  }
  if (profile.extendedKeyUsage.length > 0) {
    const usages = new ExtKeyUsage({ keyPurposes: [...profile.extendedKeyUsage] });
    extensions.push(extension('2.5.29.37', false, usages.toSchema().toBER()));
  }
  if (subject.hosts !== undefined) {
    const names = new AltName({ altNames: subject.hosts.map(subjectAltName) });
    extensions.push(extension('2.5.29.17', false, names.toSchema().toBER()));
  }
  if (order.onlyHosts !== undefined) {
    const value = Uint8Array.from(onlyHosts(order.onlyHosts)).buffer;
    extensions.push(extension('2.5.29.30', true, value));
  }
  return extensions;
};

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5), without fractions of a second. */
const timeOf = (milliseconds: number): Time => {
  const value = new Date(Math.floor(milliseconds / 1000) * 1000);
  return new Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value });
};

const serialNumber = (serial: Uint8Array): Integer => {
  const first = serial.findIndex((byte) => byte !== 0);
  const digits = serial.slice(first);
  const content = (digits[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits;
  if (first < 0 || content.length > 20) {
    throw new RangeError('certificate serial: zero or longer than 20 bytes');
  }
  return new Integer({ valueHex: Uint8Array.from(content).buffer });
};

/**
 * Issues a certificate and returns its DER. Only what is in the order gets into it, never anything of a request.
 * @throws RangeError when the serial is zero or longer than 20 bytes
 */
export const issueCertificate = async (order: CertificateOrder): Promise<Uint8Array> => {
  const subject = commonNameOnly(order.subject.commonName);
  const issuer =
    order.issuer.certificate === undefined
      ? undefined
      : Certificate.fromBER(Uint8Array.from(order.issuer.certificate).buffer);
  const issuerKey = issuer && new Uint8Array(issuer.subjectPublicKeyInfo.toSchema().toBER());
  const certificate = new Certificate({
    version: 2,
    serialNumber: serialNumber(order.serial),
    signature: sha256WithRsaIdentifier(),
    signatureAlgorithm: sha256WithRsaIdentifier(),
    issuer: issuer?.subject ?? subject,
    notBefore: timeOf(order.notBefore),
    notAfter: timeOf(order.notAfter),
    subject,
    subjectPublicKeyInfo: publicKeyInfo(order.publicKey),
    extensions: extensionsOf(order, issuerKey && subjectKeyIdentifier(issuerKey)),
  });
  const tbs = new Uint8Array(certificate.encodeTBS().toBER());
  const signature = await order.issuer.sign(tbs);
  certificate.signatureValue = new BitString({ valueHex: Uint8Array.from(signature).buffer });
  return new Uint8Array(certificate.toSchema(true).toBER());
};
