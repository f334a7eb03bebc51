import type { Authorities } from '../../reference/appliance/authorities/authorities.ts';
import type {
  SignallingServer,
  SignallingServerOptions,
} from '../../reference/appliance/signalling/server.ts';
import { createRefusalLog } from '../../reference/core/sip/proxy/log.ts';
import { parseCertificate } from '../../reference/core/pki/certificate.ts';
import { createEngineState, type EngineCall, type EngineState } from './calls.ts';
import { uriHost } from './configuration.ts';
import type { EngineFailure } from './failure.ts';
import { freeTcpPort } from './free-port.ts';
import { trialCredentials } from './handshake.ts';
import { startKamailio, type RunningKamailio } from './kamailio.ts';
import { tellMediaPath } from './live-calls.ts';
import type { LogLine } from './log-line.ts';
import { dismissed, endCall, type RelayControl } from './revoke.ts';
import { writeCredentials, writeKamailioFiles } from './run-folder.ts';

/** What Kamailio needs besides the options of the SIP service. */
export interface KamailioServices {
  readonly folder: string;
  readonly authorities: Authorities;
  readonly relay: RelayControl;
  /** PEM of the lists of root and client authority. */
  readonly lists: () => string;
  /** Resolves once what was revoked so far is refused. */
  readonly denied: () => Promise<void>;
  readonly isBlocked: (number: string) => boolean;
  readonly failure: EngineFailure;
}

/** The SIP service carried by Kamailio, and what drives it. */
export interface KamailioSignalling extends SignallingServer {
  readonly engine: RunningKamailio;
}

const nameOf = (certificate: Uint8Array): string => {
  const parsed = parseCertificate(certificate);
  const [name] = parsed.ok ? parsed.value.commonNames : [];
  if (name?.kind !== 'text') throw new Error('kamailio: the client authority has no CommonName');
  return name.value;
};

const endAll = async (
  engine: RunningKamailio,
  relay: RelayControl,
  state: EngineState,
  host: string,
  calls: readonly EngineCall[],
  reason: string,
): Promise<void> => {
  for (const call of calls) await endCall({ engine, relay, state, host }, call, reason);
};

/** Starts the SIP service on Kamailio. Rejects with one line, nothing left running. */
export const startKamailioSignalling = async (
  options: SignallingServerOptions,
  services: KamailioServices,
): Promise<KamailioSignalling> => {
  const { host, credentials, trust, onRefusal, mediaPath, onCall } = options;
  const { folder, authorities, relay, failure } = services;
  const port = options.port === 0 ? await freeTcpPort(host) : options.port;
  const state = createEngineState();
  const log = createRefusalLog();
  const tell = tellMediaPath(mediaPath);
  const take = (line: LogLine): void => {
    state.take(line, Date.now());
    tell(line);
    if (line.kind === 'call') onCall?.();
    if (line.kind !== 'refused') return;
    for (const { code, detail } of log.add(
      line,
      line.detail.split(':', 1)[0] ?? '',
      performance.now(),
    ))
      onRefusal(code, detail);
  };
  await writeKamailioFiles(folder, {
    host,
    port,
    relayControl: `${relay.control.host}:${relay.control.port}`,
    ...(relay.token === undefined ? {} : { relayToken: relay.token }),
    clientAuthorityName: nameOf(authorities.clientAuthority.certificate),
    credentials,
    trust,
    lists: services.lists(),
  });
  const endpoint = { host, port };
  const trial = await trialCredentials(authorities);
  const engine = await startKamailio({
    folder,
    endpoint,
    trust: authorities.trust,
    trial,
    failure,
    onLine: take,
  });
  const domain = uriHost(host);
  return {
    engine,
    endpoint,
    registrations: state.registrations,
    calls: state.calls,
    async revoke(number) {
      // A phone with a new certificate may come while its old sessions are ended.
      const old = state.connectionsOf(number);
      const reason = 'SIP;cause=403;text="Revoked"';
      try {
        await services.denied();
        await endAll(engine, relay, state, domain, state.callsOf(number), reason);
        await dismissed(engine, state, number, old, services.isBlocked(number));
      } catch (error) {
        // Who was to be cut off may still be served: nothing is judged by this appliance any more.
        failure.report(error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
    async endCalls(text, _deadline) {
      const calls = state.allCalls();
      await endAll(engine, relay, state, domain, calls, `SIP;cause=503;text="${text}"`);
      return { calls: calls.length, unanswered: 0 };
    },
    renew(renewed) {
      void writeCredentials(folder, renewed)
        .then(() => engine.control.ask('tls.reload'))
        .catch((error: unknown) => failure.report(String(error)));
    },
    figures: () => ({
      connections: state.owned(),
      registered: state.registrations().length,
      refusals: log.totals(),
    }),
    async close() {
      await engine.stop();
      for (const { code, detail } of log.flush()) onRefusal(code, detail);
    },
  };
};
