import type { KeyObject } from 'node:crypto';
import { concat } from '../../reference/core/bytes.ts';
import { nameOf, toPem } from './certificate-forger.ts';
import {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derUtf8String,
} from './der.ts';
import {
  addressName,
  algorithms,
  oids,
  purposes,
  signerWith,
  spkiOf,
  usage,
  type ExtensionField,
} from './x509-fields.ts';

/** Every part of a certificate request (RFC 2986 section 4). */
interface RequestFields {
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly attributes: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly sign: (information: Uint8Array) => Uint8Array;
}

/** PEM of a request of these parts. */
const writeRequest = (fields: RequestFields): string => {
  const information = derSequence(
    derInteger(Uint8Array.of(0)),
    fields.subject,
    fields.publicKey,
    fields.attributes,
  );
  const signature = derBitString(fields.sign(information));
  return toPem('CERTIFICATE REQUEST', derSequence(information, fields.algorithm, signature));
};

const rightFields = (number: string, key: KeyObject): RequestFields => ({
  subject: nameOf(number),
  publicKey: spkiOf(key),
  attributes: derExplicit(0),
  algorithm: algorithms.sha256,
  sign: signerWith(key),
});

const extensionRequest = '1.2.840.113549.1.9.14';

const requesting = (extensions: readonly ExtensionField[]): Uint8Array => {
  const list = extensions.map(({ oid, critical, value }) =>
    derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value)),
  );
  return derExplicit(0, derSequence(derOid(extensionRequest), derSet(derSequence(...list))));
};

/** What requests are made of: fresh keys, another number, and somebody else's key identifier. */
export interface RequestMeans {
  readonly key: KeyObject;
  readonly otherKey: KeyObject;
  readonly otherNumber: string;
  /** Subject Key Identifier of another user's certificate (20 bytes). */
  readonly victim: Uint8Array;
  readonly keys: Readonly<Record<string, KeyObject>>;
}

/** A request with one fault, or with one thing that it should not ask for. */
export interface RequestCase {
  /** Row of the catalogue; empty for the control. */
  readonly row: string;
  readonly name: string;
  /** Whether it must be refused, may be, or is refused or served without what it asks for. */
  readonly kind: 'right' | 'refused' | 'tolerable' | 'ignored';
  readonly make: (number: string, means: RequestMeans) => string;
}

const changed =
  (
    change: (fields: RequestFields, means: RequestMeans, number: string) => Partial<RequestFields>,
  ) =>
  (number: string, means: RequestMeans): string => {
    const fields = rightFields(number, means.key);
    return writeRequest({ ...fields, ...change(fields, means, number) });
  };

const asking = (extensionOf: (means: RequestMeans) => ExtensionField) =>
  changed((_fields, means) => ({ attributes: requesting([extensionOf(means)]) }));

const flipLast = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));

const organisation = (number: string): Uint8Array => {
  const unit = derSequence(derOid('2.5.4.10'), derUtf8String('Attackers'));
  const name = derSequence(derOid('2.5.4.3'), derUtf8String(number));
  return derSequence(derSet(unit), derSet(name));
};

/** The request of a phone that does nothing wrong. */
export const rightRequest: RequestCase = {
  row: '',
  name: 'control',
  kind: 'right',
  make: (number, { key }) => writeRequest(rightFields(number, key)),
};

const cases =
  (row: string, kind: RequestCase['kind']) =>
  (made: Readonly<Record<string, RequestCase['make']>>): readonly RequestCase[] =>
    Object.entries(made).map(([name, make]) => ({ row, name, kind, make }));

/** What only an authority decides, asked for by a user (catalogue E6). */
const wishes = cases(
  'E6',
  'ignored',
)({
  authority: asking(() => ({
    oid: oids.basicConstraints,
    critical: true,
    value: derSequence(derBoolean(true)),
  })),
  'certificate-signing': asking(() => ({
    oid: oids.keyUsage,
    critical: true,
    value: usage(0x86, 1),
  })),
  'server-purpose': asking(() => ({
    oid: oids.extendedKeyUsage,
    critical: false,
    value: purposes(oids.serverAuth, oids.clientAuth),
  })),
  'alternative-name': asking(() => ({
    oid: oids.subjectAltName,
    critical: false,
    value: addressName('127.0.0.1'),
  })),
  'identifier-of-another': asking(({ victim }) => ({
    oid: oids.subjectKeyIdentifier,
    critical: false,
    value: derOctetString(victim),
  })),
  'further-names': changed((_fields, _means, number) => ({ subject: organisation(number) })),
});

/** Requests whose key is not proved, or whose name is not the number (E7). */
const proofs: readonly RequestCase[] = [
  ...cases(
    'E7',
    'refused',
  )({
    'signature-altered': changed(({ sign }) => ({ sign: (bytes) => flipLast(sign(bytes)) })),
    'signed-by-another-key': changed((_fields, { otherKey }) => ({ sign: signerWith(otherKey) })),
    'not-signed': changed(() => ({ sign: () => new Uint8Array(0) })),
    'altered-after-signing': changed(({ sign }, { otherKey }) => ({
      publicKey: spkiOf(otherKey),
      sign: (bytes) => sign(bytes.subarray(1)),
    })),
    'name-of-another': changed((_fields, { otherNumber }) => ({ subject: nameOf(otherNumber) })),
    'name-twice': changed((_fields, { otherNumber }, number) => ({
      subject: nameOf(number, otherNumber),
    })),
    'name-and-more': changed((_fields, _means, number) => ({ subject: nameOf(`${number}\0.`) })),
    'no-name': changed(() => ({ subject: derElement(0x30) })),
  }),
  ...cases(
    'E7',
    'tolerable',
  )({
    'sha1-signature': changed((_fields, { key }) => ({
      algorithm: algorithms.sha1,
      sign: signerWith(key, 'sha1'),
    })),
  }),
];

const forKey =
  (name: string): RequestCase['make'] =>
  (number, { keys, key }) =>
    writeRequest(rightFields(number, keys[name] ?? key));

/** Requests for keys that give themselves away, or that somebody has already (E8). */
const weak: readonly RequestCase[] = [
  ...cases(
    'E8',
    'refused',
  )({
    'rsa-1024': forKey('rsa-1024'),
    'rsa-2047': forKey('rsa-2047'),
    roca: forKey('roca'),
    'close-primes': forKey('close-primes'),
    'certified-key': forKey('certified-key'),
  }),
  ...cases('E8', 'tolerable')({ 'exponent-3': forKey('exponent-3') }),
];

/** Requests with one fault each (catalogue E6 to E8). */
export const requestCases: readonly RequestCase[] = [...wishes, ...proofs, ...weak];

/** Elements nested so deep that a parser without a limit fails, as a request (PEM). */
export const deepRequest = (): string => {
  const levels = 1_500;
  let der: Uint8Array = new Uint8Array(0);
  for (let level = 0; level < levels; level += 1) der = derSequence(der);
  return toPem('CERTIFICATE REQUEST', der);
};

/** A request (PEM) whose outermost length promises four gigabytes. */
export const boundlessRequest = (): string =>
  toPem(
    'CERTIFICATE REQUEST',
    concat(Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), new Uint8Array(64)),
  );
