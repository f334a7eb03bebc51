import { generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { equal } from '../../core/bytes.ts';
import { parsePem, parsePemChain, toPem } from '../../core/keystore/pem.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { createRequest } from '../../core/pki/request.ts';
import type { StoredTrust } from '../storage/storage.ts';
import type { HttpsAnswer } from './https-request.ts';
import { readBySchema } from '../../core/read-by-schema.ts';

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

const generateRsa = promisify(generateKeyPair);
const signAsync = promisify(sign);

/** A refusal as an error. */
export const refusal = (code: string, message: string): PhoneEnrolmentRefusal =>
  Object.assign(new Error(message), { code });

const errorBody = z.object({ error: z.string().max(64), message: z.string().max(200) });
/** Undefined for what is no JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Throws the service's refusal unless the answer has the status expected. */
export const requireStatus = (
  answer: HttpsAnswer,
  status: number,
  { endpoint }: PhoneEnrolmentOptions,
): void => {
  if (answer.status === status) return;
  const parsed = readBySchema(errorBody, parseJson(answer.body));
  const { error, message } = parsed.success
    ? parsed.data
    : { error: 'enrolment/answer', message: 'an answer that is not understood' };
  const text = `${endpoint.host}:${endpoint.port}: HTTP ${answer.status} ${error}: ${message}`;
  throw refusal(error, text.replace(/\p{Cc}/gu, ' '));
};

/** The certificate (PEM) of an answer, if it is ours: our number, our key, the stored client authority and root. */
export const checkCertificate = (
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

/** A new key of the phone and what asks for its certificate. */
export interface RequestedKey {
  readonly privateKey: KeyObject;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** PEM. */
  readonly csr: string;
}

/** Makes an RSA key of 2048 bits (target 6.1) and the request for a number, signed by it. */
export const requestKey = async (number: string): Promise<RequestedKey> => {
  const pair = await generateRsa('rsa', { modulusLength: 2048, publicExponent: 0x1_00_01 });
  const { privateKey } = pair;
  const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }));
  const csr = await createRequest({
    commonName: number,
    publicKey: spki,
    sign: async (message) => new Uint8Array(await signAsync('sha256', message, privateKey)),
  });
  return { privateKey, spki, csr };
};
