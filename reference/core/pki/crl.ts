import { equal } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { keyIdentifierOf, type Certificate } from './certificate.ts';
import { derTag, parseDer, type DerFaultCode, type DerNode } from './der.ts';
import {
  readKnownExtensions,
  type ExtensionListFaultCode,
  type ReadExtensions,
} from './extension-list.ts';
import { readReason, type RevokedCertificate } from './revocation.ts';
import { serialText } from './serial.ts';
import { isSignedBy, type SignedBytes } from './signed-object.ts';
import { readTime } from './time.ts';

/** Why bytes are not one canonical version 2 certificate revocation list. */
export type CrlFormCode =
  | DerFaultCode
  | ExtensionListFaultCode
  | 'crl-form'
  | 'crl-version'
  | 'crl-time'
  | 'crl-number'
  | 'crl-key-identifier'
  | 'crl-entry'
  | 'crl-entry-repeated'
  | 'crl-signature-form';

/** Why a list is not to be relied on. */
export type CrlFaultCode =
  | 'crl-critical-extension'
  | 'crl-issuer'
  | 'crl-issuer-usage'
  | 'crl-signature'
  | 'crl-not-yet-valid'
  | 'crl-expired';

/** A certificate revocation list (RFC 5280 section 5), read from its only encoding; nothing of it is verified. */
export interface Crl extends SignedBytes {
  readonly der: Uint8Array;
  /** Raw DER of the issuer's name. */
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly number: bigint;
  readonly authorityKeyIdentifier: Uint8Array;
  /** By {@link serialText} of the serial. */
  readonly revoked: ReadonlyMap<string, RevokedCertificate>;
  /** Object identifiers of critical extensions, of the list or of an entry, that are not read here. */
  readonly unknownCritical: readonly string[];
}

type CrlResult<Value> = Result<Value, Fault<CrlFormCode>>;

const oids = { number: '2.5.29.20', reason: '2.5.29.21', authorityKeyIdentifier: '2.5.29.35' };

interface Entry {
  readonly certificate: RevokedCertificate;
  readonly unknownCritical: readonly string[];
}

const isPositive = (content: Uint8Array): boolean => (content[0] ?? 0x80) < 0x80;

const readEntry = (der: Uint8Array, node: DerNode): CrlResult<Entry> => {
  const [serial, date, list, ...rest] = node.children;
  const at = date && readTime(date);
  if (
    node.tag !== derTag.sequence ||
    serial?.tag !== derTag.integer ||
    !isPositive(serial.content) ||
    serial.content.length > 20 ||
    at === undefined ||
    rest.length > 0
  )
    return fault('crl-entry', node.offset);
  const extensions = readKnownExtensions(der, list, [oids.reason]);
  if (!extensions.ok) return extensions;
  const given = extensions.value.values.get(oids.reason);
  const reason = given === undefined ? 'unspecified' : readReason(given);
  if (reason === undefined) return fault('crl-entry', node.offset, 'reason');
  const { unknownCritical } = extensions.value;
  return ok({ certificate: { serial: serial.content, at, reason }, unknownCritical });
};

interface Entries {
  readonly revoked: ReadonlyMap<string, RevokedCertificate>;
  readonly unknownCritical: readonly string[];
}

const readEntries = (der: Uint8Array, list: DerNode | undefined): CrlResult<Entries> => {
  const revoked = new Map<string, RevokedCertificate>();
  const unknownCritical: string[] = [];
  // An empty list has none (RFC 5280 section 5.1.2.6).
  if (list?.children.length === 0) return fault('crl-entry', list.offset);
  for (const node of list?.children ?? []) {
    const entry = readEntry(der, node);
    if (!entry.ok) return entry;
    const key = serialText(entry.value.certificate.serial);
    if (revoked.has(key)) return fault('crl-entry-repeated', node.offset);
    revoked.set(key, entry.value.certificate);
    unknownCritical.push(...entry.value.unknownCritical);
  }
  return ok({ revoked, unknownCritical });
};

interface ListExtensions {
  readonly number: bigint;
  readonly authorityKeyIdentifier: Uint8Array;
}

/** Both are demanded of every list (RFC 5280 sections 5.2.1 and 5.2.3). */
const readListExtensions = (
  { values }: ReadExtensions,
  list: DerNode,
): CrlResult<ListExtensions> => {
  const number = values.get(oids.number);
  const isNumber = number?.tag === derTag.integer && isPositive(number.content);
  if (!isNumber || number.content.length > 20) return fault('crl-number', list.offset);
  const authority = values.get(oids.authorityKeyIdentifier);
  const identifier = authority?.children[0];
  if (authority?.tag !== derTag.sequence || identifier?.tag !== 0x80)
    return fault('crl-key-identifier', list.offset);
  return ok({
    number: number.content.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
    authorityKeyIdentifier: identifier.content,
  });
};

type SignedPart = Omit<Crl, 'der' | 'tbs' | 'algorithm' | 'signature'>;

const parseSignedPart = (der: Uint8Array, tbs: DerNode): CrlResult<SignedPart> => {
  const [version, algorithm, issuer, from, until, ...more] = tbs.children;
  if (version?.tag !== derTag.integer || version.content.length !== 1 || version.content[0] !== 1)
    return fault('crl-version', version?.offset ?? tbs.offset);
  if (algorithm?.tag !== derTag.sequence || issuer?.tag !== derTag.sequence)
    return fault('crl-form', tbs.offset);
  const thisUpdate = from && readTime(from);
  const nextUpdate = until && readTime(until);
  if (thisUpdate === undefined || nextUpdate === undefined) return fault('crl-time', issuer.end);
  const list = more.length === 2 && more[0]?.tag === derTag.sequence ? more[0] : undefined;
  const wrapped = more.at(-1);
  const inner = wrapped?.children[0];
  if (more.length !== (list ? 2 : 1) || wrapped?.tag !== 0xa0 || !inner)
    return fault('crl-form', tbs.offset);
  if (wrapped.children.length !== 1) return fault('crl-form', wrapped.offset);
  const entries = readEntries(der, list);
  if (!entries.ok) return entries;
  const known = [oids.number, oids.authorityKeyIdentifier];
  const extensions = readKnownExtensions(der, inner, known);
  if (!extensions.ok) return extensions;
  const said = readListExtensions(extensions.value, inner);
  if (!said.ok) return said;
  return ok({
    issuer: issuer.bytes,
    thisUpdate,
    nextUpdate,
    ...said.value,
    revoked: entries.value.revoked,
    unknownCritical: [...extensions.value.unknownCritical, ...entries.value.unknownCritical],
  });
};

/**
 * Reads one version 2 list with nextUpdate, CRLNumber and AuthorityKeyIdentifier (RFC 5280 section 5) that fills `der` exactly
 * in the one encoding that DER allows. Total; faults carry the offset in bytes.
 */
export const parseCrl = (der: Uint8Array): CrlResult<Crl> => {
  const root = parseDer(der);
  if (!root.ok) return root;
  const [tbs, algorithm, signature, ...rest] = root.value.children;
  if (
    root.value.tag !== derTag.sequence ||
    tbs?.tag !== derTag.sequence ||
    algorithm?.tag !== derTag.sequence ||
    rest.length > 0
  )
    return fault('crl-form', 0);
  if (signature?.tag !== derTag.bitString || signature.content[0] !== 0)
    return fault('crl-signature-form', algorithm.end);
  const inner = tbs.children[1];
  if (!inner || !equal(inner.bytes, algorithm.bytes)) return fault('crl-form', algorithm.offset);
  const signed = parseSignedPart(der, tbs);
  if (!signed.ok) return signed;
  return ok({
    ...signed.value,
    der,
    tbs: tbs.bytes,
    algorithm: algorithm.bytes,
    signature: signature.content.subarray(1),
  });
};

/** A list, who is to have issued it and the time (milliseconds since 1970) that it is verified at. */
interface Issued {
  readonly crl: Crl;
  readonly issuer: Certificate;
  readonly now: number;
}

/** One thing that must hold for a list; the code says what does not. */
export interface CrlCheck {
  readonly code: CrlFaultCode;
  readonly check: (issued: Issued) => boolean;
}

/** What is checked of a list, in order: the first failure is the one named. */
export const crlChecks: readonly CrlCheck[] = [
  { code: 'crl-critical-extension', check: ({ crl }) => crl.unknownCritical.length === 0 },
  {
    code: 'crl-issuer',
    check: ({ crl, issuer }) =>
      equal(crl.issuer, issuer.subject) &&
      equal(crl.authorityKeyIdentifier, keyIdentifierOf(issuer)),
  },
  {
    code: 'crl-issuer-usage',
    check: ({ issuer }) => issuer.extensions.keyUsage?.has('cRLSign') === true,
  },
  { code: 'crl-signature', check: ({ crl, issuer }) => isSignedBy(crl, issuer) },
  { code: 'crl-not-yet-valid', check: ({ crl, now }) => now >= crl.thisUpdate },
  // nextUpdate names a whole second.
  { code: 'crl-expired', check: ({ crl, now }) => now < crl.nextUpdate + 1000 },
];

/**
 * Whether a list is by this authority and in force at a time (milliseconds since 1970): issuer and key identifier, cRLSign, no
 * unknown critical extension (RFC 5280 section 5.2), signature, dates; `checks` are all of these unless given. The authority
 * itself must have been verified before.
 */
export const verifyCrl = (
  crl: Crl,
  issuer: Certificate,
  now: number,
  checks: readonly CrlCheck[] = crlChecks,
): Result<Crl, Fault<CrlFaultCode>> => {
  const failed = checks.find(({ check }) => !check({ crl, issuer, now }));
  if (failed?.code === 'crl-critical-extension')
    return fault(failed.code, -1, crl.unknownCritical[0]);
  return failed ? fault(failed.code) : ok(crl);
};

/** When and why a list revokes this serial; undefined where it does not. */
export const findRevoked = (crl: Crl, serial: Uint8Array): RevokedCertificate | undefined =>
  crl.revoked.get(serialText(serial));
