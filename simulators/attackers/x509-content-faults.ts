import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { concat, utf8 } from '../../reference/core/bytes.ts';
import {
  derBitString,
  derChildren,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSlice,
  derTime,
  readDer,
} from './der.ts';
import { nameOf } from './certificate-forger.ts';
import {
  authoritiesOf,
  changed,
  refused,
  rightOf,
  show,
  tolerable,
  type CertificateFault,
  type ShownCertificate,
  type Workshop,
} from './x509-faults.ts';
import {
  addressName,
  algorithms,
  oids,
  signerWith,
  timeDigits,
  timeText,
  withExtension,
  writeFields,
  commonNameOf,
  type CertificateFields,
} from './x509-fields.ts';

const hour = 3_600_000;
const second = 1_000;

const utf8Name = (text: string): Uint8Array => commonNameOf(0x0c, utf8(text));

const named = (make: (number: string) => Uint8Array) =>
  changed((_fields, { name }) => ({ subject: make(name) }));

const utf16 = (text: string): Uint8Array =>
  Uint8Array.from(text, (each) => each.charCodeAt(0)).reduce<Uint8Array>(
    (bytes, each) => concat(bytes, Uint8Array.of(0, each)),
    new Uint8Array(0),
  );

const fullWidth = (text: string): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));

const another = '+33639980298';

/** CommonNames that read like the number, or hold it besides another (catalogue X4). */
const nameFaults = refused('X4', {
  nul: named((number) => utf8Name(`${number}\0${another}`)),
  'nul-behind': named((number) => utf8Name(`${number}\0`)),
  'number-then-another': named((number) => nameOf(number, another)),
  'another-then-number': named((number) => nameOf(another, number)),
  'space-behind': named((number) => utf8Name(`${number} `)),
  'line-break-behind': named((number) => utf8Name(`${number}\n`)),
  'right-to-left-mark': named((number) => utf8Name(`${number}\u200f`)),
  'look-alike-plus': named((number) => utf8Name(number.replace('+', '\uff0b'))),
  'full-width-digits': named((number) => utf8Name(fullWidth(number))),
  'number-before-more': named((number) => utf8Name(`${number}0`)),
  'bmp-string': named((number) => commonNameOf(0x1e, utf16(number))),
});

/** Other spellings of the same number (X5). */
const spellingFaults = refused('X5', {
  '00': named((number) => utf8Name(number.replace('+', '00'))),
  national: named((number) => utf8Name(number.replace('+33', '0'))),
  'trunk-zero': named((number) => utf8Name(number.replace('+33', '+330'))),
  spaces: named((number) => utf8Name(number.replace(/(\d\d)(\d)/, '$1 $2 '))),
  'tel-uri': named((number) => utf8Name(`tel:${number}`)),
  'escaped-plus': named((number) => utf8Name(number.replace('+', '%2B'))),
});

const sipName = (number: string): Uint8Array =>
  derSequence(derElement(0x86, utf8(`sip:${number}@sip.invalid`)));
const dnsName = (text: string): Uint8Array => derSequence(derElement(0x82, utf8(text)));

const alternative = (make: (workshop: Workshop) => Uint8Array | null, commonName?: string) =>
  changed(({ extensions, subject }, workshop) => ({
    subject: commonName === undefined ? subject : nameOf(commonName),
    extensions: withExtension(extensions, oids.subjectAltName, make(workshop)),
  }));

/** Names beside the CommonName that say another thing (X6). */
const userNameFaults: readonly CertificateFault[] = [
  ...refused('X6', { 'number-only-beside': alternative(({ name }) => sipName(name), another) }),
  ...tolerable('X6', { 'another-number-beside': alternative(() => sipName(another)) }),
];

const serverNameFaults: readonly CertificateFault[] = [
  ...refused('X6', {
    'other-host': alternative(() => addressName('192.0.2.1')),
    'host-as-text': alternative(({ name }) => dnsName(name)),
    'common-name-only': alternative(() => null),
  }),
  ...tolerable('X6', {
    'other-common-name': alternative(({ name }) => addressName(name), 'another.invalid'),
  }),
];

const lasting = (from: number, until: number) =>
  changed(() => ({
    notBefore: derTime(Date.now() + from),
    notAfter: derTime(Date.now() + until),
  }));

const beginning = (write: (digits: string) => Uint8Array) =>
  changed(() => ({ notBefore: write(timeDigits(Date.now() - 26 * hour)) }));

/** When a certificate is good (X7). */
const timeFaults: readonly CertificateFault[] = [
  ...refused('X7', {
    expired: lasting(-2 * hour, -hour),
    'just-expired': lasting(-2 * hour, -5 * second),
    'not-yet-valid': lasting(hour, 2 * hour),
    'ends-before-it-begins': lasting(hour, -hour),
    'expired-last-century': changed(() => ({
      notBefore: timeText('utc', '980101000000Z'),
      notAfter: timeText('utc', '990101000000Z'),
    })),
  }),
  ...tolerable('X7', {
    'generalized-before-2050': beginning((digits) => timeText('generalized', `${digits}Z`)),
    'with-fraction': beginning((digits) => timeText('generalized', `${digits}.5Z`)),
    'with-offset': beginning((digits) => timeText('utc', `${digits.slice(2)}+0100`)),
    'without-seconds': beginning((digits) => timeText('utc', `${digits.slice(2, 12)}Z`)),
  }),
];

const forKey = (pick: (workshop: Workshop) => KeyObject) => (workshop: Workshop) => ({
  ...show(workshop, rightOf(workshop, pick(workshop))),
  key: pick(workshop),
});

/** DER of a SubjectPublicKeyInfo with the modulus of a key and another exponent (RFC 8017 appendix A.1.1). */
const spkiWithExponent = (key: KeyObject, exponent: number): Uint8Array => {
  const modulus = modulusOf(key);
  const value = Uint8Array.of(exponent >> 16, (exponent >> 8) & 0xff, exponent & 0xff);
  const rsaPublicKey = derSequence(derInteger(modulus), derInteger(value));
  const algorithm = derSequence(derOid('1.2.840.113549.1.1.1'), derNull());
  return derSequence(algorithm, derBitString(rsaPublicKey));
};

const modulusOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(createPublicKey(key).export({ format: 'jwk' }).n ?? '', 'base64url'));

const digestPrefix = Uint8Array.from(Buffer.from('3031300d060960864801650304020105000420', 'hex'));

/** The padded block of a signature (RFC 8017 section 9.2), which is the signature itself where the exponent is 1. */
const paddedBlock = (message: Uint8Array): Uint8Array => {
  const digest = new Uint8Array(createHash('sha256').update(message).digest());
  const end = concat(Uint8Array.of(0), digestPrefix, digest);
  return concat(Uint8Array.of(0, 1), new Uint8Array(254 - end.length).fill(0xff), end);
};

const withExponent =
  (exponent: number) =>
  (workshop: Workshop): ShownCertificate => {
    const fields = rightOf(workshop);
    const publicKey = spkiWithExponent(workshop.keys.own, exponent);
    const bits = readDer(publicKey);
    const key = bits && derChildren(publicKey, bits)[1];
    const content = key ? publicKey.subarray(key.contentStart + 1, key.end) : publicKey;
    const identifier = new Uint8Array(createHash('sha1').update(content).digest());
    const extensions = withExtension(
      fields.extensions,
      oids.subjectKeyIdentifier,
      derOctetString(identifier),
    );
    return { ...show(workshop, { ...fields, publicKey, extensions }), sign: paddedBlock };
  };

/** Keys that give themselves away (X9). */
const keyFaults: readonly CertificateFault[] = [
  ...refused('X9', { 'rsa-2047': forKey(({ keys }) => keys.rsa2047) }),
  ...tolerable('X9', { 'exponent-3': forKey(({ keys }) => keys.exponent3) }),
];

/** Too short for a signature of X-CSL-Info2, which has the length of a right key's. */
const shortKey = refused('X9', { 'rsa-1024': forKey(({ keys }) => keys.rsa1024) });

/** Exponents with which anyone signs, or nobody: only where the key signs messages of the testbed's own making. */
const exponentFaults = refused('X9', {
  'exponent-1': withExponent(1),
  'exponent-even': withExponent(65_536),
});

const signedAs = (hash: keyof typeof algorithms) =>
  changed((_fields, workshop) => {
    const [issuer] = authoritiesOf(workshop);
    return { algorithm: algorithms[hash], sign: signerWith(issuer.key, hash) };
  });

const pssAlgorithm = (parameters: Uint8Array): Uint8Array =>
  derSequence(derOid('1.2.840.113549.1.1.10'), parameters);

const flipLast = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));

/** How the certificate is signed (X10). */
const signatureFaults: readonly CertificateFault[] = [
  ...refused('X10', {
    md5: signedAs('md5'),
    sha1: signedAs('sha1'),
    'inner-says-another': changed(() => ({
      algorithm: algorithms.sha1,
      outerAlgorithm: algorithms.sha256,
    })),
    'outer-says-another': changed(() => ({ outerAlgorithm: algorithms.sha512 })),
    'pss-malformed': changed(() => ({ algorithm: pssAlgorithm(derNull()) })),
    'signature-altered': changed(({ sign }) => ({ sign: (bytes) => flipLast(sign(bytes)) })),
    'signature-empty': changed(() => ({ sign: () => new Uint8Array(0) })),
  }),
  ...tolerable('X10', {
    sha512: signedAs('sha512'),
    'no-null-parameters': changed(() => ({
      algorithm: derSequence(derOid('1.2.840.113549.1.1.11')),
    })),
  }),
];

const contentOf = (der: Uint8Array): Uint8Array => {
  const outer = readDer(der);
  return outer ? der.subarray(outer.contentStart) : der;
};

const finished = (finish: (der: Uint8Array) => Uint8Array) => changed(() => ({ finish }));

/** Its length in one byte more than needed. */
const longLength = (der: Uint8Array): Uint8Array => {
  const content = contentOf(der);
  const { length } = content;
  return concat(Uint8Array.of(0x30, 0x83, 0, length >> 8, length & 0xff), content);
};

const otherEncodings: Readonly<Record<string, CertificateFault['make']>> = {
  'bytes-behind': finished((der) => concat(der, Uint8Array.of(0))),
  'long-length': finished(longLength),
  'indefinite-length': finished((der) =>
    concat(Uint8Array.of(0x30, 0x80), contentOf(der), Uint8Array.of(0, 0)),
  ),
  'boolean-of-1': changed(() => ({ critical: Uint8Array.of(1, 1, 1) })),
};

/** A certificate whose content was changed after it was signed. */
const afterSigning = (change: (fields: CertificateFields) => Partial<CertificateFields>) =>
  changed((fields, workshop) => {
    const signed = { ...fields, ...change(fields) };
    const [issuer] = authoritiesOf(workshop);
    const original = writeFields(fields);
    const outer = readDer(original);
    const [toBeSigned] = outer ? derChildren(original, outer) : [];
    const sign = signerWith(issuer.key);
    return { ...signed, sign: () => sign(toBeSigned ? derSlice(original, toBeSigned) : original) };
  });

/** Changes of what was signed (3.1.c). */
const alterations = refused('X11', {
  'serial-altered': afterSigning(() => ({ serial: derInteger(Uint8Array.of(1, 2, 3)) })),
  'end-altered': afterSigning(() => ({ notAfter: derTime(Date.now() + 100_000 * hour) })),
  'identifier-altered': afterSigning(({ extensions }) => ({
    extensions: extensions.map((each) =>
      each.oid === oids.authorityKeyIdentifier
        ? { ...each, value: derSequence(derElement(0x80, new Uint8Array(20))) }
        : each,
    ),
  })),
});

/** Faults of what a user's certificate says (catalogue X4 to X7, X9 to X11). */
export const userContentFaults: readonly CertificateFault[] = [
  ...nameFaults,
  ...spellingFaults,
  ...userNameFaults,
  ...timeFaults,
  ...keyFaults,
  ...exponentFaults,
  ...signatureFaults,
  ...refused('X11', otherEncodings),
  ...alterations,
];

/** Faults of what a server's certificate says. Libraries may read other encodings than DER, which leads to the same certificate. */
export const serverContentFaults: readonly CertificateFault[] = [
  ...serverNameFaults,
  ...timeFaults,
  ...shortKey,
  ...keyFaults,
  ...signatureFaults,
  ...tolerable('X11', otherEncodings),
  ...alterations,
];
