import type { ApplianceDescription, Endpoint } from '../../../devices/contract.ts';
import {
  certificatesInPem,
  forgeAuthority,
  forgeClient,
  type CertifiedKey,
} from '../../../simulators/attackers/certificate-forger.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import type {
  ClientIdentity,
  ResumableSession,
} from '../../../simulators/attackers/tls-client/client-model.ts';
import {
  clientFaults,
  clientOddities,
  type HonestClient,
} from '../../../simulators/attackers/tls-client/faults.ts';
import { overlongHeartbeat } from '../../../simulators/attackers/tls-client/heartbeat.ts';
import {
  attempt,
  secondHello,
  type RenegotiationBinding,
  type Trial,
  type TrialOutcome,
} from '../../../simulators/attackers/tls-client/trial.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { analyseGroup } from '../../probe/dh-group.ts';
import { serviceRequest } from '../../probe/handshake.ts';
import { fromHex, utf8 } from '../../../reference/core/bytes.ts';
import { uriHost } from '../../../reference/core/sip/message/uri.ts';

/** Milliseconds for each connection, and without an answer that may rightly not come. */
const deadlines = { connection: 5_000, quiet: 1_000, enrolment: 5_000 } as const;

/** The attacker's own number; of the range kept for fiction. */
const number = '+33639980130';

/** Answers that the last control asks for in one session, so that its records can be compared. */
const controlAnswers = 8;

const bindings: readonly RenegotiationBinding[] = ['bound', 'unbound', 'scsv', 'wrong-binding'];

export type TlsService = 'sip' | 'registration';

/** A port, and how its attacker behaves where it does nothing wrong. */
export interface AttackedPort {
  readonly service: TlsService;
  readonly endpoint: Endpoint;
  readonly honest: HonestClient;
}

/** One trial by name and what came of it. */
interface NamedOutcome extends TrialOutcome {
  readonly name: string;
  readonly stage: 'handshake' | 'data';
}

/** Asks for something that may be asked for again in the same session. */
const requestOf = (service: TlsService, endpoint: Endpoint): Uint8Array =>
  service === 'sip'
    ? serviceRequest(service, endpoint, 'TLS')
    : utf8(`GET / HTTP/1.1\r\nHost: ${uriHost(endpoint.host)}:${endpoint.port}\r\n\r\n`);

/** A trial of an honest client, changed. */
export const trialOf = (
  { service, endpoint, honest }: AttackedPort,
  changes: Partial<Trial> = {},
): Trial => ({
  endpoint,
  settings: {
    hello: honest.hello,
    ...(honest.identity ? { identity: honest.identity } : {}),
  },
  request: () => requestOf(service, endpoint),
  deadlineMs: deadlines.connection,
  quietMs: deadlines.quiet,
  ...changes,
});

const identityOf = ({ certificate, key }: CertifiedKey, authority: Uint8Array): ClientIdentity => ({
  chain: [certificate, authority],
  privateKey: key,
});

/** Enrols a number of the attacker's own, and forges a certificate of the same number beside it. */
export const enrolAttacker = async (
  world: World,
  at: ApplianceDescription,
  own: string,
): Promise<Pick<HonestClient, 'identity' | 'rogue'>> => {
  const appliance = await world.appliance();
  const user = createMaliciousUser(at);
  const readToken = (of: string) => appliance.readToken(of, deadlines.enrolment);
  const outcome = await user.enrol(own, readToken, deadlines.enrolment);
  const identity = user.identity(own);
  const [authority] = certificatesInPem(at.trust.clientAuthority);
  if (!identity || !authority) throw new Error(`the attacker could not enrol: ${outcome.kind}`);
  const forged = forgeAuthority(authority);
  const rogue = forgeClient(own, forged.key, forged.certificate);
  return {
    identity: identityOf(identity, authority),
    rogue: identityOf(rogue, forged.certificate),
  };
};

/** The two ports of an appliance, attacked with the same identity. */
export const portsOf = (
  at: ApplianceDescription,
  own: Pick<HonestClient, 'identity' | 'rogue'>,
): readonly AttackedPort[] =>
  (['sip', 'registration'] as const).map((service) => ({
    service,
    endpoint: at[service],
    honest: {
      ...own,
      hello: { version: 0x0303, suites: [0x009f], host: at[service].host },
    },
  }));

const renegotiations = (port: AttackedPort): readonly (readonly [string, Trial])[] =>
  bindings.map((binding) => {
    const { hello } = port.honest;
    const first = binding === 'unbound' ? ({ ...hello, renegotiation: 'none' } as const) : hello;
    const trial = trialOf(port);
    return [
      `renegotiation-${binding}`,
      {
        ...trial,
        settings: { ...trial.settings, hello: first },
        instead: { on: 'established', say: (client) => secondHello(client, hello, binding) },
      },
    ] as const;
  });

const heartbeats = (port: AttackedPort): readonly (readonly [string, Trial])[] =>
  (['server-hello-done', 'established'] as const).map((moment) => {
    const trial = trialOf(port);
    const hello = { ...port.honest.hello, heartbeat: true };
    return [
      `heartbeat-${moment}`,
      {
        ...trial,
        settings: {
          ...trial.settings,
          hello,
          stopAtServerHelloDone: moment === 'server-hello-done',
        },
        instead: { on: moment, say: (client) => client.say(overlongHeartbeat) },
      },
    ] as const;
  });

const trialsOf = (
  port: AttackedPort,
): readonly (readonly [string, 'handshake' | 'data', Trial])[] => [
  ['control-first', 'data', trialOf(port)],
  ...[...clientFaults(port.honest), ...clientOddities(port.honest)].map(
    ({ name, stage, settings }) => [name, stage, trialOf(port, { settings })] as const,
  ),
  ...[...renegotiations(port), ...heartbeats(port)].map(
    ([name, trial]) => [name, 'data', trial] as const,
  ),
  ['control-last', 'data', trialOf(port, { answers: controlAnswers })],
];

const bytesOf = (hex: string): Uint8Array => {
  const parsed = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  return parsed.ok ? parsed.value : new Uint8Array(0);
};

/** Every group that the trials showed, examined once. */
const groupsOf = (outcomes: readonly TrialOutcome[]) => {
  const groups = outcomes.flatMap(({ group }) => (group ? [group] : []));
  const distinct = new Map(groups.map((group) => [`${group.prime}/${group.generator}`, group]));
  return Promise.all(
    [...distinct.values()].map(({ prime, generator }) =>
      analyseGroup(bytesOf(prime), bytesOf(generator)),
    ),
  );
};

/** One after the other: a server may allow one user few connections at once. */
const attackPort = async (port: AttackedPort) => {
  const trials: NamedOutcome[] = [];
  for (const [name, stage, trial] of trialsOf(port))
    trials.push({ name, stage, ...(await attempt(trial)).outcome });
  return { endpoint: port.endpoint, trials, groups: await groupsOf(trials) };
};

/** How a session is offered again. */
type Offer = 'identifier' | 'ticket';

interface Resumption {
  readonly name: string;
  /** Whether the server had given anything to resume by; else something made up was offered. */
  readonly given: boolean;
  readonly outcome: TrialOutcome;
}

/** Offers a session again by an identifier or a ticket; made up where the server gave none. */
export const resumeAt = async (
  port: AttackedPort,
  session: ResumableSession,
  by: Offer,
  options: { readonly altered?: boolean; readonly anonymous?: boolean } = {},
): Promise<Omit<Resumption, 'name'>> => {
  const handle = by === 'ticket' ? session.ticket : session.sessionId;
  const given = handle !== null && handle.length > 0;
  const whole = given ? handle : new Uint8Array(by === 'ticket' ? 192 : 32).fill(0x5a);
  const offered =
    options.altered === true
      ? whole.map((byte, at) => (at === 40 % whole.length ? byte ^ 1 : byte))
      : whole;
  const { identity } = port.honest;
  const { outcome } = await attempt(
    trialOf(port, {
      settings: {
        hello: {
          ...port.honest.hello,
          ...(by === 'ticket' ? { ticket: offered } : { sessionId: offered }),
        },
        resume: session,
        ...(identity && options.anonymous !== true ? { identity } : {}),
      },
    }),
  );
  return { given, outcome };
};

/** A session whose handshake asked for a ticket; null where none was established. */
export const freshSession = async (port: AttackedPort, anonymous = false) => {
  const { identity, hello } = port.honest;
  const { session } = await attempt(
    trialOf(port, {
      settings: {
        hello: { ...hello, ticket: new Uint8Array(0) },
        ...(identity && !anonymous ? { identity } : {}),
      },
    }),
  );
  return session;
};

/** A session of each port is resumed there, with an altered ticket, and, from the port that asks nobody for a certificate, at the other. */
const resumptions = async (ports: readonly AttackedPort[]): Promise<readonly Resumption[]> => {
  const results: Resumption[] = [];
  for (const port of ports) {
    const { service } = port;
    const other = ports.find((each) => each !== port);
    const own = await freshSession(port);
    const anonymous = other && (await freshSession(other, other.service === 'registration'));
    if (!own) continue;
    for (const by of ['identifier', 'ticket'] as const) {
      results.push({ name: `${service}-${by}`, ...(await resumeAt(port, own, by)) });
      if (!anonymous) continue;
      const across = await resumeAt(port, anonymous, by, { anonymous: true });
      results.push({ name: `${service}-${by}-of-other-port`, ...across });
    }
    const altered = await resumeAt(port, own, 'ticket', { altered: true });
    results.push({ name: `${service}-ticket-altered`, ...altered });
  }
  return results;
};

const anonymous = { identity: null, rogue: null } as const;

/** Both TLS ports meet a client that breaks one rule at a time. */
export const tlsPorts: Activity = {
  id: 'tls-ports',
  title: 'a client that breaks one rule of TLS at a time connects to both TLS ports',
  effect: 'enrols one number and opens some hundred TLS connections with faulty handshakes',
  disturbs: false,
  needs: ['enrol', 'read-token'],
  after: [],
  captured: false,
  async run(world) {
    const at = await (await world.appliance()).describe();
    // A port that nobody can enrol at is attacked all the same; what needs a certificate is not tried then.
    const own = await enrolAttacker(world, at, number).catch(() => anonymous);
    const ports = portsOf(at, own);
    await Promise.all(
      ports.map(async (port) => world.write(`${port.service}.json`, await attackPort(port))),
    );
    await world.write('resumptions.json', await resumptions(ports));
  },
};
