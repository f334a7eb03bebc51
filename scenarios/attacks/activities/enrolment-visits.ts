import type { ApplianceDescription } from '../../../devices/contract.ts';
import { toBase64 } from '../../../reference/core/bytes.ts';
import {
  certificatePath,
  certificatesOf,
  enrolmentIdOf,
  type HttpOutcome,
} from '../../../simulators/attackers/enrolment-client.ts';
import {
  rightRequest,
  type RequestMeans,
} from '../../../simulators/attackers/enrolment-requests.ts';
import {
  addressApart,
  openEnrolmentSession,
  type EnrolmentSession,
} from '../../../simulators/attackers/enrolment-session.ts';
import { keyIdentifierOf } from '../../../simulators/attackers/certificate-forger.ts';
import { rsaKey } from '../../../simulators/attackers/x509-hierarchy.ts';
import { weakKeys } from '../../../simulators/attackers/x509-weak-keys.ts';
import type { World } from '../../campaign/activity.ts';

/** Milliseconds for each answer, and for a token to come. */
const deadlineMs = 5_000;

/** The service, and how an attacker asks it and reads the texts of phones that are his. */
export interface Visit {
  readonly at: ApplianceDescription;
  readonly session: EnrolmentSession;
  readonly means: RequestMeans;
  /** Every token read so far, in order. */
  readonly tokens: string[];
  /** The token of the newest request for a number. */
  readonly readToken: (number: string) => Promise<string>;
  /** Codes that the appliance has logged so far. */
  readonly logged: () => Promise<readonly string[]>;
}

/** One number of the family's own, of the range kept for fiction: each is used for one thing. */
export const numberOf = (index: number): string => `+33639980${300 + index}`;

/** Number of the user whose certificate others envy. */
const victim = numberOf(99);

export const statusOf = (outcome: HttpOutcome): number | string =>
  outcome.kind === 'answered'
    ? outcome.status
    : outcome.kind === 'failed'
      ? outcome.reason
      : outcome.kind;

/** Base64 of the certificates given, the user's own alone: the authority's stands behind it. */
export const leavesOf = (outcome: HttpOutcome): string[] =>
  certificatesOf(outcome)
    .slice(0, 1)
    .map((der) => toBase64(der));

const makeMeans = async (): Promise<RequestMeans> => {
  const [key, otherKey, rsa1024, rsa2047, exponent3, certified] = await Promise.all([
    rsaKey(),
    rsaKey(),
    rsaKey(1024),
    rsaKey(2047),
    rsaKey(2048, 3),
    rsaKey(),
  ]);
  const keys = {
    'rsa-1024': rsa1024,
    'rsa-2047': rsa2047,
    'exponent-3': exponent3,
    'certified-key': certified,
    ...weakKeys(),
  };
  return { key, otherKey, otherNumber: victim, victim: keyIdentifierOf(certified), keys };
};

/** Goes to the registration service from an address of its own where there are several; `last` tells its attackers apart. */
export const visitService = async <Value>(
  world: World,
  last: number,
  work: (visit: Visit) => Promise<Value>,
): Promise<Value> => {
  const appliance = await world.appliance();
  const at = await appliance.describe();
  const options = { deadlineMs, ...addressApart(at.registration.host, last) };
  const session = openEnrolmentSession(at, options);
  const tokens: string[] = [];
  try {
    return await work({
      at,
      session,
      means: await makeMeans(),
      tokens,
      async readToken(number) {
        const token = await appliance.readToken(number, deadlineMs);
        tokens.push(token);
        return token;
      },
      logged: async () => (await appliance.refusals()).map(({ code }) => code),
    });
  } finally {
    session.close();
  }
};

/** Asks for an enrolment. */
export const ask = async (
  { session }: Visit,
  number: unknown,
  csr: unknown,
): Promise<{ readonly outcome: HttpOutcome; readonly id: string | null }> => {
  const { outcome } = await session.ask({ path: '/v1/enrolments', body: { number, csr } });
  return { outcome, id: enrolmentIdOf(outcome) };
};

/** Gives a token back. */
export const give = async ({ session }: Visit, id: string, body: object): Promise<HttpOutcome> =>
  (await session.ask({ path: certificatePath(id), body })).outcome;

/** An enrolment under way: its id and its token. Rejects where there is none. */
export const begin = async (
  visit: Visit,
  number: string,
  key: RequestMeans['key'] = visit.means.key,
): Promise<{ readonly id: string; readonly token: string }> => {
  const csr = rightRequest.make(number, { ...visit.means, key });
  const { outcome, id } = await ask(visit, number, csr);
  if (id === null) throw new Error(`the request for ${number} came to ${statusOf(outcome)}`);
  return { id, token: await visit.readToken(number) };
};

/** A token that differs from another in its last digit. */
export const otherToken = (token: string, by = 1): string =>
  token.slice(0, -1) + String((Number(token.slice(-1)) + by) % 10);
