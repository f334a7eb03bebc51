import { X509Certificate, type KeyObject } from 'node:crypto';
import { certificateRequest, freshKey } from '../attackers/certificate-forger.ts';
import {
  certificatePath,
  certificatesOf,
  enrolmentIdOf,
  postJson,
  type RegistrationTarget,
} from '../attackers/enrolment-client.ts';

/** A number with its certificate and key. */
export interface EnrolledNumber {
  readonly number: string;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

/** Milliseconds for each request. */
const deadlineMs = 10_000;

/**
 * Enrols a number by the book (I-6) with an HTTPS client and a request of its own. Rejects with one line that names the number
 * and the step.
 */
export const enrol = async (
  target: RegistrationTarget,
  number: string,
  readToken: (number: string) => Promise<string>,
): Promise<EnrolledNumber> => {
  const failed = (step: string): Error => new Error(`${number}: ${step}; is the service up?`);
  const key = freshKey();
  const csr = certificateRequest(number, key);
  const asked = await postJson(target, '/v1/enrolments', { number, csr }, deadlineMs);
  const id = enrolmentIdOf(asked);
  if (id === null) throw failed(`the enrolment was not accepted (${JSON.stringify(asked)})`);
  const token = await readToken(number);
  const given = await postJson(target, certificatePath(id), { token }, deadlineMs);
  const [certificate] = certificatesOf(given);
  if (!certificate) throw failed(`no certificate came (${given.kind})`);
  if (!new X509Certificate(certificate).checkPrivateKey(key))
    throw failed('the certificate is for another key');
  return { number, certificate, key };
};
