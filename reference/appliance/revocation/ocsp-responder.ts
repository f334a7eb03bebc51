import { toHex } from '../../core/bytes.ts';
import { parseCertificate, type Certificate } from '../../core/pki/certificate.ts';
import type { RsaSigner } from '../../core/pki/issue.ts';
import { isOfIssuer } from '../../core/pki/ocsp-certificate-id.ts';
import { parseOcspRequest, type OcspRequest } from '../../core/pki/ocsp-request.ts';
import {
  createOcspError,
  createOcspResponse,
  type OcspStatus,
} from '../../core/pki/ocsp-response.ts';
import { serialText } from '../../core/pki/serial.ts';
import type { CertificateStore, IssuingAuthority } from '../store/contract.ts';

/** An online authority: its certificate (DER) and the use of its key. */
export interface SigningAuthority {
  readonly certificate: Uint8Array;
  readonly sign: RsaSigner;
}

/** The authorities that answer for what they issued. */
export type SigningAuthorities = Readonly<Record<IssuingAuthority, SigningAuthority>>;

/** What an OCSP responder works with. */
export interface OcspResponderOptions {
  readonly authorities: SigningAuthorities;
  readonly certificates: Pick<CertificateStore, 'get' | 'statusOf'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what is refused or fails; never a secret. */
  readonly onRefusal: (code: string, detail: string) => void;
}

/** Answers OCSP requests (RFC 6960), as DER; never rejects, because OCSP has its own errors. */
export type OcspResponder = (request: Uint8Array) => Promise<Uint8Array>;

/** Answers being signed at one time; further requests get tryLater. */
const maximumAtOnce = 64;

interface Issuer extends SigningAuthority {
  readonly authority: IssuingAuthority;
  readonly parsed: Certificate;
}

/** An authority with its certificate read. Throws when it cannot be read. */
export const readAuthority = (authority: SigningAuthority): Certificate => {
  const parsed = parseCertificate(authority.certificate);
  if (!parsed.ok) throw new Error(`revocation: an authority's certificate: ${parsed.error.code}`);
  return parsed.value;
};

const statusIn = (
  certificates: OcspResponderOptions['certificates'],
  authority: IssuingAuthority,
  serial: Uint8Array,
): OcspStatus => {
  const key = serialText(serial);
  if (certificates.statusOf(key) === 'unknown') return { kind: 'unknown' };
  const stored = certificates.get(key);
  if (stored?.authority !== authority) return { kind: 'unknown' };
  if (stored.state === 'valid') return { kind: 'good' };
  return { kind: 'revoked', at: stored.revokedAt ?? 0, reason: stored.reason ?? 'unspecified' };
};

/** The status is looked up in the same turn as the answer's dates; nothing is prepared in advance, so that a revocation shows at once. */
const answer = (
  options: OcspResponderOptions,
  { authority, parsed, sign }: Issuer,
  { certificateIds, nonce }: OcspRequest,
): Promise<Uint8Array> => {
  const at = options.now();
  const entries = certificateIds.map((certificateId) => ({
    certificateId,
    status: statusIn(options.certificates, authority, certificateId.serial),
    thisUpdate: at,
  }));
  return createOcspResponse({ responder: parsed, sign, producedAt: at, entries, nonce });
};

/** Makes the responder of both online authorities: each answers for its own certificates, as the store has them now. */
export const createOcspResponder = (options: OcspResponderOptions): OcspResponder => {
  const issuers = (['client', 'server'] as const).map((authority): Issuer => {
    const signing = options.authorities[authority];
    return { ...signing, authority, parsed: readAuthority(signing) };
  });
  let atWork = 0;
  const refuse = (error: Parameters<typeof createOcspError>[0], code: string, detail: string) => {
    options.onRefusal(code, detail);
    return createOcspError(error);
  };
  return async (bytes) => {
    const request = parseOcspRequest(bytes);
    if (!request.ok) return refuse('malformedRequest', 'ocsp/request', request.error.code);
    const { certificateIds } = request.value;
    const issuer = issuers.find(({ parsed }) =>
      certificateIds.every((id) => isOfIssuer(id, parsed)),
    );
    // RFC 6960 section 2.3: not a responder for that issuer.
    if (issuer === undefined) {
      const name = toHex(certificateIds[0].issuerKeyHash);
      return refuse('unauthorized', 'ocsp/issuer', `issuer with key hash ${name}`);
    }
    if (atWork >= maximumAtOnce)
      return refuse('tryLater', 'ocsp/busy', `${atWork} answers at work`);
    atWork += 1;
    try {
      return await answer(options, issuer, request.value);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return refuse('internalError', 'ocsp/failed', detail);
    } finally {
      atWork -= 1;
    }
  };
};
