import { fault, ok, type Fault, type Result } from '../result.ts';
import { derTag, objectIdentifierText, parseDer, type DerFaultCode, type DerNode } from './der.ts';
import { readKnownExtensions, type ExtensionListFaultCode } from './extension-list.ts';
import { readCertificateId, type CertificateId } from './ocsp-certificate-id.ts';
import { nonceOid, readNonce } from './ocsp-nonce.ts';
import { basicResponseOid, ocspErrors, type OcspError, type OcspStatus } from './ocsp-response.ts';
import { readReason } from './revocation.ts';
import type { SignedBytes } from './signed-object.ts';
import { readGeneralizedTime } from './time.ts';

/** Why bytes are not an OCSP answer of RFC 6960 section 4.2.1. */
export type OcspResponseFormCode =
  | DerFaultCode
  | ExtensionListFaultCode
  | 'ocsp-response-form'
  | 'ocsp-response-type'
  | 'ocsp-response-time'
  | 'ocsp-response-status'
  | 'ocsp-response-nonce'
  | 'ocsp-certificate-id-form';

/** What an answer says of one certificate. */
export interface SingleResponse {
  readonly certificateId: CertificateId;
  readonly status: OcspStatus;
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
}

/** A signed answer as read; nothing of it is verified. */
export interface BasicResponse extends SignedBytes {
  /** The responder's name (DER) or the SHA-1 of its key. */
  readonly responder: { readonly by: 'name' | 'key'; readonly value: Uint8Array };
  /** Milliseconds since 1970, as every time here. */
  readonly producedAt: number;
  readonly responses: readonly SingleResponse[];
  readonly nonce?: Uint8Array;
  readonly unknownCritical: readonly string[];
}

/** An answer as read: an error, or a signed one. */
export type OcspResponse =
  | { readonly kind: 'error'; readonly error: OcspError }
  | { readonly kind: 'basic'; readonly response: BasicResponse };

type FormResult<Value> = Result<Value, Fault<OcspResponseFormCode>>;

const readRevoked = (node: DerNode): OcspStatus | undefined => {
  const [time, wrapped, ...rest] = node.children;
  const at = time && readGeneralizedTime(time);
  if (at === undefined || rest.length > 0) return undefined;
  if (wrapped === undefined) return { kind: 'revoked', at, reason: 'unspecified' };
  const reason = readReason(wrapped.children[0]);
  return wrapped.tag === 0xa0 && wrapped.children.length === 1 && reason !== undefined
    ? { kind: 'revoked', at, reason }
    : undefined;
};

const readStatus = (node: DerNode): OcspStatus | undefined => {
  if (node.tag === 0xa1) return readRevoked(node);
  if (node.content.length > 0) return undefined;
  if (node.tag === 0x80) return { kind: 'good' };
  return node.tag === 0x82 ? { kind: 'unknown' } : undefined;
};

interface ReadSingle {
  readonly single: SingleResponse;
  readonly unknownCritical: readonly string[];
}

const readSingle = (der: Uint8Array, node: DerNode): FormResult<ReadSingle> => {
  const [id, statusNode, time, ...more] = node.children;
  if (node.tag !== derTag.sequence || !id || !statusNode || !time)
    return fault('ocsp-response-form', node.offset);
  const certificateId = readCertificateId(id);
  if (!certificateId.ok) return certificateId;
  const status = readStatus(statusNode);
  if (status === undefined) return fault('ocsp-response-status', statusNode.offset);
  const thisUpdate = readGeneralizedTime(time);
  if (thisUpdate === undefined) return fault('ocsp-response-time', time.offset);
  const until = more[0]?.tag === 0xa0 ? more[0] : undefined;
  const wrapped = more[until ? 1 : 0];
  const isForm =
    (wrapped === undefined || (wrapped.tag === 0xa1 && wrapped.children.length === 1)) &&
    more.length === (until ? 1 : 0) + (wrapped ? 1 : 0);
  if (!isForm) return fault('ocsp-response-form', node.offset);
  const last = until?.children.length === 1 ? until.children[0] : undefined;
  const nextUpdate = last && readGeneralizedTime(last);
  if (until && nextUpdate === undefined) return fault('ocsp-response-time', until.offset);
  const extensions = readKnownExtensions(der, wrapped?.children[0], []);
  if (!extensions.ok) return extensions;
  const base = { certificateId: certificateId.value, status, thisUpdate };
  const single = nextUpdate === undefined ? base : { ...base, nextUpdate };
  return ok({ single, unknownCritical: extensions.value.unknownCritical });
};

const readResponder = (node: DerNode | undefined): BasicResponse['responder'] | undefined => {
  const inner = node?.children.length === 1 ? node.children[0] : undefined;
  if (!inner) return undefined;
  if (node?.tag === 0xa1 && inner.tag === derTag.sequence)
    return { by: 'name', value: inner.bytes };
  return node?.tag === 0xa2 && inner.tag === derTag.octetString
    ? { by: 'key', value: inner.content }
    : undefined;
};

type SignedPart = Omit<BasicResponse, keyof SignedBytes>;

const readSignedPart = (der: Uint8Array, tbs: DerNode): FormResult<SignedPart> => {
  const [id, time, list, wrapped, ...rest] = tbs.children;
  const responder = readResponder(id);
  const isForm = wrapped === undefined || (wrapped.tag === 0xa1 && wrapped.children.length === 1);
  if (!responder || !time || list?.tag !== derTag.sequence || !isForm || rest.length > 0)
    return fault('ocsp-response-form', tbs.offset);
  const producedAt = readGeneralizedTime(time);
  if (producedAt === undefined) return fault('ocsp-response-time', time.offset);
  const responses: SingleResponse[] = [];
  const unknownCritical: string[] = [];
  for (const node of list.children) {
    const read = readSingle(der, node);
    if (!read.ok) return read;
    responses.push(read.value.single);
    unknownCritical.push(...read.value.unknownCritical);
  }
  const extensions = readKnownExtensions(der, wrapped?.children[0], [nonceOid]);
  if (!extensions.ok) return extensions;
  unknownCritical.push(...extensions.value.unknownCritical);
  const given = extensions.value.values.get(nonceOid);
  const nonce = given && readNonce(given);
  if (given && !nonce) return fault('ocsp-response-nonce', given.offset);
  const part = { responder, producedAt, responses, unknownCritical };
  return ok(nonce ? { ...part, nonce } : part);
};

/** Certificates sent along are not read: only the issuer itself may answer. */
const readBasic = (der: Uint8Array, octets: DerNode): FormResult<BasicResponse> => {
  const root = parseDer(der, octets.end - octets.content.length, octets.end);
  if (!root.ok) return root;
  const [tbs, algorithm, signature, certificates, ...rest] = root.value.children;
  if (
    root.value.tag !== derTag.sequence ||
    tbs?.tag !== derTag.sequence ||
    algorithm?.tag !== derTag.sequence ||
    signature?.tag !== derTag.bitString ||
    signature.content[0] !== 0 ||
    (certificates && certificates.tag !== 0xa0) ||
    rest.length > 0
  )
    return fault('ocsp-response-form', root.value.offset);
  const part = readSignedPart(der, tbs);
  if (!part.ok) return part;
  return ok({
    ...part.value,
    tbs: tbs.bytes,
    algorithm: algorithm.bytes,
    signature: signature.content.subarray(1),
  });
};

const errorsByCode: ReadonlyMap<number, OcspError> = new Map(
  Object.entries(ocspErrors).map(([name, code]) => [code, name as OcspError]),
);

/** Reads an OCSP answer. Total; faults carry the offset in bytes. */
export const parseOcspResponse = (der: Uint8Array): FormResult<OcspResponse> => {
  const root = parseDer(der);
  if (!root.ok) return root;
  const [status, wrapped, ...rest] = root.value.children;
  const code = status?.tag === derTag.enumerated ? status.content[0] : undefined;
  if (root.value.tag !== derTag.sequence || code === undefined || rest.length > 0)
    return fault('ocsp-response-form', 0);
  if (status?.content.length !== 1) return fault('ocsp-response-form', 0);
  const error = errorsByCode.get(code);
  if (error !== undefined && wrapped === undefined) return ok({ kind: 'error', error });
  const bytes = wrapped?.children.length === 1 ? wrapped.children[0] : undefined;
  if (code !== 0 || wrapped?.tag !== 0xa0 || bytes?.tag !== derTag.sequence)
    return fault('ocsp-response-form', 0);
  const [type, octets, ...more] = bytes.children;
  if (type?.tag !== derTag.objectIdentifier || octets?.tag !== derTag.octetString)
    return fault('ocsp-response-form', bytes.offset);
  if (more.length > 0) return fault('ocsp-response-form', bytes.offset);
  if (objectIdentifierText(type.content) !== basicResponseOid)
    return fault('ocsp-response-type', type.offset);
  const response = readBasic(der, octets);
  return response.ok ? ok({ kind: 'basic', response: response.value }) : response;
};
