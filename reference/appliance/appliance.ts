import { randomBytes, randomUUID } from 'node:crypto';
import { parsePemChain } from '../core/keystore/pem.ts';
import type { SignallingLimits } from '../core/sip/proxy/limits.ts';
import type { Authorities, ServerCredentials } from './authorities/authorities.ts';
import { startPage, type AdministrationSettings } from './administration.ts';
import { exposedBy } from './firewall/exposed.ts';
import { applianceParts, type ApplianceParts } from './parts.ts';
import { addRevocationEndpoints } from './revocation/endpoints.ts';
import type { Revocation, RevocationEffect } from './revocation/revocation.ts';
import { keepRootList } from './revocation/root-list.ts';
import { describeCertificate } from './registration/routes.ts';
import { logRelayEvent } from './relay/log.ts';
import type { RelayRange, RelaySettings } from './relay/relay.ts';
import { followCalls, type LiveCalls } from './service/live-calls.ts';
import type { MediaPath } from './signalling/media-path.ts';
import type { SmsSender } from './sms/sms-sender.ts';
import type { ApplianceStore } from './store/contract.ts';
import { createMemoryStore } from './store/open.ts';

export type { ApplianceParts } from './parts.ts';

/** Something the appliance refused, for its log; never a secret. */
export interface ApplianceRefusal {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code: string;
  readonly detail: string;
}

/** Where an appliance listens and what it works with. */
export interface ApplianceSettings {
  /** Address of its Internet side. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly sipPort: number;
  readonly registrationPort: number;
  readonly relay: RelaySettings;
  /** The administration page, on an interface of its own where there is one; none without. */
  readonly administration?: AdministrationSettings;
  readonly sms: SmsSender;
  /** Whether to load the appliance's rules into this host's firewall; only where the host is its own. */
  readonly firewall?: boolean;
  /** Of the SIP service; its defaults for what is left out. */
  readonly signallingLimits?: Partial<SignallingLimits>;
  /** What is to outlive the process, closed by whoever gives it; in memory where absent. */
  readonly store?: ApplianceStore;
  /** Told what each revocation brought about, and how fast. */
  readonly onRevocation?: (effect: RevocationEffect) => void;
  readonly onRefusal: (refusal: ApplianceRefusal) => void;
}

/** A running appliance. */
export interface ReferenceAppliance {
  readonly sip: { readonly host: string; readonly port: number };
  readonly registration: { readonly host: string; readonly port: number };
  readonly relay: RelayRange;
  /** Null where none was asked for. */
  readonly administration: { readonly host: string; readonly port: number } | null;
  readonly trust: Authorities['trust'];
  readonly store: ApplianceStore;
  /** Revokes and releases numbers (interpretations I-7). */
  readonly revocation: Revocation;
  stop(): Promise<void>;
}

/** 122 random bits; node makes them in batches, which costs a tenth of single ones. */
const randomToken = (): string => randomUUID().replaceAll('-', '');

/** Closes in the order given, each whatever became of those before. */
const closeAll = async (parts: readonly { close(): Promise<void> }[]): Promise<void> => {
  for (const part of parts) await part.close().catch(() => undefined);
};

/** Records the certificate of a service, so that its status can be asked for. */
const recordServer = (
  store: ApplianceStore,
  host: string,
  { certificateChain }: ServerCredentials,
): void => {
  const chain = parsePemChain(certificateChain, 'CERTIFICATE');
  if (!chain.ok) throw new Error(`the certificate made for ${host}: ${chain.error.code}`);
  const certificate = describeCertificate(chain.value[0]);
  store.certificates.addServer({ certificate, host, at: Date.now() });
};

/** What the parts of one appliance share while it starts. */
interface Starting {
  readonly settings: ApplianceSettings;
  readonly parts: ApplianceParts;
  readonly authorities: Authorities;
  readonly store: ApplianceStore;
  readonly refuse: (code: string, detail: string) => void;
  /** Closed in this order. */
  readonly started: { close(): Promise<void> }[];
}

/** Starts revocation for sessions that a service started later holds. */
const startRevoking = async (
  { settings, parts, authorities, store }: Starting,
  endSessions: (number: string) => void | Promise<void>,
): Promise<Revocation> => {
  const { onRevocation } = settings;
  const log = (code: string, detail: string) =>
    settings.onRefusal({ at: Date.now(), code, detail });
  keepRootList(store.revocationLists, authorities.rootList.der, Date.now());
  return parts.startRevocation({
    store,
    authorities,
    now: Date.now,
    endSessions,
    onRefusal: log,
    onAlarm: log,
    ...(onRevocation === undefined ? {} : { onEffect: onRevocation }),
  });
};

/** Randomness for everything but tokens of SIP. */
const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const credentialsFor = async (
  { authorities, store }: Starting,
  host: string,
): Promise<ServerCredentials> => {
  const credentials = await authorities.issueServerCertificate([host]);
  recordServer(store, host, credentials);
  return credentials;
};

const startRegistration = async (
  starting: Starting,
  credentials: ServerCredentials,
  revocation: Revocation,
) => {
  const { settings, parts, authorities, store, refuse, started } = starting;
  const registration = await parts.startRegistration({
    host: settings.host,
    port: settings.registrationPort,
    credentials,
    authorities,
    sms: settings.sms,
    store,
    addResources: (app) => addRevocationEndpoints(app, revocation),
    now: Date.now,
    randomBytes: bytes,
    profile: parts.registrationProfile,
    onRefusal: (refusal) => refuse(refusal.code, refusal.detail),
  });
  started.unshift(registration);
  return registration.endpoint;
};

const startSignalling = async (
  starting: Starting,
  credentials: ServerCredentials,
  mediaPath: MediaPath,
) => {
  const { settings, parts, authorities, store, refuse, started } = starting;
  const signalling = await parts.startSignalling({
    host: settings.host,
    port: settings.sipPort,
    credentials,
    trust: authorities.trust,
    mediaPath,
    random: randomToken,
    profile: parts.sipProfile,
    identityRule: parts.identityRule,
    requireClientCertificate: parts.requireClientCertificate,
    clientStatus: parts.clientStatus(store),
    limits: settings.signallingLimits ?? {},
    onRefusal: refuse,
  });
  started.unshift(signalling);
  return signalling;
};

const startAdministration = async (
  { settings, parts, store, refuse, started }: Starting,
  credentials: ServerCredentials | null,
  live: LiveCalls,
) => {
  const { administration } = settings;
  if (administration === undefined || credentials === null) return null;
  const page = await startPage(parts.startAdministration, administration, {
    store,
    credentials,
    live,
    configuration: [['internet.host', settings.host]],
    randomBytes: bytes,
    onRefusal: refuse,
  });
  started.unshift(page);
  return page.endpoint;
};

const startServices = async (starting: Starting) => {
  const { settings, parts, refuse, started } = starting;
  const { host, relay: range } = settings;
  const [forSip, forRegistration, forPage] = await Promise.all([
    credentialsFor(starting, host),
    credentialsFor(starting, host),
    settings.administration ? credentialsFor(starting, settings.administration.host) : null,
  ]);
  const sessions = { end: (_number: string): void | Promise<void> => undefined };
  const revocation = await startRevoking(starting, (number) => sessions.end(number));
  started.unshift({ close: async () => revocation.stop() });
  const relay = await parts.createRelay(range, (event) => logRelayEvent(event, refuse));
  started.unshift(relay);
  const registration = await startRegistration(starting, forRegistration, revocation);
  const path = parts.createMediaPath(relay, range.host);
  const live = followCalls(path, Date.now, () => undefined);
  const signalling = await startSignalling(
    starting,
    forSip,
    settings.administration ? live.mediaPath : path,
  );
  sessions.end = (number) => parts.endSessions(signalling, number);
  const administration = await startAdministration(starting, forPage, live);
  if (settings.firewall === true)
    await parts.loadFirewall(
      exposedBy({
        host,
        registration: registration.port,
        sip: signalling.endpoint.port,
        relay: range,
        administration,
      }),
    );
  return { revocation, registration, sip: signalling.endpoint, administration };
};

/** Starts authorities, registration, signalling, relay and the administration page (target 2.3: the appliance holds all services). Rejects with one line, nothing left running, when a part cannot start. */
export const startAppliance = async (
  settings: ApplianceSettings,
  parts: ApplianceParts = applianceParts,
): Promise<ReferenceAppliance> => {
  const refuse = (code: string, detail: string) =>
    settings.onRefusal({ at: Date.now(), code, detail });
  const authorities = await parts.createAuthorities({ now: Date.now, randomBytes: bytes });
  const started: { close(): Promise<void> }[] = [];
  const store = settings.store ?? createMemoryStore();
  if (settings.store === undefined) started.unshift({ close: async () => store.close() });
  try {
    const services = await startServices({ settings, parts, authorities, store, refuse, started });
    const { host, first, last } = settings.relay;
    return {
      ...services,
      relay: { host, first, last },
      trust: authorities.trust,
      store,
      stop: () => closeAll(started),
    };
  } catch (error) {
    await closeAll(started);
    throw error;
  }
};
