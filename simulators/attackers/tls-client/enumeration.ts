import type { Endpoint } from '../endpoint.ts';
import { allSuites } from '../iana-suites.ts';
import { offerHello, type HelloOutcome } from '../tls-hello.ts';
import type { TlsProfile } from '../tls-scan.ts';
import { versionNumber, type TlsVersion } from '../tls-wire.ts';
import type { ConnectionPool } from './pool.ts';

/** An offer that was neither taken nor refused. */
export interface UnclearOffer {
  readonly version: TlsVersion;
  /** Number of suites offered. */
  readonly suites: number;
  readonly outcome: 'deadline' | 'garbage' | 'unreachable' | 'other-profile';
}

/** Every version and suite that a server took. */
export interface Enumeration {
  /** Newest version first, suites ascending. */
  readonly accepted: readonly TlsProfile[];
  readonly unclear: readonly UnclearOffer[];
  /** Whether the server ever answered with an alert, which only TLS does. */
  readonly alerted: boolean;
  /** Hellos sent, and suites offered in each version. */
  readonly offers: number;
  readonly suites: number;
  /** Suites in one hello: fewer for a server that fails on long lists. */
  readonly suitesPerHello: number;
}

export interface EnumerationOptions {
  readonly endpoint: Endpoint;
  readonly pool: ConnectionPool;
  /** Milliseconds for each connection. */
  readonly deadlineMs: number;
  /** A profile known to be taken alone, with which long lists are tried first; null where there is none. */
  readonly known: TlsProfile | null;
}

const versions: readonly TlsVersion[] = [
  'TLSv1.2',
  'TLSv1.3',
  'TLSv1.1',
  'TLSv1.0',
  'SSLv3',
  'SSLv2',
  0x0305,
  0x0400,
];
const longList = 128;
const shortList = 24;

const partsOf = (version: TlsVersion, size: number): readonly (readonly number[])[] => {
  if (version === 'SSLv2') return [[0]];
  const parts: (readonly number[])[] = [];
  for (let at = 0; at < allSuites.length; at += size) parts.push(allSuites.slice(at, at + size));
  return parts;
};

type Offer = (version: TlsVersion, suites: readonly number[]) => Promise<HelloOutcome | null>;

const offerer = ({ endpoint, pool, deadlineMs }: EnumerationOptions): Offer => {
  const serverName = endpoint.host;
  return (version, suites) =>
    pool.run(
      () => offerHello(endpoint, { version, suites, serverName }, deadlineMs),
      (outcome) => outcome.kind === 'deadline',
    );
};

const listSize = async (offer: Offer, known: TlsProfile | null): Promise<number> => {
  if (!known) return longList;
  const others = allSuites.filter((suite) => suite !== known.suite).slice(0, longList - 1);
  const outcome = await offer(known.version, [...others, known.suite]);
  return outcome?.kind === 'refused' || outcome?.kind === 'garbage' ? shortList : longList;
};

interface Findings {
  readonly accepted: Map<string, TlsProfile>;
  readonly unclear: UnclearOffer[];
  offers: number;
  alerted: boolean;
}

/** Offers a list, takes out what is accepted and offers the rest again, until the rest is refused. */
const exhaust = async (
  offer: Offer,
  version: TlsVersion,
  part: readonly number[],
  findings: Findings,
): Promise<void> => {
  let left = part;
  while (left.length > 0) {
    const outcome = await offer(version, left);
    if (outcome === null) return;
    findings.offers += 1;
    if (outcome.kind === 'refused') {
      findings.alerted ||= outcome.by === 'alert';
      return;
    }
    if (outcome.kind !== 'accepted') {
      findings.unclear.push({ version, suites: left.length, outcome: outcome.kind });
      return;
    }
    const profile = { version: outcome.version, suite: outcome.suite };
    findings.accepted.set(`${profile.version}/${profile.suite}`, profile);
    if (outcome.version !== version) return;
    const fewer = left.filter((suite) => suite !== outcome.suite);
    if (fewer.length === left.length) {
      if (version !== 'SSLv2')
        findings.unclear.push({ version, suites: left.length, outcome: 'other-profile' });
      return;
    }
    left = fewer;
  }
};

/**
 * Every version from SSL 2 to TLS 1.3 and two unknown ones, each with every suite of the registry: the exact set a server
 * takes, in about one connection for each suite taken and a few for each version. A server that answers with another
 * version than the one offered has refused the one offered. Never rejects.
 */
export const enumerateProfiles = async (options: EnumerationOptions): Promise<Enumeration> => {
  const offer = offerer(options);
  const suitesPerHello = await listSize(offer, options.known);
  const findings: Findings = { accepted: new Map(), unclear: [], offers: 0, alerted: false };
  await Promise.all(
    versions.flatMap((version) =>
      partsOf(version, suitesPerHello).map((part) => exhaust(offer, version, part, findings)),
    ),
  );
  return {
    accepted: [...findings.accepted.values()].toSorted(
      (left, right) =>
        versionNumber(right.version) - versionNumber(left.version) || left.suite - right.suite,
    ),
    unclear: findings.unclear,
    alerted: findings.alerted,
    offers: findings.offers,
    suites: allSuites.length,
    suitesPerHello,
  };
};
