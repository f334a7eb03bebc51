import { randomBytes } from 'node:crypto';
import { certificateRequest, freshKey } from './certificate-forger.ts';
import { within } from './endpoint.ts';
import {
  certificatePath,
  certificatesOf,
  enrolmentIdOf,
  postJson,
  type HttpOutcome,
  type RegistrationTarget,
} from './enrolment-client.ts';

/**
 * Which token is given back: none at all, an empty one, a wrong one (differing from the right one where that can be read), or
 * the right one, which is the control. `no-enrolment` gives a token for an id that was never issued.
 */
export type TokenChoice = 'none' | 'empty' | 'wrong' | 'right' | 'no-enrolment';

export interface EnrolmentAttempt {
  readonly token: TokenChoice;
  /** Reads the token sent to a number; needed for `right`, used for `wrong`. May reject: that becomes part of the outcome. */
  readonly readToken?: (number: string) => Promise<string>;
  /** Milliseconds allowed to each step. */
  readonly deadlineMs: number;
}

/** One step's outcome without the body, which could hold a certificate. */
export type EnrolmentStep =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'deadline' };

/** What an attempt to enrol came to; plain data. */
export interface EnrolmentProbe {
  readonly token: TokenChoice;
  /** The request for an enrolment; null when none was made. */
  readonly request: EnrolmentStep | null;
  /** Giving the token back; null when it was not reached, with the reason in `stopped`. */
  readonly certificate: EnrolmentStep | null;
  readonly stopped: string | null;
  /** Whether any certificate came back. */
  readonly certificateGiven: boolean;
}

const stepOf = (outcome: HttpOutcome): EnrolmentStep =>
  outcome.kind === 'answered' ? { kind: 'answered', status: outcome.status } : outcome;

const otherToken = (token: string): string =>
  token.slice(0, -1) + String((Number(token.slice(-1)) + 1) % 10);

const bodyFor = async (number: string, attempt: EnrolmentAttempt): Promise<object> => {
  switch (attempt.token) {
    case 'none':
      return {};
    case 'empty':
      return { token: '' };
    case 'no-enrolment':
      return { token: '000000' };
    case 'wrong':
      return { token: attempt.readToken ? otherToken(await attempt.readToken(number)) : '000000' };
    case 'right':
      if (!attempt.readToken)
        throw new Error('enrolment probe: a right token needs readToken; give the SMS reader');
      return { token: await attempt.readToken(number) };
  }
};

const tokenBody = async (
  number: string,
  attempt: EnrolmentAttempt,
): Promise<{ readonly body: object } | { readonly stopped: string }> => {
  try {
    return { body: await within(bodyFor(number, attempt), attempt.deadlineMs) };
  } catch (error) {
    return { stopped: error instanceof Error ? error.message : String(error) };
  }
};

/** Tries to get a certificate for a number with a given kind of token; never rejects for what the service does. */
export const tryEnrol = async (
  target: RegistrationTarget,
  number: string,
  attempt: EnrolmentAttempt,
): Promise<EnrolmentProbe> => {
  const { token, deadlineMs } = attempt;
  const ended = (
    request: EnrolmentStep | null,
    stopped: string,
    certificateGiven = false,
  ): EnrolmentProbe => ({ token, request, certificate: null, stopped, certificateGiven });
  let request: EnrolmentStep | null = null;
  let id: string | null = randomBytes(16).toString('hex');
  if (token !== 'no-enrolment') {
    const csr = certificateRequest(number, freshKey());
    const outcome = await postJson(target, '/v1/enrolments', { number, csr }, deadlineMs);
    request = stepOf(outcome);
    id = enrolmentIdOf(outcome);
    if (id === null)
      return ended(request, 'no enrolment id was given', certificatesOf(outcome).length > 0);
  }
  const content = await tokenBody(number, attempt);
  if ('stopped' in content) return ended(request, content.stopped);
  const outcome = await postJson(target, certificatePath(id), content.body, deadlineMs);
  return {
    token,
    request,
    certificate: stepOf(outcome),
    stopped: null,
    certificateGiven: certificatesOf(outcome).length > 0,
  };
};
