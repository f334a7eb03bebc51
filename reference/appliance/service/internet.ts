import { randomUUID } from 'node:crypto';
import { commonNameOwnsFrom } from '../../core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile } from '../../core/tls/profile.ts';
import { startRegistrationService } from '../registration/service.ts';
import { createRelay } from '../relay/relay.ts';
import { clientStatusIn } from '../revocation/client-status.ts';
import { addRevocationEndpoints } from '../revocation/endpoints.ts';
import { startRevocation, type Revocation } from '../revocation/revocation.ts';
import { keepRootList } from '../revocation/root-list.ts';
import { createMediaPath } from '../signalling/media-path.ts';
import { startSignallingServer } from '../signalling/server.ts';
import { random, type Start } from './context.ts';
import { followCalls, type LiveCalls } from './live-calls.ts';
import { openSms } from './sms.ts';

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
  endSessions: (number: string) => void,
): Promise<Revocation> => {
  const { authorities } = opened;
  keepRootList(store.revocationLists, authorities.rootList.der);
  const revocation = await startRevocation({
    store,
    authorities,
    now: world.now,
    endSessions,
    onRefusal: observer.webRefusal,
    onAlarm: observer.warning,
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

/** Starts the media relay, and what follows its calls. */
export const startRelay = async ({ configuration, observer, parts, world }: Start) => {
  const { host, relay: range } = configuration.internet;
  const relay = await createRelay({ host, ...range }, observer.relayEvent);
  parts.push({ name: 'relay', close: () => relay.close() });
  const live = followCalls(createMediaPath(relay, host), world.now, () =>
    observer.metrics.callStarted(),
  );
  return { relay, live };
};

/** The Internet side's two TLS services, on one certificate each. */
export const startInternet = async (start: Start, revocation: Revocation, live: LiveCalls) => {
  const { configuration, opened, store, observer, parts, world, expiries } = start;
  const { names, internet, limits } = configuration;
  const { authorities } = opened;
  const hosts = [internet.host, ...names] as const;
  const credentials = async (server: string) => {
    const made = await opened.credentialsFor(server, hosts, store.certificates);
    expiries.push({ name: `${server} certificate`, at: made.notAfter });
    return made;
  };
  const signalling = await startSignallingServer({
    host: internet.host,
    port: internet.sip.port,
    credentials: await credentials('sip'),
    trust: authorities.trust,
    clientStatus: clientStatusIn(store),
    mediaPath: live.mediaPath,
    random: randomToken,
    profile: exactTlsProfile,
    identityRule: commonNameOwnsFrom,
    requireClientCertificate: true,
    limits: definedOf(limits.signalling),
    onRefusal: observer.signallingRefusal,
  });
  parts.push({ name: 'signalling', close: () => signalling.close() });
  const sms = openSms(configuration, observer.warning);
  parts.push({ name: 'sms', close: () => sms.close() });
  const registration = await startRegistrationService({
    host: internet.host,
    port: internet.registration.port,
    credentials: await credentials('registration'),
    authorities,
    sms: observer.watchSms(sms),
    store,
    addResources: (app) => addRevocationEndpoints(app, revocation),
    now: world.now,
    randomBytes: random,
    onRefusal: ({ code, detail }) => observer.webRefusal(code, detail),
  });
  parts.push({ name: 'registration', close: () => registration.close() });
  return { signalling, registration, sms };
};
