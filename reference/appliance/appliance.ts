import { randomBytes, randomUUID } from 'node:crypto';
import { parsePemChain } from '../core/keystore/pem.ts';
import type { SignallingLimits } from '../core/sip/proxy/limits.ts';
import { commonNameOwnsFrom, type IdentityRule } from '../core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile, type TlsProfile } from '../core/tls/profile.ts';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from './authorities/authorities.ts';
import { deviceOf, loadFirewall } from './firewall/load.ts';
import type { ApplianceInterfaces } from './firewall/rules.ts';
import { clientStatusIn, type ClientStatusCheck } from './revocation/client-status.ts';
import { addRevocationEndpoints } from './revocation/endpoints.ts';
import {
  startRevocation,
  type Revocation,
  type RevocationEffect,
} from './revocation/revocation.ts';
import { keepRootList } from './revocation/root-list.ts';
import { describeCertificate } from './registration/routes.ts';
import { startRegistrationService } from './registration/service.ts';
import { logRelayEvent } from './relay/log.ts';
import { createRelay, type RelayRange, type RelaySettings } from './relay/relay.ts';
import { createMediaPath } from './signalling/media-path.ts';
import { startSignallingServer, type SignallingServer } from './signalling/server.ts';
import type { SmsSender } from './sms/sms-sender.ts';
import type { ApplianceStore } from './store/contract.ts';
import { createMemoryStore } from './store/open.ts';

/** Parts an appliance is composed of. {@link applianceParts} is the right set; a deliberately broken one is composed of others. */
export interface ApplianceParts {
  readonly sipProfile: TlsProfile;
  readonly registrationProfile: TlsProfile;
  readonly identityRule: IdentityRule;
  /** Whether the SIP service asks for a client certificate. */
  readonly requireClientCertificate: boolean;
  /** What is asked about a client's certificate at every SIP handshake and request (interpretations I-7). */
  readonly clientStatus: (store: ApplianceStore) => ClientStatusCheck;
  /** Ends the live connections and calls of a revoked number. */
  readonly endSessions: (signalling: SignallingServer, number: string) => void;
}

/** The parts of the reference appliance. */
export const applianceParts: ApplianceParts = {
  sipProfile: exactTlsProfile,
  registrationProfile: exactTlsProfile,
  identityRule: commonNameOwnsFrom,
  requireClientCertificate: true,
  clientStatus: clientStatusIn,
  endSessions: (signalling, number) => signalling.revoke(number),
};

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

/** What the appliance shows to the Internet, from the values that its services started with (interpretations I-8). */
const interfacesOf = (
  { host, relay }: ApplianceSettings,
  registration: number,
  sip: number,
): ApplianceInterfaces => ({
  internet: {
    device: deviceOf(host),
    services: [
      {
        purpose: 'registration over HTTPS',
        protocol: 'tcp',
        first: registration,
        last: registration,
      },
      { purpose: 'SIP over TLS', protocol: 'tcp', first: sip, last: sip },
      { purpose: 'media relay', protocol: 'udp', first: relay.first, last: relay.last },
    ],
  },
});

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

/** Starts revocation for sessions that a service started later holds. */
const startRevoking = async (
  settings: ApplianceSettings,
  store: ApplianceStore,
  authorities: Authorities,
  endSessions: (number: string) => void,
): Promise<Revocation> => {
  const { onRevocation } = settings;
  const log = (code: string, detail: string) =>
    settings.onRefusal({ at: Date.now(), code, detail });
  keepRootList(store.revocationLists, authorities.rootList.der);
  return startRevocation({
    store,
    authorities,
    now: Date.now,
    endSessions,
    onRefusal: log,
    onAlarm: log,
    ...(onRevocation === undefined ? {} : { onEffect: onRevocation }),
  });
};

/** Starts authorities, registration, signalling and relay (target 2.3: the appliance holds all services). Rejects with one line, nothing left running, when a part cannot start. */
export const startAppliance = async (
  settings: ApplianceSettings,
  parts: ApplianceParts = applianceParts,
): Promise<ReferenceAppliance> => {
  const { host, sms } = settings;
  const refuse = (code: string, detail: string) =>
    settings.onRefusal({ at: Date.now(), code, detail });
  const bytes = (length: number) => new Uint8Array(randomBytes(length));
  const authorities = await createAuthorities({ now: Date.now, randomBytes: bytes });
  const [sipCredentials, registrationCredentials] = await Promise.all([
    authorities.issueServerCertificate([host]),
    authorities.issueServerCertificate([host]),
  ]);
  const started: { close(): Promise<void> }[] = [];
  const store = settings.store ?? createMemoryStore();
  if (settings.store === undefined) started.unshift({ close: async () => store.close() });
  try {
    for (const credentials of [sipCredentials, registrationCredentials])
      recordServer(store, host, credentials);
    const sessions = { end: (_number: string): void => undefined };
    const revocation = await startRevoking(settings, store, authorities, (number) =>
      sessions.end(number),
    );
    started.unshift({ close: async () => revocation.stop() });
    const relay = await createRelay(settings.relay, (event) => logRelayEvent(event, refuse));
    started.unshift(relay);
    const registration = await startRegistrationService({
      host,
      port: settings.registrationPort,
      credentials: registrationCredentials,
      authorities,
      sms,
      store,
      addResources: (app) => addRevocationEndpoints(app, revocation),
      now: Date.now,
      randomBytes: bytes,
      profile: parts.registrationProfile,
      onRefusal: (refusal) => refuse(refusal.code, refusal.detail),
    });
    started.unshift(registration);
    const signalling = await startSignallingServer({
      host,
      port: settings.sipPort,
      credentials: sipCredentials,
      trust: authorities.trust,
      mediaPath: createMediaPath(relay, settings.relay.host),
      random: randomToken,
      profile: parts.sipProfile,
      identityRule: parts.identityRule,
      requireClientCertificate: parts.requireClientCertificate,
      clientStatus: parts.clientStatus(store),
      limits: settings.signallingLimits ?? {},
      onRefusal: refuse,
    });
    started.unshift(signalling);
    sessions.end = (number) => parts.endSessions(signalling, number);
    if (settings.firewall === true)
      await loadFirewall(
        interfacesOf(settings, registration.endpoint.port, signalling.endpoint.port),
      );
    return {
      sip: signalling.endpoint,
      registration: registration.endpoint,
      relay: { host: settings.relay.host, first: settings.relay.first, last: settings.relay.last },
      trust: authorities.trust,
      store,
      revocation,
      stop: () => closeAll(started),
    };
  } catch (error) {
    await closeAll(started);
    throw error;
  }
};
