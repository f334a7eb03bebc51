import type { Endpoint } from './endpoint.ts';
import { allSuites, suiteName } from './iana-suites.ts';
import { offerHello, type HelloOutcome } from './tls-hello.ts';
import type { HelloOffer, TlsVersion } from './tls-wire.ts';

/** A version and suite that a server settles on. */
export interface TlsProfile {
  readonly version: TlsVersion;
  readonly suite: number;
}

export interface TlsScanOptions {
  /** Milliseconds allowed to each connection. */
  readonly deadlineMs: number;
  /** The one profile that must be accepted. */
  readonly expected: TlsProfile;
}

/** One ClientHello and what came of it. */
export interface TlsAttempt {
  readonly purpose: 'control' | 'other-version' | 'other-suites';
  readonly version: TlsVersion;
  /** Suite numbers as offered. */
  readonly suites: readonly number[];
  readonly outcome: HelloOutcome;
}

/** Everything a scan saw, as plain data; whether it can be judged is for its reader to say. */
export interface TlsScan {
  readonly endpoint: Endpoint;
  readonly expected: TlsProfile;
  /** Outcome of the expected profile offered alone before everything else, and after. */
  readonly controls: { readonly first: HelloOutcome; readonly last: HelloOutcome | null };
  readonly attempts: readonly TlsAttempt[];
  /** Profiles accepted that are not the expected one, with the suite's name. */
  readonly beyond: readonly (TlsProfile & { readonly name: string })[];
  /** Whether any attempt ran into its deadline. */
  readonly deadlineMet: boolean;
  /** Whether the list of accepted profiles was cut at the bound of attempts. */
  readonly truncated: boolean;
}

const versions: readonly TlsVersion[] = [
  'SSLv2',
  'SSLv3',
  'TLSv1.0',
  'TLSv1.1',
  'TLSv1.2',
  'TLSv1.3',
  0x0305,
  0x0400,
];
/** Some servers fail on very long suite lists, so the list is offered in parts. */
const suitesPerHello = 128;
const mostAttempts = 1_000;

const partsOf = (suites: readonly number[]): readonly (readonly number[])[] => {
  const parts: (readonly number[])[] = [];
  for (let at = 0; at < suites.length; at += suitesPerHello)
    parts.push(suites.slice(at, at + suitesPerHello));
  return parts;
};

const suitesFor = (version: TlsVersion, expected: TlsProfile): readonly number[] => {
  if (version === 'SSLv2') return [0];
  return version === expected.version
    ? allSuites.filter((suite) => suite !== expected.suite)
    : allSuites;
};

const sameProfile = (outcome: TlsProfile, expected: TlsProfile): boolean =>
  outcome.version === expected.version && outcome.suite === expected.suite;

type Attempting = (
  purpose: TlsAttempt['purpose'],
  offer: HelloOffer,
) => Promise<HelloOutcome | 'bound'>;

const offerUntilRefused = async (
  attempt: Attempting,
  purpose: TlsAttempt['purpose'],
  version: TlsVersion,
  part: readonly number[],
): Promise<void> => {
  let left = part;
  while (left.length > 0) {
    const outcome = await attempt(purpose, { version, suites: left });
    if (outcome === 'bound' || outcome.kind !== 'accepted') return;
    const fewer = left.filter((suite) => suite !== outcome.suite);
    if (fewer.length === left.length) return;
    left = fewer;
  }
};

const beyondOf = (
  attempts: readonly TlsAttempt[],
  expected: TlsProfile,
): readonly (TlsProfile & { readonly name: string })[] => {
  const found = new Map<string, TlsProfile & { readonly name: string }>();
  for (const { outcome } of attempts) {
    if (outcome.kind !== 'accepted' || sameProfile(outcome, expected)) continue;
    const { version, suite } = outcome;
    const name =
      version === 'SSLv2' ? `SSLv2 cipher kind 0x${suite.toString(16)}` : suiteName(suite);
    found.set(`${version}/${suite}`, { version, suite, name });
  }
  return [...found.values()];
};

/**
 * Offers a server every version and suite and lists what it accepts: the expected profile alone first and last, and between
 * them each version with all suites (the expected version with all but the expected suite); whatever is accepted is taken
 * out and the rest offered again. Stops after the first control if that finds no server or no answer. Never rejects.
 */
export const scanTls = async (endpoint: Endpoint, options: TlsScanOptions): Promise<TlsScan> => {
  const { expected, deadlineMs } = options;
  const attempts: TlsAttempt[] = [];
  let truncated = false;
  const attempt: Attempting = async (purpose, offer) => {
    if (attempts.length >= mostAttempts) {
      truncated = true;
      return 'bound';
    }
    const outcome = await offerHello(endpoint, offer, deadlineMs);
    attempts.push({ purpose, version: offer.version, suites: offer.suites, outcome });
    return outcome;
  };
  const control = async (): Promise<HelloOutcome> => {
    const suites = [expected.suite];
    const outcome = await offerHello(endpoint, { version: expected.version, suites }, deadlineMs);
    attempts.push({ purpose: 'control', version: expected.version, suites, outcome });
    return outcome;
  };
  const first = await control();
  const alive = first.kind !== 'unreachable' && first.kind !== 'deadline';
  for (const version of alive ? versions : []) {
    const purpose = version === expected.version ? 'other-suites' : 'other-version';
    for (const part of partsOf(suitesFor(version, expected)))
      await offerUntilRefused(attempt, purpose, version, part);
  }
  const last = alive ? await control() : null;
  return {
    endpoint,
    expected,
    controls: { first, last },
    attempts,
    beyond: beyondOf(attempts, expected),
    deadlineMet: attempts.some((each) => each.outcome.kind === 'deadline'),
    truncated,
  };
};
