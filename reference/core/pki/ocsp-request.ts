import { fault, ok, type Fault, type Result } from '../result.ts';
import type { Certificate } from './certificate.ts';
import { derElement, derSequence } from './der-write.ts';
import { derTag, parseDer, type DerFaultCode, type DerNode } from './der.ts';
import { readKnownExtensions, type ExtensionListFaultCode } from './extension-list.ts';
import {
  certificateIdOf,
  readCertificateId,
  type CertificateId,
  type CertificateIdHash,
} from './ocsp-certificate-id.ts';
import { nonceExtension, nonceOid, readNonce } from './ocsp-nonce.ts';

/** A question about one certificate. */
export interface OcspQuestion {
  /** The authority that issued the certificate, verified. */
  readonly issuer: Certificate;
  /** The certificate's serial. */
  readonly serial: Uint8Array;
  /** 1 to 32 fresh random bytes (RFC 8954 section 2.1), for this question only. */
  readonly nonce: Uint8Array;
  /** SHA-256 unless the responder wants the older. */
  readonly hash?: CertificateIdHash;
}

/** An OCSP request as received. */
export interface OcspRequest {
  readonly certificateIds: readonly [CertificateId, ...CertificateId[]];
  readonly nonce?: Uint8Array;
}

/** Why bytes are not a request that is answered; all of them are `malformedRequest` to the sender. */
export type OcspRequestFaultCode =
  | DerFaultCode
  | ExtensionListFaultCode
  | 'ocsp-request-size'
  | 'ocsp-request-form'
  | 'ocsp-request-count'
  | 'ocsp-request-nonce'
  | 'ocsp-critical-extension'
  | 'ocsp-certificate-id-form';

/** The longest request that is read, in bytes, and the most certificates in one. */
export const ocspRequestLimits = { bytes: 8192, certificates: 32 } as const;

/**
 * DER of a request for one certificate, not signed, with its nonce (RFC 6960 section 4.1.1).
 * @throws RangeError when the nonce is not of 1 to 32 bytes
 */
export const createOcspRequest = ({ issuer, serial, nonce, hash }: OcspQuestion): Uint8Array => {
  if (nonce.length < 1 || nonce.length > 32) throw new RangeError('OCSP nonce: not 1 to 32 bytes');
  const one = derSequence(certificateIdOf(issuer, serial, hash ?? 'sha256'));
  const extensions = derElement(0xa2, derSequence(nonceExtension(nonce)));
  return derSequence(derSequence(derSequence(one), extensions));
};

type RequestResult<Value> = Result<Value, Fault<OcspRequestFaultCode>>;

/** A Request and its singleRequestExtensions, of which none is known here. */
const readSingle = (der: Uint8Array, node: DerNode): RequestResult<CertificateId> => {
  const [id, wrapped, ...rest] = node.children;
  const isForm = wrapped === undefined || (wrapped.tag === 0xa0 && wrapped.children.length === 1);
  if (node.tag !== derTag.sequence || !id || !isForm || rest.length > 0)
    return fault('ocsp-request-form', node.offset);
  const extensions = readKnownExtensions(der, wrapped?.children[0], []);
  if (!extensions.ok) return extensions;
  const [unknown] = extensions.value.unknownCritical;
  if (unknown !== undefined) return fault('ocsp-critical-extension', node.offset, unknown);
  return readCertificateId(id);
};

const readNonceOf = (
  der: Uint8Array,
  wrapped: DerNode | undefined,
): RequestResult<Uint8Array | undefined> => {
  if (wrapped && wrapped.children.length !== 1) return fault('ocsp-request-form', wrapped.offset);
  const extensions = readKnownExtensions(der, wrapped?.children[0], [nonceOid]);
  if (!extensions.ok) return extensions;
  const [unknown] = extensions.value.unknownCritical;
  if (unknown !== undefined) return fault('ocsp-critical-extension', wrapped?.offset, unknown);
  const given = extensions.value.values.get(nonceOid);
  if (given === undefined) return ok(undefined);
  const nonce = readNonce(given);
  return nonce === undefined ? fault('ocsp-request-nonce', given.offset) : ok(nonce);
};

const parseTbs = (der: Uint8Array, tbs: DerNode): RequestResult<OcspRequest> => {
  // Version 1 is the default, which DER leaves out; who asks (requestorName) changes nothing here.
  const fields = tbs.children[0]?.tag === 0xa1 ? tbs.children.slice(1) : tbs.children;
  const [list, wrapped, ...rest] = fields;
  const isForm = wrapped === undefined || wrapped.tag === 0xa2;
  if (list?.tag !== derTag.sequence || !isForm || rest.length > 0)
    return fault('ocsp-request-form', tbs.offset);
  if (list.children.length > ocspRequestLimits.certificates)
    return fault('ocsp-request-count', list.offset);
  const ids: CertificateId[] = [];
  for (const node of list.children) {
    const id = readSingle(der, node);
    if (!id.ok) return id;
    ids.push(id.value);
  }
  const [first, ...others] = ids;
  if (!first) return fault('ocsp-request-count', list.offset);
  const nonce = readNonceOf(der, wrapped);
  if (!nonce.ok) return nonce;
  const certificateIds = [first, ...others] as const;
  return ok(nonce.value ? { certificateIds, nonce: nonce.value } : { certificateIds });
};

/** Reads an OCSP request (RFC 6960 section 4.1.1). A signature of the asker's is not looked at: anyone may ask. Total. */
export const parseOcspRequest = (der: Uint8Array): RequestResult<OcspRequest> => {
  if (der.length > ocspRequestLimits.bytes) return fault('ocsp-request-size', der.length);
  const root = parseDer(der);
  if (!root.ok) return root;
  const [tbs, signature, ...rest] = root.value.children;
  const isForm = signature === undefined || signature.tag === 0xa0;
  if (
    root.value.tag !== derTag.sequence ||
    tbs?.tag !== derTag.sequence ||
    !isForm ||
    rest.length > 0
  )
    return fault('ocsp-request-form', 0);
  return parseTbs(der, tbs);
};
