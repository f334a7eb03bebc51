import { parseOcspResponse } from '../../core/pki/ocsp-response-form.ts';
import { createOcspError, type OcspError, type OcspStatus } from '../../core/pki/ocsp-response.ts';
import type { OnlineAuthorities } from '../authorities/types.ts';
import type { CertificateStore, IssuingAuthority } from '../store/contract.ts';

/** What an OCSP responder works with. */
export interface OcspResponderOptions {
  readonly authorities: Pick<OnlineAuthorities, 'ocsp'>;
  readonly certificates: Pick<CertificateStore, 'get' | 'statusOf'>;
  /** Told of what is refused or fails, with codes `ocsp/` and the error of RFC 6960 section 4.2.1; never a secret. */
  readonly onRefusal: (code: string, detail: string) => void;
}

/** Answers OCSP requests (RFC 6960), as DER; never rejects, because OCSP has its own errors. */
export type OcspResponder = (request: Uint8Array) => Promise<Uint8Array>;

/** Answers being signed at one time; further requests get tryLater. */
const maximumAtOnce = 64;

/** No answer that is signed is as short, in bytes. */
const shortestSigned = 16;

const statusIn = (
  certificates: OcspResponderOptions['certificates'],
  authority: IssuingAuthority,
  serial: string,
): OcspStatus => {
  if (certificates.statusOf(serial) === 'unknown') return { kind: 'unknown' };
  const stored = certificates.get(serial);
  if (stored?.authority !== authority) return { kind: 'unknown' };
  if (stored.state === 'valid') return { kind: 'good' };
  return { kind: 'revoked', at: stored.revokedAt ?? 0, reason: stored.reason ?? 'unspecified' };
};

const errorOf = (answer: Uint8Array): OcspError | undefined => {
  if (answer.length >= shortestSigned) return undefined;
  const parsed = parseOcspResponse(answer);
  return parsed.ok && parsed.value.kind === 'error' ? parsed.value.error : undefined;
};

/**
 * The responder of both online authorities: each answers for its own certificates, as the store has them at that moment. Nothing
 * is prepared in advance, so that a revocation shows at once.
 */
export const createOcspResponder = (options: OcspResponderOptions): OcspResponder => {
  const { authorities, certificates, onRefusal } = options;
  let atWork = 0;
  const refuse = (error: OcspError, detail: string): Uint8Array => {
    onRefusal(`ocsp/${error}`, detail);
    return createOcspError(error);
  };
  return async (request) => {
    if (atWork >= maximumAtOnce) return refuse('tryLater', `${atWork} answers at work`);
    atWork += 1;
    try {
      const answer = await authorities.ocsp(request, (kind, serial) =>
        statusIn(certificates, kind, serial),
      );
      const error = errorOf(answer);
      if (error !== undefined) onRefusal(`ocsp/${error}`, `a request of ${request.length} bytes`);
      return answer;
    } catch (error) {
      return refuse('internalError', error instanceof Error ? error.message : String(error));
    } finally {
      atWork -= 1;
    }
  };
};
