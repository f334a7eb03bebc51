import { request } from 'node:https';
import { concat } from '../../reference/core/bytes.ts';
import { errorCode } from './endpoint.ts';
import { exactTlsProfile, type RegistrationTarget } from './enrolment-client.ts';

/** What came of a question about revocation; plain data but for the bytes. */
export type RevocationAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'deadline' };

const longestAnswer = 262_144;

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Uint8Array;
}

const ask = (
  target: RegistrationTarget,
  { method, path, body }: Question,
  deadlineMs: number,
): Promise<RevocationAnswer> =>
  new Promise((resolve) => {
    const { host, port } = target.registration;
    const finish = (outcome: RevocationAnswer): void => {
      clearTimeout(timer);
      call.destroy();
      resolve(outcome);
    };
    const headers = body
      ? { 'content-type': 'application/ocsp-request', 'content-length': body.length }
      : {};
    const ca = [target.trust.root, target.trust.serverAuthority];
    const call = request({
      ...exactTlsProfile,
      host,
      port,
      path,
      method,
      agent: false,
      ca,
      headers,
    });
    const timer = setTimeout(() => finish({ kind: 'deadline' }), deadlineMs);
    call.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
    call.on('response', (response) => {
      let received: Uint8Array = new Uint8Array(0);
      response.on('data', (chunk: Uint8Array) => {
        received = concat(received, chunk);
        if (received.length > longestAnswer) finish({ kind: 'failed', reason: 'answer too long' });
      });
      response.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
      response.on('end', () =>
        finish({ kind: 'answered', status: response.statusCode ?? 0, bytes: received }),
      );
    });
    call.end(body);
  });

/** Posts an OCSP request (DER) as anyone may. Never rejects; settles within `deadlineMs` milliseconds. */
export const askOcsp = (
  target: RegistrationTarget,
  body: Uint8Array,
  deadlineMs: number,
): Promise<RevocationAnswer> => ask(target, { method: 'POST', path: '/v1/ocsp', body }, deadlineMs);

/** Fetches an authority's revocation list (DER). Never rejects; settles within `deadlineMs` milliseconds. */
export const fetchRevocationList = (
  target: RegistrationTarget,
  authority: 'client' | 'server' | 'root',
  deadlineMs: number,
): Promise<RevocationAnswer> =>
  ask(target, { method: 'GET', path: `/v1/crl/${authority}.crl` }, deadlineMs);
