import { request } from 'node:https';
import { concat, latin1, utf8 } from '../../reference/core/bytes.ts';
import { certificatesInPem } from './certificate-forger.ts';
import { errorCode, type Endpoint, type TrustCertificates } from './endpoint.ts';

/** The one TLS profile of target 5.1, as node:tls options; with groups and keys of any size, because a server of the wrong ones is to be attacked too. */
export const exactTlsProfile = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0',
} as const;

/** A registration service and the authorities that must have issued its certificate. */
export interface RegistrationTarget {
  readonly registration: Endpoint;
  readonly trust: TrustCertificates;
}

/** What came of one HTTPS request; plain data. */
export type HttpOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'deadline' };

const longestBody = 65_536;

/** POSTs JSON over a TLS connection of its own with the exact profile. Never rejects; settles within `deadlineMs` milliseconds. */
export const postJson = (
  target: RegistrationTarget,
  path: string,
  content: unknown,
  deadlineMs: number,
): Promise<HttpOutcome> =>
  new Promise((resolve) => {
    const body = utf8(JSON.stringify(content));
    const { host, port } = target.registration;
    const finish = (outcome: HttpOutcome): void => {
      clearTimeout(timer);
      call.destroy();
      resolve(outcome);
    };
    const call = request({
      ...exactTlsProfile,
      host,
      port,
      path,
      method: 'POST',
      agent: false,
      ca: [target.trust.root, target.trust.serverAuthority],
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    const timer = setTimeout(() => finish({ kind: 'deadline' }), deadlineMs);
    call.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
    call.on('response', (response) => {
      let received: Uint8Array = new Uint8Array(0);
      response.on('data', (chunk: Uint8Array) => {
        received = concat(received, chunk);
        if (received.length > longestBody) finish({ kind: 'failed', reason: 'answer too long' });
      });
      response.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
      response.on('end', () =>
        finish({ kind: 'answered', status: response.statusCode ?? 0, body: latin1(received) }),
      );
    });
    call.end(body);
  });

/** The opaque id in a 202's body, or null (I-6). */
export const enrolmentIdOf = (outcome: HttpOutcome): string | null => {
  if (outcome.kind !== 'answered' || outcome.status !== 202) return null;
  try {
    const parsed: unknown = JSON.parse(outcome.body);
    const id =
      typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : undefined;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
};

/** DER of the certificates in an answer, whether PEM as such or inside JSON strings. */
export const certificatesOf = (outcome: HttpOutcome): readonly Uint8Array[] =>
  outcome.kind === 'answered' ? certificatesInPem(outcome.body.replaceAll(/\\[rn]/g, '\n')) : [];

/** Path that gives an enrolment's certificate for its token. */
export const certificatePath = (id: string): string =>
  `/v1/enrolments/${encodeURIComponent(id)}/certificate`;
