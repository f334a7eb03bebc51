import { randomUUID } from 'node:crypto';
import { commonNameOwnsFrom } from '../../core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile } from '../../core/tls/profile.ts';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import { loadDebianWeakKeys } from '../enrolment/debian-weak-keys.ts';
import { startRegistrationService } from '../registration/service.ts';
import { createRelay } from '../relay/relay.ts';
import { clientStatusIn } from '../revocation/client-status.ts';
import { addRevocationEndpoints } from '../revocation/endpoints.ts';
import { startRevocation, type Revocation } from '../revocation/revocation.ts';
import { keepRootList } from '../revocation/root-list.ts';
import { createMediaPath, type MediaPath } from '../signalling/media-path.ts';
import { startSignallingServer } from '../signalling/server.ts';
import { credentialsOf, random, type Start } from './context.ts';
import { openSms, type ServiceSms } from './sms.ts';

const randomToken = (): string => randomUUID().replaceAll('-', '');

/** Without the fields that are undefined. */
const definedOf = <Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };

/** Starts revocation and its lists, for sessions that a service started later holds. */
export const startRevoking = async (
  { opened, store, observer, world, parts }: Start,
  endSessions: (number: string) => Promise<void>,
): Promise<Revocation> => {
  const { authorities } = opened;
  keepRootList(store.revocationLists, authorities.rootList.der, world.now());
  const revocation = await startRevocation({
    store,
    authorities,
    now: world.now,
    endSessions,
    onRefusal: observer.webRefusal,
    onAlarm: observer.warning,
    onEffect: ({ effect, took }) => observer.metrics.revocationTook(effect, took),
  });
  parts.push({
    name: 'revocation',
    async close() {
      await revocation.settled();
      revocation.stop();
    },
  });
  return revocation;
};

/** Starts the media relay, and what leads calls over it. */
export const startRelay = async ({ configuration, observer, parts }: Start) => {
  const { host, relay: range } = configuration.internet;
  const relay = await createRelay({ host, ...range }, observer.relayEvent);
  parts.push({ name: 'relay', close: () => relay.close() });
  return { relay, mediaPath: createMediaPath(relay, host) };
};

/** The hosts by which phones find the Internet side: its certificates name them, and they are SIP domains. */
const hostsOf = ({ internet, names }: ApplianceConfiguration) => [internet.host, ...names] as const;

const startSignalling = async (start: Start, mediaPath: MediaPath) => {
  const { configuration, opened, store, observer, parts } = start;
  const { internet, limits } = configuration;
  const hosts = hostsOf(configuration);
  const { credentials, renewBy } = await credentialsOf(start, 'sip', hosts);
  const signalling = await startSignallingServer({
    host: internet.host,
    port: internet.sip.port,
    domains: [...hosts, ...internet.sip.domains],
    credentials,
    trust: opened.authorities.trust,
    clientStatus: clientStatusIn(store),
    mediaPath,
    random: randomToken,
    profile: exactTlsProfile,
    identityRule: commonNameOwnsFrom,
    requireClientCertificate: true,
    limits: definedOf(limits.signalling),
    onCall: () => observer.metrics.callStarted(),
    onRefusal: observer.signallingRefusal,
  });
  parts.push({ name: 'signalling', close: () => signalling.close() });
  renewBy((renewed) => signalling.renew(renewed));
  return signalling;
};

const startRegistration = async (start: Start, revocation: Revocation, sms: ServiceSms) => {
  const { configuration, opened, store, observer, parts, world } = start;
  const { internet, enrolment } = configuration;
  const { weakKeys } = enrolment;
  const { credentials, renewBy } = await credentialsOf(
    start,
    'registration',
    hostsOf(configuration),
  );
  const registration = await startRegistrationService({
    host: internet.host,
    port: internet.registration.port,
    credentials,
    authorities: opened.authorities,
    sms: observer.watchSms(sms),
    store,
    ...(weakKeys === undefined
      ? {}
      : { weakKeys: loadDebianWeakKeys(weakKeys, 'enrolment.weakKeys') }),
    addResources: (app) => addRevocationEndpoints(app, revocation),
    now: world.now,
    randomBytes: random,
    onRefusal: ({ code, detail }) => observer.webRefusal(code, detail),
  });
  parts.push({ name: 'registration', close: () => registration.close() });
  renewBy((renewed) => registration.renew(renewed));
  return registration;
};

/** The Internet side's two TLS services, on one certificate each. */
export const startInternet = async (start: Start, revocation: Revocation, mediaPath: MediaPath) => {
  const { configuration, observer, parts } = start;
  const signalling = await startSignalling(start, mediaPath);
  const sms = openSms(configuration, observer.warning);
  parts.push({ name: 'sms', close: () => sms.close() });
  const registration = await startRegistration(start, revocation, sms);
  return { signalling, registration, sms };
};
