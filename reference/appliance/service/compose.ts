import type { BoundPorts } from '../configuration/interfaces.ts';
import { inUrl, type ApplianceConfiguration } from '../configuration/schema.ts';
import type { LoggedEndpoints } from '../logging/log.ts';
import { startMetricsEndpoint } from '../metrics/endpoint.ts';
import type { ApplianceState } from '../metrics/metrics.ts';
import { nothingRelayed } from '../relay/relay.ts';
import type { SignallingServer } from '../signalling/server.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { openStore } from '../store/open.ts';
import { startAdministration } from './administration.ts';
import { openServiceAuthorities } from './authorities.ts';
import { closeAll, random, type Closing, type ServiceWorld, type Start } from './context.ts';
import { openControlSocket, requireControlPlace } from './control.ts';
import { greetFirstAdministrator, warnOfUnreadable } from './first-administrator.ts';
import { startInternet, startRelay, startRevoking } from './internet.ts';
import { createObserver } from './observer.ts';
import { keepRenewed, repeatBySystem } from './renewal.ts';
import type { SimulatedText } from './sms.ts';
import { timeStore } from './store-timing.ts';

/** A running appliance on its durable state. */
export interface RunningService {
  readonly endpoints: LoggedEndpoints;
  readonly ports: BoundPorts;
  /** What the simulated SMS centre took; null where the centre is a real one. */
  readonly outbox: (() => readonly SimulatedText[]) | null;
  /** Calls under way. */
  calls(): number;
  /** Who is registered. */
  registrations(): ReturnType<SignallingServer['registrations']>;
  /** Ends calls at both phones, then every part; what was acknowledged is on the disk already. */
  stop(): Promise<void>;
}

const lists = ['root', 'client', 'server'] as const;

const stateOf = (
  store: ApplianceStore,
  expiries: Start['expiries'],
  now: () => number,
  live: Start['live'],
): ApplianceState => {
  const figures = live.signalling?.figures();
  const counts = store.queries.counts(now());
  const listEnds = lists.flatMap((authority) => {
    const list = store.revocationLists.latest(authority);
    return list ? [{ name: `${authority} list`, at: list.nextUpdate }] : [];
  });
  return {
    registered: figures?.registered ?? 0,
    connections: figures?.connections ?? 0,
    calls: live.signalling?.calls().length ?? 0,
    relaySessions: live.relay?.calls() ?? 0,
    relayed: live.relay?.totals() ?? nothingRelayed,
    blockedNumbers: counts.blockedNumbers,
    pendingEnrolments: counts.pendingEnrolments,
    waitingMessages: counts.waitingMessages,
    expiries: [...expiries, ...listEnds],
  };
};

const startMeasuring = async (
  { configuration: { metrics }, observer, parts }: Start,
  readiness: () => Readonly<Record<string, boolean>>,
) => {
  if (!metrics) return null;
  const served = await startMetricsEndpoint({ ...metrics, metrics: observer.metrics, readiness });
  parts.push({ name: 'metrics', close: () => served.close() });
  return served;
};

/** Tells both phones of every call that it is over, and awaits that they heard it. */
const endCalls = async (
  signalling: SignallingServer,
  log: ServiceWorld['log'],
  stopSeconds: number,
): Promise<void> => {
  const { unanswered } = await signalling.endCalls('The appliance stops', stopSeconds * 1000);
  if (unanswered > 0)
    log.warning('sip/unanswered', `${unanswered} BYE or CANCEL not answered when stopping`);
};

const at = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${inUrl(host)}:${port}`;

const startParts = async (
  start: Start,
): Promise<
  Omit<RunningService, 'stop'> & {
    readonly endCalls: () => Promise<void>;
  }
> => {
  const { configuration, store, observer, world, parts, live } = start;
  const revocation = await startRevoking(start, async (number) => {
    await live.signalling?.revoke(number);
  });
  const { relay, mediaPath } = await startRelay(start);
  live.relay = relay;
  const { signalling, registration, sms } = await startInternet(start, revocation, mediaPath);
  live.signalling = signalling;
  const administration = await startAdministration(start, signalling, sms.outbox);
  const renewal = keepRenewed(start.renewable, world.repeat ?? repeatBySystem, observer.warning);
  parts.push({ name: 'renewal', close: () => renewal.close() });
  const control = await openControlSocket(
    configuration.state,
    { store, now: world.now, randomBytes: random, published: () => revocation.settled() },
    world.log,
  );
  parts.push({ name: 'control socket', close: () => control.close() });
  const measured = await startMeasuring(start, () => ({
    state: answers(() => store.settings.get('ready')),
    relay: observer.relayWorks(),
    lists: lists.every(
      (each) => (store.revocationLists.latest(each)?.nextUpdate ?? 0) > world.now(),
    ),
  }));
  await greetFirstAdministrator(
    store,
    configuration.state,
    `https://${at(administration.endpoint)}/`,
    { now: world.now, randomBytes: random },
    world.showPassword,
  );
  warnOfUnreadable(store, observer.warning);
  const { relay: range } = configuration.internet;
  return {
    endpoints: {
      registration: at(registration.endpoint),
      sip: at(signalling.endpoint),
      relay: `${inUrl(configuration.internet.host)}:${range.first}-${range.last} (${relay.mode})`,
      administration: at(administration.endpoint),
      metrics: measured && at(measured.endpoint),
    },
    ports: {
      sip: signalling.endpoint.port,
      registration: registration.endpoint.port,
      administration: administration.endpoint.port,
      metrics: measured?.endpoint.port ?? null,
    },
    outbox: sms.outbox,
    calls: () => signalling.calls().length,
    registrations: () => signalling.registrations(),
    endCalls: () => endCalls(signalling, world.log, configuration.limits.stopSeconds),
  };
};

const answers = (question: () => unknown): boolean => {
  try {
    question();
    return true;
  } catch {
    return false;
  }
};

/** Opens the state, and requires that `discretio admin` can be served from it. */
const openState = (folder: string, at: number): ApplianceStore => {
  const store = openStore(folder, at);
  try {
    requireControlPlace(folder);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
};

/**
 * Starts the whole appliance of a configuration on its durable state: state, authorities, revocation, relay, SIP, registration,
 * administration, control socket, measurements, in this order, so that nothing is served before what it needs. Rejects with one
 * line, nothing left running, when a part cannot start.
 */
export const startService = async (
  configuration: ApplianceConfiguration,
  world: ServiceWorld,
): Promise<RunningService> => {
  const { log, now } = world;
  const parts: Closing[] = [];
  try {
    const raw = openState(configuration.state, now());
    parts.push({ name: 'state', close: () => raw.close() });
    const opened = await openServiceAuthorities(
      configuration,
      { now, randomBytes: random },
      (code, detail) => log.warning(code, detail),
    );
    parts.push({ name: 'authorities', close: () => opened.authorities.close() });
    const expiries = opened.validities.map(({ name, notAfter }) => ({ name, at: notAfter }));
    const live: Start['live'] = {};
    const observer = createObserver(
      log,
      (listener) => raw.onCommitted(listener),
      () => stateOf(raw, expiries, now, live),
      now,
    );
    parts.push({ name: 'observer', close: () => observer.close() });
    const store = timeStore(raw, observer.metrics.stored);
    const { endCalls: end, ...running } = await startParts({
      configuration,
      world,
      opened,
      store,
      observer,
      parts,
      expiries,
      renewable: [],
      live,
    });
    return {
      ...running,
      async stop() {
        await end();
        await closeAll(parts, log);
      },
    };
  } catch (error) {
    await closeAll(parts, log);
    throw error;
  }
};
