import { generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { equal } from '../../core/bytes.ts';
import { parsePem, parsePemChain, toPem } from '../../core/keystore/pem.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { createRequest, isTelephoneNumber } from '../../core/pki/request.ts';
import { requirePassphrase, storeIdentity, type StoredTrust } from '../storage/storage.ts';
import { postJson, type HttpsAnswer } from './https-request.ts';

export interface PhoneEnrolmentOptions {
  readonly endpoint: { readonly host: string; readonly port: number };
  /** The three certificates that ship inside the phone. */
  readonly trust: StoredTrust;
  /** Where key and certificates are stored. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly keyLog?: (line: string) => void;
  /** Milliseconds for each exchange with the service. */
  readonly deadline: number;
  /** Gives the exchange under way up, and every later one at once. */
  readonly signal?: AbortSignal;
}

/** Why an enrolment failed: the service's own code, `enrolment/answer` for an answer unfit to be used, or `enrolment/number`. */
export interface PhoneEnrolmentRefusal extends Error {
  readonly code: string;
}

/** An enrolment whose token is on its way. The private key waits in memory, in the phone, for its certificate. */
export interface PendingPhoneEnrolment {
  readonly number: string;
  /** Gives the token back, checks and stores the certificate; may be repeated after a failure, such as a mistyped token. */
  complete(token: string): Promise<void>;
}

const generateRsa = promisify(generateKeyPair);
const signAsync = promisify(sign);

const refusal = (code: string, message: string): PhoneEnrolmentRefusal =>
  Object.assign(new Error(message), { code });

const errorBody = z.object({ error: z.string().max(64), message: z.string().max(200) });
const acceptedBody = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Throws the service's refusal unless the answer has the status expected. */
const requireStatus = (
  answer: HttpsAnswer,
  status: number,
  { endpoint }: PhoneEnrolmentOptions,
): void => {
  if (answer.status === status) return;
  const parsed = errorBody.safeParse(parseJson(answer.body));
  const { error, message } = parsed.success
    ? parsed.data
    : { error: 'enrolment/answer', message: 'an answer that is not understood' };
  const text = `${endpoint.host}:${endpoint.port}: HTTP ${answer.status} ${error}: ${message}`;
  throw refusal(error, text.replace(/\p{Cc}/gu, ' '));
};

/** The certificate (PEM) of an answer, if it is ours: our number, our key, the stored client authority and root. */
const checkCertificate = (
  answer: HttpsAnswer,
  number: string,
  spki: Uint8Array,
  options: PhoneEnrolmentOptions,
): string => {
  const { endpoint, trust } = options;
  const unfit = (reason: string): PhoneEnrolmentRefusal =>
    refusal('enrolment/answer', `${endpoint.host}:${endpoint.port}: ${reason}; enrol again`);
  if (answer.contentType !== 'application/pem-certificate-chain') {
    throw unfit(`the certificate came as ${JSON.stringify(answer.contentType.slice(0, 64))}`);
  }
  const chain = parsePemChain(answer.body, 'CERTIFICATE');
  if (!chain.ok) throw unfit(`the certificate is not PEM (${chain.error.code})`);
  const [root, authority] = [trust.root, trust.clientAuthority].map((pem) =>
    parsePem(pem, 'CERTIFICATE'),
  );
  if (root?.ok !== true || authority?.ok !== true) throw unfit('the trust files are not PEM');
  const [leaf] = chain.value;
  const certificates = {
    kind: 'client',
    leaf,
    authority: authority.value,
    root: root.value,
  } as const;
  const verified = verifyChain(certificates, options.now());
  if (!verified.ok) throw unfit(`the certificate does not verify (${verified.error.code})`);
  const { commonNames, publicKey } = verified.value;
  const [name] = commonNames;
  if (name?.kind !== 'text' || name.value !== number) {
    throw unfit('the certificate is for another number');
  }
  if (!equal(publicKey.spki, spki)) throw unfit('the certificate is for another key');
  return toPem('CERTIFICATE', leaf);
};

const newKey = async (): Promise<{ readonly privateKey: KeyObject; readonly spki: Uint8Array }> => {
  const pair = await generateRsa('rsa', { modulusLength: 2048, publicExponent: 0x1_00_01 });
  const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }));
  return { privateKey: pair.privateKey, spki };
};

/**
 * Begins an enrolment on the phone (target 2.2, I-6): makes an RSA key of 2048 bits, sends a request for it and lets the service
 * send a token. Rejects with an error whose code is the service's, a TlsRefusal's or a StorageRefusal's.
 */
export const beginEnrolment = async (
  options: PhoneEnrolmentOptions,
  number: string,
  passphrase: string,
): Promise<PendingPhoneEnrolment> => {
  requirePassphrase(options.folder, passphrase);
  if (!isTelephoneNumber(number)) {
    throw refusal(
      'enrolment/number',
      `${JSON.stringify(number)}: not + and up to 15 digits (E.164)`,
    );
  }
  const { privateKey, spki } = await newKey();
  const csr = await createRequest({
    commonName: number,
    publicKey: spki,
    sign: async (message) => new Uint8Array(await signAsync('sha256', message, privateKey)),
  });
  const connection = {
    endpoint: options.endpoint,
    trust: options.trust,
    deadline: options.deadline,
    ...(options.keyLog === undefined ? {} : { keyLog: options.keyLog }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const accepted = await postJson(connection, '/v1/enrolments', { number, csr });
  requireStatus(accepted, 202, options);
  const body = acceptedBody.safeParse(parseJson(accepted.body));
  if (!body.success) {
    throw refusal('enrolment/answer', `${options.endpoint.host}: the answer has no enrolment id`);
  }
  const path = `/v1/enrolments/${body.data.id}/certificate`;
  return {
    number,
    complete: async (token) => {
      const answer = await postJson(connection, path, { token });
      requireStatus(answer, 201, options);
      const certificate = checkCertificate(answer, number, spki, options);
      const { folder, trust } = options;
      await storeIdentity(folder, { privateKey, passphrase, certificate, trust });
    },
  };
};
