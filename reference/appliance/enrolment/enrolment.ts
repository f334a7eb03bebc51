import { timingSafeEqual } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { isTelephoneNumber, parseRequest } from '../../core/pki/request.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { EnrolmentStore } from './store.ts';

/**
 * Limits of I-6. Guessing succeeds for one number and day with a probability of at most
 * requestsPerDay * triesPerToken / 1,000,000 = 25 in a million.
 */
export const enrolmentLimits = {
  /** Milliseconds. */
  tokenLifetime: 600_000,
  triesPerToken: 5,
  requestsPerDay: 5,
} as const;

const day = 86_400_000;

/** Why an enrolment was refused; the codes are part of the service's answers. */
export type EnrolmentRefusalCode =
  | 'enrolment/number'
  | 'enrolment/request'
  | 'enrolment/request-algorithm'
  | 'enrolment/request-key'
  | 'enrolment/proof-of-possession'
  | 'enrolment/common-name'
  | 'enrolment/too-many-requests'
  | 'enrolment/message-not-sent'
  | 'enrolment/unknown'
  | 'enrolment/token-expired'
  | 'enrolment/token-dead'
  | 'enrolment/token-wrong';

export interface EnrolmentRefusal {
  readonly code: EnrolmentRefusalCode;
  /** One line for a person; never a secret. */
  readonly message: string;
}

export interface EnrolmentOptions {
  readonly store: EnrolmentStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Brings the token to the owner of the number; rejects when it cannot. */
  readonly sendToken: (number: string, token: string) => Promise<void>;
  /** Issues the certificate (DER) for a verified number and key (SubjectPublicKeyInfo, DER). */
  readonly issue: (number: string, publicKey: Uint8Array) => Promise<Uint8Array>;
}

/** The registration authority's decisions (I-6). */
export interface Enrolment {
  /** Checks a request (PEM) for a number and sends a token for it; gives the enrolment's opaque id. */
  request(number: string, csr: string): Promise<Result<{ readonly id: string }, EnrolmentRefusal>>;
  /** Exchanges id and token for the certificate (DER); repeated, gives the same one. */
  certificate(id: string, token: string): Promise<Result<Uint8Array, EnrolmentRefusal>>;
}

const refuse = (
  code: EnrolmentRefusalCode,
  message: string,
): ReturnType<typeof err<EnrolmentRefusal>> => err({ code, message });

/** Six uniformly random decimal digits: 4-byte draws, of which those at or above the last full million are drawn again. */
const newToken = (randomBytes: EnrolmentOptions['randomBytes']): string => {
  for (;;) {
    const draw = randomBytes(4).reduce((sum, byte) => sum * 256 + byte, 0);
    if (draw < 4_294_000_000) return String(draw % 1_000_000).padStart(6, '0');
  }
};

/** Takes the key out of a request after checking everything that I-6 and target 6.1 demand of it. */
const checkRequest = async (
  number: string,
  csr: string,
): Promise<Result<Uint8Array, EnrolmentRefusal>> => {
  if (!isTelephoneNumber(number)) {
    return refuse('enrolment/number', 'the number must be + and up to 15 digits (E.164)');
  }
  const parsed = parseRequest(csr);
  if (!parsed.ok) {
    return refuse(
      'enrolment/request',
      `the certificate request is malformed (${parsed.error.code})`,
    );
  }
  const { commonName, publicKey, signatureAlgorithm, signatureValid } = parsed.value;
  if (signatureAlgorithm !== 'sha256WithRSAEncryption') {
    return refuse('enrolment/request-algorithm', 'the request must be signed with RSA and SHA-256');
  }
  if (publicKey.bits !== 2048 || publicKey.exponent !== 65_537n) {
    return refuse('enrolment/request-key', 'the key must be RSA, 2048 bits, exponent 65537');
  }
  if (!signatureValid) {
    return refuse('enrolment/proof-of-possession', 'the request is not signed by its own key');
  }
  if (commonName !== number) {
    return refuse('enrolment/common-name', 'the CommonName of the request must be the number');
  }
  return ok(publicKey.spki);
};

const sameToken = (left: string, right: string): boolean => {
  const [a, b] = [utf8(left), utf8(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** Makes the registration authority over a store; every number gets the same answers, enrolled or not. */
export const createEnrolment = (options: EnrolmentOptions): Enrolment => {
  const { store } = options;
  const issuing = new Map<string, Promise<Uint8Array>>();

  const issueOnce = (id: string, number: string, publicKey: Uint8Array): Promise<Uint8Array> => {
    const issue = async (): Promise<Uint8Array> => {
      const certificate = await options.issue(number, publicKey);
      const record = store.get(id);
      if (record !== undefined) store.put({ ...record, certificate });
      return certificate;
    };
    const running = issuing.get(id) ?? issue().finally(() => issuing.delete(id));
    issuing.set(id, running);
    return running;
  };

  return {
    request: async (number, csr) => {
      const publicKey = await checkRequest(number, csr);
      if (!publicKey.ok) return publicKey;
      const createdAt = options.now();
      store.forget(createdAt - day);
      if (store.countSince(number, createdAt - day) >= enrolmentLimits.requestsPerDay) {
        return refuse('enrolment/too-many-requests', 'too many requests for this number today');
      }
      const id = toHex(options.randomBytes(16));
      const token = newToken(options.randomBytes);
      const fresh = { wrongTries: 0, certificate: null };
      store.put({ id, number, publicKey: publicKey.value, token, createdAt, ...fresh });
      try {
        await options.sendToken(number, token);
      } catch {
        store.remove(id);
        return refuse('enrolment/message-not-sent', 'the token could not be sent; try again later');
      }
      return ok({ id });
    },

    certificate: async (id, token) => {
      const record = store.get(id);
      if (record === undefined) return refuse('enrolment/unknown', 'no such enrolment');
      const age = options.now() - record.createdAt;
      if (age < 0 || age >= enrolmentLimits.tokenLifetime) {
        return refuse('enrolment/token-expired', 'the token is too old; enrol again');
      }
      if (record.wrongTries >= enrolmentLimits.triesPerToken) {
        return refuse('enrolment/token-dead', 'too many wrong tokens; enrol again');
      }
      if (!sameToken(record.token, token)) {
        store.put({ ...record, wrongTries: record.wrongTries + 1 });
        return refuse('enrolment/token-wrong', 'the token is wrong');
      }
      return ok(record.certificate ?? (await issueOnce(id, record.number, record.publicKey)));
    },
  };
};
