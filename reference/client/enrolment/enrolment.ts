import { z } from 'zod';
import { isTelephoneNumber } from '../../core/pki/request.ts';
import { parseJson, refusal, requireStatus, type PhoneEnrolmentOptions } from './answer.ts';
import { phoneKeyParts, type PhoneKeyParts } from './key-parts.ts';
import { postJson } from './https-request.ts';
import { readBySchema } from '../../core/read-by-schema.ts';

export type { PhoneEnrolmentOptions } from './answer.ts';

/** An enrolment whose token is on its way. The private key waits in memory, in the phone, for its certificate. */
export interface PendingPhoneEnrolment {
  readonly number: string;
  /** Gives the token back, checks and stores the certificate; may be repeated after a failure, such as a mistyped token. */
  complete(token: string): Promise<void>;
}

const acceptedBody = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) });

/**
 * Begins an enrolment on the phone (target 2.2, I-6): makes an RSA key of 2048 bits, sends a request for it and lets the service
 * send a token. Rejects with an error whose code is the service's, a TlsRefusal's or a StorageRefusal's.
 */
export const beginEnrolment = async (
  options: PhoneEnrolmentOptions,
  number: string,
  passphrase: string,
  parts: PhoneKeyParts = phoneKeyParts,
): Promise<PendingPhoneEnrolment> => {
  parts.requirePassphrase(options.folder, passphrase);
  if (!isTelephoneNumber(number)) {
    throw refusal(
      'enrolment/number',
      `${JSON.stringify(number)}: not + and up to 15 digits (E.164)`,
    );
  }
  const { privateKey, spki, csr } = await parts.requestKey(number);
  const connection = {
    endpoint: options.endpoint,
    trust: options.trust,
    deadline: options.deadline,
    ...(options.keyLog === undefined ? {} : { keyLog: options.keyLog }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const connect = parts.connectRegistration;
  const accepted = await postJson(connection, '/v1/enrolments', { number, csr }, connect);
  requireStatus(accepted, 202, options);
  const body = readBySchema(acceptedBody, parseJson(accepted.body));
  if (!body.success) {
    throw refusal('enrolment/answer', `${options.endpoint.host}: the answer has no enrolment id`);
  }
  const path = `/v1/enrolments/${body.data.id}/certificate`;
  return {
    number,
    complete: async (token) => {
      const answer = await postJson(connection, path, { token }, connect);
      requireStatus(answer, 201, options);
      const certificate = parts.checkCertificate(answer, number, spki, options);
      const { folder, trust } = options;
      await parts.storeIdentity(folder, { privateKey, passphrase, certificate, trust });
    },
  };
};
