import { concat } from '../../reference/core/bytes.ts';
import type { ClientIdentity } from '../../simulators/attackers/tls-client/client-model.ts';
import type { Conversation } from '../../simulators/attackers/tls-client/conversation.ts';
import { extensionType } from '../../simulators/attackers/tls-client/outgoing.ts';
import { offerHello } from '../../simulators/attackers/tls-hello.ts';
import type { TlsProfile } from '../../simulators/attackers/tls-scan.ts';
import type { TlsVersion } from '../../simulators/attackers/tls-wire.ts';
import {
  alertName,
  endingOf,
  helloFor,
  profileName,
  readFlight,
  talk,
  type ProbeContext,
} from './context.ts';
import type { FeatureFacts, Trial } from './facts-model.ts';
import { heartbeatTrials } from './heartbeat.ts';
import { renegotiationTrial, resumptionTrial } from './sessions.ts';

const trial = (answer: Trial['answer'], detail: string): Trial => ({ answer, detail });

/** Versions this client reads a flight of, newest last. */
const readable: readonly TlsVersion[] = ['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2'];
const ladder: readonly TlsVersion[] = [...readable, 'TLSv1.3'];
const fallbackSignal = 0x5600;

/** Whether a profile's flight can be read in clear as far as the ServerHelloDone. */
export const isReadable = ({ version }: TlsProfile): boolean => readable.includes(version);

const ofServerHello = (
  conversation: Conversation | null,
  judge: (hello: NonNullable<Conversation['seen']['serverHello']>) => Trial,
): Trial => {
  const hello = conversation?.seen.serverHello;
  return hello ? judge(hello) : trial('unclear', endingOf(conversation));
};

const announces = (conversation: Conversation | null, type: number, what: string): Trial =>
  ofServerHello(conversation, ({ extensions }) =>
    extensions.some((each) => each.type === type)
      ? trial('yes', `${what} is in the ServerHello`)
      : trial('no', `${what} is not in the ServerHello`),
  );

const compression = async (context: ProbeContext, sample: TlsProfile): Promise<Trial> =>
  ofServerHello(await readFlight(context, sample, { compressions: [1, 64] }), (hello) =>
    hello.compression === 0
      ? trial('no', 'DEFLATE and LZS offered, none chosen')
      : trial('yes', `method ${hello.compression} chosen`),
  );

/** Two ChangeCipherSpecs before any key: a sound server calls the first unexpected, a faulty one cannot decrypt the second. */
const earlyChangeCipherSpec = async (context: ProbeContext, sample: TlsProfile): Promise<Trial> => {
  const early = { kind: 'change-cipher-spec', body: Uint8Array.of(1) } as const;
  const conversation = await talk(
    context,
    { hello: helloFor(context, sample), stopAtServerHelloDone: true },
    ({ kind }, client) =>
      kind === 'server-hello-done'
        ? concat(client.say(early), client.say(early))
        : new Uint8Array(0),
  );
  const alert = conversation?.events.findLast((event) => event.kind === 'alert');
  const ending = endingOf(conversation);
  if (alert) return trial([20, 21].includes(alert.description) ? 'yes' : 'no', ending);
  const refused = conversation?.end.kind === 'closed' || conversation?.end.kind === 'reset';
  return trial(refused ? 'no' : 'unclear', ending);
};

const fallback = async (context: ProbeContext, accepted: readonly TlsProfile[]): Promise<Trial> => {
  const spoken = ladder.filter((version) => accepted.some((each) => each.version === version));
  const lower = spoken.at(-2);
  const profile = accepted.find(({ version }) => version === lower);
  if (!profile) return trial('untested', 'fewer than two versions are accepted');
  const outcome = await context.pool.run(
    () =>
      offerHello(
        context.endpoint,
        {
          version: profile.version,
          suites: [profile.suite, fallbackSignal],
          serverName: context.endpoint.host,
        },
        context.deadlineMs,
      ),
    ({ kind }) => kind === 'deadline',
  );
  if (outcome?.kind === 'accepted')
    return trial('no', `${profileName(profile)} given all the same`);
  if (outcome?.kind === 'refused' && outcome.by === 'alert')
    return trial(outcome.description === 86 ? 'yes' : 'unclear', alertName(outcome.description));
  return trial('unclear', outcome?.kind ?? 'not tried');
};

/** Who completes a handshake here: nobody, or the identity (null for none needed). */
export type Working =
  | { readonly kind: 'works'; readonly identity: ClientIdentity | null }
  | { readonly kind: 'stuck'; readonly reason: string };

/** Tries each feature on connections of its own; `sample` is a profile whose flight can be read. */
export const tryFeatures = async (
  context: ProbeContext,
  accepted: readonly TlsProfile[],
  sample: TlsProfile,
  working: Working,
): Promise<FeatureFacts> => {
  const flight = await readFlight(context, sample);
  const completed = (run: (identity: ClientIdentity | null) => Promise<Trial>): Promise<Trial> =>
    working.kind === 'works'
      ? run(working.identity)
      : Promise.resolve(trial('untested', working.reason));
  const heartbeat = await heartbeatTrials(context, sample, working);
  return {
    secureRenegotiation: announces(flight, extensionType.renegotiationInfo, 'renegotiation_info'),
    extendedMasterSecret: announces(
      flight,
      extensionType.extendedMasterSecret,
      'extended_master_secret',
    ),
    compression: await compression(context, sample),
    earlyChangeCipherSpec: await earlyChangeCipherSpec(context, sample),
    clientRenegotiation: await completed((identity) =>
      renegotiationTrial(context, identity, 'bound'),
    ),
    insecureRenegotiation: await completed((identity) =>
      renegotiationTrial(context, identity, 'unbound'),
    ),
    resumptionById: await completed((identity) => resumptionTrial(context, identity, 'id')),
    resumptionByTicket: await completed((identity) => resumptionTrial(context, identity, 'ticket')),
    heartbeat: heartbeat.answered,
    heartbeatOverlong: heartbeat.overlong,
    fallbackSignal: await fallback(context, accepted),
  };
};
