import { extensionType } from '../../simulators/attackers/tls-client/outgoing.ts';
import type { TlsProfile } from '../../simulators/attackers/tls-scan.ts';
import {
  endingOf,
  helloFor,
  readFlight,
  talk,
  wantedProfile,
  type ProbeContext,
} from './context.ts';
import type { Trial } from './facts-model.ts';
import type { Working } from './features.ts';

interface HeartbeatTrials {
  readonly answered: Trial;
  readonly overlong: Trial;
}

const nothing = new Uint8Array(0);
const payload = new Uint8Array(16).fill(0x68);
const padding = new Uint8Array(16).fill(0x70);
/** More than the payload, and less than payload and padding: a server that believes it returns only bytes it was sent. */
const overlong = payload.length + 8;

const ask = async (
  context: ProbeContext,
  working: Extract<Working, { readonly kind: 'works' }>,
  claimedLength: number,
): Promise<Trial> => {
  const { identity } = working;
  const conversation = await talk(
    context,
    {
      hello: { ...helloFor(context, wantedProfile), heartbeat: true },
      ...(identity ? { identity } : {}),
    },
    ({ kind }, client) => {
      if (kind === 'established')
        return client.say({ kind: 'heartbeat', type: 1, claimedLength, payload, padding });
      return kind === 'heartbeat' ? 'done' : nothing;
    },
  );
  if (conversation?.events.some(({ kind }) => kind === 'heartbeat') === true)
    return { answer: 'yes', detail: 'answered' };
  const established = conversation?.events.some(({ kind }) => kind === 'established') ?? false;
  const detail = endingOf(conversation);
  if (!established) return { answer: 'unclear', detail };
  // RFC 6520 section 4 has a false length discarded in silence.
  return conversation?.end.kind === 'quiet' && claimedLength === overlong
    ? { answer: 'no', detail: 'discarded in silence' }
    : { answer: 'unclear', detail };
};

/** A well-formed heartbeat, then one whose claimed length is a lie; nothing is sent to a server that announces none. */
export const heartbeatTrials = async (
  context: ProbeContext,
  sample: TlsProfile,
  working: Working,
): Promise<HeartbeatTrials> => {
  const both = (trial: Trial): HeartbeatTrials => ({ answered: trial, overlong: trial });
  const flight = await readFlight(context, sample, { heartbeat: true });
  const hello = flight?.seen.serverHello;
  if (!hello) return both({ answer: 'unclear', detail: endingOf(flight) });
  if (!hello.extensions.some(({ type }) => type === extensionType.heartbeat))
    return both({ answer: 'no', detail: 'the extension is not announced' });
  if (working.kind === 'stuck')
    return both({ answer: 'untested', detail: `announced; ${working.reason}` });
  return {
    answered: await ask(context, working, payload.length),
    overlong: await ask(context, working, overlong),
  };
};
