import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '../../simulators/attackers/endpoint.ts';
import type { ClientIdentity } from '../../simulators/attackers/tls-client/client-model.ts';
import {
  enumerateProfiles,
  type Enumeration,
} from '../../simulators/attackers/tls-client/enumeration.ts';
import { offerPlain } from '../../simulators/attackers/tls-client/plain-offer.ts';
import {
  createConnectionPool,
  type ConnectionPool,
} from '../../simulators/attackers/tls-client/pool.ts';
import { allSuites } from '../../simulators/attackers/iana-suites.ts';
import { offerHello, type HelloOutcome } from '../../simulators/attackers/tls-hello.ts';
import { certificatesFacts } from './certificates.ts';
import { isWanted, wantedProfile, type ProbeContext } from './context.ts';
import type { Contact, HandshakeFacts, ProbedService, ProbeFacts } from './facts-model.ts';
import { isReadable, tryFeatures, type Working } from './features.ts';
import {
  confirmProfiles,
  groupsFacts,
  repeatedFlights,
  reuseFacts,
  type ConfirmedFlight,
} from './flights.ts';
import { serviceRequest, tryHandshake } from './handshake.ts';

/** Bounds of a probe, whatever the server does. */
export const probeBounds = { connections: 1_000, parallel: 4, unanswered: 8 } as const;

export interface ProbeOptions {
  readonly endpoint: Endpoint;
  readonly service: ProbedService;
  /** Milliseconds for each connection. */
  readonly deadlineMs: number;
  /** Milliseconds to wait for an answer that a server may rightly not give; 1000, or the deadline where that is less. */
  readonly quietMs?: number;
  readonly identity: ClientIdentity | null;
  /** Authorities that the server's certificate should lead to. */
  readonly authorities: readonly X509Certificate[];
  readonly onProgress?: (connections: number, step: string) => void;
}

const offer = (context: ProbeContext, suites: readonly number[]): Promise<HelloOutcome | null> =>
  context.pool.run(
    () =>
      offerHello(
        context.endpoint,
        { version: wantedProfile.version, suites, serverName: context.endpoint.host },
        context.deadlineMs,
      ),
    ({ kind }) => kind === 'deadline',
  );

const contactFrom = (outcome: HelloOutcome | null): Contact => {
  if (outcome?.kind === 'unreachable') return { kind: 'unreachable', reason: outcome.reason };
  if (outcome?.kind === 'garbage') return { kind: 'not-tls', firstBytes: outcome.firstBytes };
  return outcome === null || outcome.kind === 'deadline' ? { kind: 'silent' } : { kind: 'tls' };
};

/** Garbage is believed only when a hello with many suites meets it too. */
const makeContact = async (
  context: ProbeContext,
): Promise<{ readonly contact: Contact; readonly first: HelloOutcome | null }> => {
  const first = await offer(context, [wantedProfile.suite]);
  const contact = contactFrom(first);
  if (contact.kind !== 'not-tls') return { contact, first };
  return { contact: contactFrom(await offer(context, allSuites.slice(0, 128))), first };
};

const workingFrom = (
  anonymous: HandshakeFacts | null,
  identified: HandshakeFacts | null,
  identity: ClientIdentity | null,
): Working => {
  if (identified?.established === true) return { kind: 'works', identity };
  if (anonymous?.established === true) return { kind: 'works', identity: null };
  if (!anonymous)
    return { kind: 'stuck', reason: 'the suite that this client completes is refused' };
  if (identified)
    return {
      kind: 'stuck',
      reason: `no handshake with the certificate given: ${identified.ending}`,
    };
  return {
    kind: 'stuck',
    reason: anonymous.certificateRequested
      ? 'no handshake without a client certificate (--cert, --key)'
      : `no handshake: ${anonymous.ending}`,
  };
};

const tryHandshakes = async (context: ProbeContext, service: ProbedService, possible: boolean) => {
  const anonymous = possible ? await tryHandshake(context, service, null) : null;
  const identified =
    possible && context.identity ? await tryHandshake(context, service, context.identity) : null;
  return { anonymous, identified };
};

const signaturesHeld = (flights: readonly ConfirmedFlight[]): boolean | null => {
  const checked = flights
    .map(({ flight }) => flight?.seen.parametersSigned ?? null)
    .filter((each) => each !== null);
  return checked.length === 0 ? null : checked.every((each) => each);
};

const curvesOf = (flights: readonly ConfirmedFlight[]): readonly number[] => [
  ...new Set(
    flights.flatMap(({ flight }) => {
      const exchange = flight?.seen.keyExchange;
      return exchange?.kind === 'ecdh' && exchange.curve !== null ? [exchange.curve] : [];
    }),
  ),
];

type Step = (name: string) => void;

/** Everything that is done once a TLS server is known to be there. */
const examine = async (
  context: ProbeContext,
  options: ProbeOptions,
  found: Enumeration,
  step: Step,
) => {
  step('each accepted suite alone, Diffie-Hellman parameters');
  const flights = await confirmProfiles(context, found.accepted);
  const repeated = await repeatedFlights(context, flights);
  const groups = groupsFacts([...flights, ...repeated]);
  step('whole handshakes');
  const possible = flights.some(({ profile }) => isWanted(profile));
  const { anonymous, identified } = await tryHandshakes(context, options.service, possible);
  step('renegotiation, resumption and other features');
  const readable = flights.map(({ profile }) => profile).filter(isReadable);
  const sample = readable.find(isWanted) ?? readable[0];
  const working = workingFrom(anonymous, identified, options.identity);
  const features = sample ? await tryFeatures(context, found.accepted, sample, working) : null;
  step('primality of Diffie-Hellman moduli');
  return {
    accepted: flights.map(({ profile }) => profile),
    groups: await groups,
    reuse: reuseFacts(repeated),
    curves: curvesOf(flights),
    certificates: certificatesFacts(
      flights.map(({ flight }) => flight?.seen.certificates ?? []),
      options.authorities,
    ),
    parametersSigned: signaturesHeld(flights),
    anonymousHandshake: anonymous,
    identifiedHandshake: identified,
    features,
  };
};

interface Progress {
  readonly pool: ConnectionPool;
  readonly step: Step;
}

/** A pool that tells how far the probe is, from the moment a server is known to be there. */
const poolWithProgress = (onProgress: ProbeOptions['onProgress']): Progress => {
  let name: string | null = null;
  const report = (): void => {
    if (name !== null) onProgress?.(pool.used(), name);
  };
  const pool = createConnectionPool({
    parallel: probeBounds.parallel,
    most: probeBounds.connections,
    mostUnanswered: probeBounds.unanswered,
    onConnection: report,
  });
  return {
    pool,
    step(next) {
      name = next;
      report();
    },
  };
};

const nothingExamined = {
  controls: { first: null, last: null },
  accepted: [],
  unclear: [],
  offers: 0,
  suitesOffered: 0,
  groups: [],
  reuse: null,
  curves: [],
  certificates: { chain: [], others: [], unreadable: 0, leadsToAuthority: null },
  parametersSigned: null,
  anonymousHandshake: null,
  identifiedHandshake: null,
  plain: null,
  features: null,
} as const;

const examineServer = async (
  context: ProbeContext,
  options: ProbeOptions,
  first: HelloOutcome | null,
  step: Step,
) => {
  step('every version and suite');
  const { endpoint, pool, deadlineMs } = context;
  const known = first?.kind === 'accepted' ? { version: first.version, suite: first.suite } : null;
  const found = await enumerateProfiles({ endpoint, pool, deadlineMs, known });
  const alerted = found.alerted || (first?.kind === 'refused' && first.by === 'alert');
  const examined = await examine(context, options, found, step);
  const request = serviceRequest(options.service, endpoint, 'TCP');
  const plain = await pool.run(
    () => offerPlain(endpoint, request, deadlineMs),
    () => false,
  );
  const last = await offer(context, [wantedProfile.suite]);
  return {
    contact: { kind: alerted || found.accepted.length > 0 ? 'tls' : 'closes' },
    controls: { first, last },
    unclear: found.unclear,
    offers: found.offers,
    suitesOffered: found.suites,
    ...examined,
    plain,
  } as const;
};

/**
 * Examines a TLS server actively and gathers what it does as plain facts, judging nothing. Bounded in connections and in
 * time for each; never rejects on what a server does.
 */
export const probeServer = async (options: ProbeOptions): Promise<ProbeFacts> => {
  const { endpoint, deadlineMs, identity, service } = options;
  const at = Date.now();
  const { pool, step } = poolWithProgress(options.onProgress);
  const quietMs = options.quietMs ?? Math.min(1_000, deadlineMs);
  const context: ProbeContext = { endpoint, pool, deadlineMs, quietMs, identity };
  const { contact, first } = await makeContact(context);
  const facts =
    contact.kind === 'tls'
      ? await examineServer(context, options, first, step)
      : { ...nothingExamined, contact };
  const { host, port } = endpoint;
  return {
    host,
    port,
    at,
    service,
    connections: pool.used(),
    cutShort: pool.reached(),
    ...facts,
  };
};
