import { latin1 } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { derTag, objectIdentifierText, type DerNode } from './der.ts';
import {
  readExtensionValue,
  splitExtensions,
  type ExtensionListFaultCode,
} from './extension-list.ts';
import { readNameConstraints, type HostNames, type NameConstraints } from './name-constraints.ts';

/** Names of the KeyUsage bits, in bit order (RFC 5280 section 4.2.1.3). */
const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** One permitted use of a key (RFC 5280 section 4.2.1.3). */
export type KeyUsage = (typeof keyUsageNames)[number];

/** The extensions that this system reads; each absent where the certificate has none (RFC 5280 section 4.2.1). */
export interface CertificateExtensions {
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  /** Object identifiers of purposes, as listed. */
  readonly extendedKeyUsage?: readonly string[];
  readonly basicConstraints?: { readonly authority: boolean; readonly pathLength?: number };
  readonly subjectKeyIdentifier?: Uint8Array;
  /** The keyIdentifier field, if the extension has one. */
  readonly authorityKeyIdentifier?: Uint8Array;
  readonly subjectAltName?: HostNames;
  readonly nameConstraints?: NameConstraints;
  /** Object identifiers of critical extensions that are none of the above. */
  readonly unknownCritical: readonly string[];
}

/** Why an extension is refused; the offset counts from the start of the certificate. */
export type ExtensionFaultCode = ExtensionListFaultCode | 'extension-value';

type ExtensionResult<Value> = Result<Value, Fault<ExtensionFaultCode>>;

/** Every extension's value while they are collected. */
type Collected = { -readonly [Name in keyof CertificateExtensions]: CertificateExtensions[Name] };

type ExtensionReader = (
  value: DerNode,
  collected: Collected,
) => Fault<ExtensionFaultCode> | undefined;

const refused = (node: DerNode): Fault<ExtensionFaultCode> => ({
  code: 'extension-value',
  offset: node.offset,
});

const readKeyUsage: ExtensionReader = (value, collected) => {
  const [unused = 0, ...octets] = value.content;
  const last = octets.at(-1) ?? 0;
  // A named bit list ends with its last set bit (X.690 section 11.2.2).
  if (value.tag !== derTag.bitString || ((last >> unused) & 1) !== 1) return refused(value);
  const set = keyUsageNames.filter(
    (_, bit) => (((octets[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1,
  );
  collected.keyUsage = new Set(set);
  return undefined;
};

const readExtendedKeyUsage: ExtensionReader = (value, collected) => {
  const purposes = value.children;
  if (value.tag !== derTag.sequence || purposes.length === 0) return refused(value);
  if (purposes.some(({ tag }) => tag !== derTag.objectIdentifier)) return refused(value);
  collected.extendedKeyUsage = purposes.map(({ content }) => objectIdentifierText(content));
  return undefined;
};

const readBasicConstraints: ExtensionReader = (value, collected) => {
  const [authority, pathLength, ...rest] = value.children;
  if (value.tag !== derTag.sequence || rest.length > 0) return refused(value);
  if (!authority) {
    collected.basicConstraints = { authority: false };
    return undefined;
  }
  if (authority.tag !== derTag.boolean) return refused(authority);
  if (authority.content[0] === 0) return { code: 'extension-default', offset: authority.offset };
  if (!pathLength) {
    collected.basicConstraints = { authority: true };
    return undefined;
  }
  const length = pathLength.content[0] ?? 0x80;
  if (pathLength.tag !== derTag.integer || pathLength.content.length !== 1 || length > 0x7f)
    return refused(pathLength);
  collected.basicConstraints = { authority: true, pathLength: length };
  return undefined;
};

const readSubjectKeyIdentifier: ExtensionReader = (value, collected) => {
  if (value.tag !== derTag.octetString) return refused(value);
  collected.subjectKeyIdentifier = value.content;
  return undefined;
};

const readAuthorityKeyIdentifier: ExtensionReader = (value, collected) => {
  const tags = value.children.map(({ tag }) => tag);
  const known = tags.every((tag) => tag === 0x80 || tag === 0xa1 || tag === 0x82);
  const ordered = tags.every(
    (tag, index) => (tag & 0x1f) > ((tags[index - 1] ?? -1) & 0x1f) || index === 0,
  );
  if (value.tag !== derTag.sequence || !known || !ordered) return refused(value);
  const identifier = value.children.find(({ tag }) => tag === 0x80);
  if (identifier) collected.authorityKeyIdentifier = identifier.content;
  return undefined;
};

const readSubjectAltName: ExtensionReader = (value, collected) => {
  if (value.tag !== derTag.sequence || value.children.length === 0) return refused(value);
  const dnsNames: string[] = [];
  const ipAddresses: Uint8Array[] = [];
  for (const name of value.children) {
    if (name.tag === 0x82) {
      if (!/^[\x21-\x7e]+$/.test(latin1(name.content))) return refused(name);
      dnsNames.push(latin1(name.content));
    } else if (name.tag === 0x87) {
      if (name.content.length !== 4 && name.content.length !== 16) return refused(name);
      ipAddresses.push(name.content);
    } else if (name.tag < 0x80) return refused(name);
  }
  collected.subjectAltName = { dnsNames, ipAddresses };
  return undefined;
};

const readConstraints: ExtensionReader = (value, collected) => {
  const constraints = readNameConstraints(value);
  if (constraints === undefined) return refused(value);
  collected.nameConstraints = constraints;
  return undefined;
};

const readers: ReadonlyMap<string, ExtensionReader> = new Map([
  ['2.5.29.14', readSubjectKeyIdentifier],
  ['2.5.29.15', readKeyUsage],
  ['2.5.29.17', readSubjectAltName],
  ['2.5.29.19', readBasicConstraints],
  ['2.5.29.30', readConstraints],
  ['2.5.29.35', readAuthorityKeyIdentifier],
  ['2.5.29.37', readExtendedKeyUsage],
]);

/**
 * Reads the Extensions sequence of a certificate (RFC 5280 section 4.1.2.9); `der` is the whole certificate. Values of
 * extensions that this system does not know stay unread: they matter only where they are critical.
 */
export const parseExtensions = (
  der: Uint8Array,
  list: DerNode,
): ExtensionResult<CertificateExtensions> => {
  const extensions = splitExtensions(list);
  if (!extensions.ok) return extensions;
  const unknownCritical: string[] = [];
  const collected: Collected = { unknownCritical };
  for (const extension of extensions.value) {
    const reader = readers.get(extension.oid);
    if (!reader) {
      if (extension.critical) unknownCritical.push(extension.oid);
      continue;
    }
    const inner = readExtensionValue(der, extension);
    if (!inner.ok) return inner;
    const failure = reader(inner.value, collected);
    if (failure) return fault(failure.code, failure.offset);
  }
  return ok(collected);
};
