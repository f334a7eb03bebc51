import { setTimeout as wait } from 'node:timers/promises';
import { toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ApplianceStore, IssueOutcome, NewCertificate } from '../store/contract.ts';
import { checkRequest } from './check-request.ts';
import type { WeakKeyList } from './debian-weak-keys.ts';
import { addressKey, createRateLimit } from './rate-limit.ts';
import { refuse, type EnrolmentRefusal } from './refusal.ts';
import { createTokenAges, newToken } from './token.ts';

const minute = 60_000;
const day = 86_400_000;

/**
 * Limits of I-6. Guessing succeeds for one number and day with a probability of at most
 * requestsPerDay * triesPerToken / 1,000,000 = 25 in a million, from however many addresses. Whoever uses up a number's requests
 * keeps its owner from enrolling that day: the price of that bound. Limits of addresses are wide, because many subscribers share
 * one; they are in memory and start anew with the process, those of numbers are in the store.
 */
export const enrolmentLimits = {
  /** Milliseconds. */
  tokenLifetime: 10 * minute,
  triesPerToken: 5,
  requestsPerDay: 5,
  /** Requests, renewals and tokens from one address (IPv6: network of 64 bits). */
  perAddress: [
    { count: 120, per: minute },
    { count: 5000, per: day },
  ],
} as const;

/** Texts for the owner of a number, whose earlier certificate was revoked. */
const notices = {
  enrolled:
    'Discretio: a new certificate was issued for your number and the earlier one revoked. If this was not you, tell your administrator at once.',
  renewed:
    'Discretio: the certificate of your telephone was renewed. If this was not you, tell your administrator at once.',
} as const;

export interface EnrolmentOptions {
  readonly store: ApplianceStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that never go back; the system's unless given. */
  readonly elapsed?: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Brings the token to the owner of the number; rejects when it cannot. */
  readonly sendToken: (number: string, token: string) => Promise<void>;
  /** Makes the certificate for a verified number and key (SubjectPublicKeyInfo, DER); recorded by the caller. */
  readonly issue: (number: string, publicKey: Uint8Array) => Promise<NewCertificate>;
  /** {@link enrolmentLimits} where left out. */
  readonly perAddress?: readonly { readonly count: number; readonly per: number }[];
  readonly weakKeys?: WeakKeyList;
  /** {@link checkRequest} unless a deliberately other authority is composed. */
  readonly checkRequest?: typeof checkRequest;
}

/** The registration authority's decisions (I-6). An `address` is limited where given. */
export interface Enrolment {
  /**
   * Checks a request (PEM) for a number and sends a token for it; gives the enrolment's opaque id, after it is committed.
   * A blocked number gets an answer as the last number not blocked did, as late, and no text: the answer tells nobody of the block.
   */
  request(
    number: string,
    csr: string,
    address?: string,
  ): Promise<Result<{ readonly id: string }, EnrolmentRefusal>>;
  /**
   * Exchanges id and token for the certificate (DER), after it is committed; repeated, gives the same one. The number's earlier
   * certificates are revoked at that moment, and its owner is told by text.
   */
  certificate(
    id: string,
    token: string,
    address?: string,
  ): Promise<Result<Uint8Array, EnrolmentRefusal>>;
  /**
   * Gives the successor (DER) of a certificate for a request with a new key. The caller has verified the certificate and that the
   * peer holds its key. The old one is revoked at that moment; repeated with it and the same request within ten minutes, gives the
   * same successor.
   */
  renew(
    certificate: { readonly serial: string; readonly number: string },
    csr: string,
    address?: string,
  ): Promise<Result<Uint8Array, EnrolmentRefusal>>;
}

const tooMany = (whose: string): ReturnType<typeof refuse> =>
  refuse('enrolment/too-many-requests', `too many requests ${whose}; try again later`);

const keyKnown = (): ReturnType<typeof refuse> =>
  refuse('enrolment/key-known', 'this key has been certified already; make a new one');

const answerOf = (
  outcome: IssueOutcome,
  refused: () => ReturnType<typeof refuse>,
): Result<Uint8Array, EnrolmentRefusal> => {
  if (outcome.kind === 'issued') return ok(outcome.certificate.der);
  return outcome.kind === 'key-known' ? keyKnown() : refused();
};

/** Sends tokens, and lets a blocked number's request take as long and come out as the last one sent. */
const createDelivery = (
  options: EnrolmentOptions,
  elapsed: () => number,
): {
  readonly deliver: (number: string, token: string, isBlocked: boolean) => Promise<boolean>;
} => {
  let last = { isSent: true, took: 0 };
  return {
    deliver: async (number, token, isBlocked) => {
      if (isBlocked) {
        const { isSent, took } = last;
        await wait(took);
        return isSent;
      }
      const started = elapsed();
      const isSent = await options.sendToken(number, token).then(
        () => true,
        () => false,
      );
      last = { isSent, took: elapsed() - started };
      return isSent;
    },
  };
};

/** Runs one job at a time for each key, the others getting its outcome: nothing is signed twice. */
const createOnce = <Value>(): ((key: string, job: () => Promise<Value>) => Promise<Value>) => {
  const running = new Map<string, Promise<Value>>();
  return (key, job) => {
    const one = running.get(key) ?? job().finally(() => running.delete(key));
    running.set(key, one);
    return one;
  };
};

/** Makes the registration authority over a store; every number gets the same answers, enrolled, unknown or blocked. */
export const createEnrolment = (options: EnrolmentOptions): Enrolment => {
  const { store, now, randomBytes, weakKeys } = options;
  const check = options.checkRequest ?? checkRequest;
  const { tokenLifetime: lifetime, triesPerToken: tries, requestsPerDay } = enrolmentLimits;
  const elapsed = options.elapsed ?? (() => performance.now());
  const addresses = createRateLimit(options.perAddress ?? enrolmentLimits.perAddress);
  const renewals = createRateLimit([{ count: requestsPerDay, per: day }]);
  const ages = createTokenAges(elapsed, lifetime);
  const { deliver } = createDelivery(options, elapsed);
  const once = createOnce<Result<Uint8Array, EnrolmentRefusal>>();
  let forgotAt = -Infinity;

  const isAllowed = (address: string | undefined): boolean =>
    address === undefined || addresses.take(addressKey(address), elapsed());
  const forgetOld = (at: number): void => {
    if (elapsed() - forgotAt < minute) return;
    forgotAt = elapsed();
    store.enrolments.forget(at - day);
  };

  const issue = async (
    id: string,
    number: string,
    publicKey: Uint8Array,
  ): Promise<Result<Uint8Array, EnrolmentRefusal>> => {
    const certificate = await options.issue(number, publicKey);
    const made = { id, certificate, at: now(), notice: notices.enrolled };
    return answerOf(store.enrolments.issue(made), () =>
      refuse('enrolment/token-dead', 'the token is dead; enrol again'),
    );
  };

  /** The successor that a renewal made whose answer was lost: same old certificate, same new key. */
  const lostAnswer = (serial: string, publicKey: Uint8Array): Uint8Array | undefined => {
    const known = store.certificates.findByKey(publicKey);
    const isRepeat = known?.state === 'valid' && known.renews === serial;
    return isRepeat && now() - known.issuedAt < lifetime ? known.der : undefined;
  };

  return {
    request: async (text, csr, address) => {
      if (!isAllowed(address)) return tooMany('from this address');
      const checked = check(text, csr, weakKeys);
      if (!checked.ok) return checked;
      const { number, publicKey } = checked.value;
      if (store.enrolments.isKeyKnown(publicKey)) return keyKnown();
      const at = now();
      forgetOld(at);
      if (store.enrolments.countSince(number, at - day) >= requestsPerDay) {
        return tooMany('for this number today');
      }
      const id = toHex(randomBytes(16));
      const token = newToken(randomBytes);
      const requestHash = toHex(sha256(utf8(csr)));
      const state = store.enrolments.begin({ id, number, publicKey, requestHash, token, at });
      ages.begin(id);
      if (await deliver(number, token, state === 'blocked')) return ok({ id });
      store.enrolments.notSent(id, now());
      return refuse('enrolment/message-not-sent', 'the token could not be sent; try again later');
    },

    certificate: async (id, token, address) => {
      if (!isAllowed(address)) return tooMany('from this address');
      const attempt = { id, token, at: now(), lifetime: ages.isOver(id) ? 0 : lifetime, tries };
      const outcome = store.enrolments.tryToken(attempt);
      switch (outcome.kind) {
        case 'unknown':
          return refuse('enrolment/unknown', 'no such enrolment');
        case 'expired':
          return refuse('enrolment/token-expired', 'the token is too old; enrol again');
        case 'dead':
          return refuse('enrolment/token-dead', 'the token is dead; enrol again');
        case 'wrong':
          return refuse('enrolment/token-wrong', 'the token is wrong');
        case 'right': {
          const { number, publicKey } = outcome.enrolment;
          if (outcome.certificate !== null) return ok(outcome.certificate.der);
          return once(id, () => issue(id, number, publicKey));
        }
      }
    },

    renew: async ({ serial, number }, csr, address) => {
      if (!isAllowed(address)) return tooMany('from this address');
      const checked = check(number, csr, weakKeys);
      if (!checked.ok) return checked;
      const { publicKey } = checked.value;
      const refused = () =>
        refuse('renewal/refused', 'the certificate is not valid any more; enrol again');
      return once(`${serial} ${toHex(sha256(publicKey))}`, async () => {
        if (store.numbers.isBlocked(number)) return refused();
        const repeated = lostAnswer(serial, publicKey);
        if (repeated !== undefined) return ok(repeated);
        if (store.certificates.statusOf(serial) !== 'valid') return refused();
        if (store.enrolments.isKeyKnown(publicKey)) return keyKnown();
        if (!renewals.take(number, elapsed())) return tooMany('for this number today');
        const certificate = await options.issue(number, publicKey);
        const made = { serial, certificate, at: now(), notice: notices.renewed };
        return answerOf(store.certificates.renew(made), refused);
      });
    },
  };
};
