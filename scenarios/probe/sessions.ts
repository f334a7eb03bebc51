import { vector } from '../../simulators/attackers/tls-client/bytes.ts';
import type {
  ClientIdentity,
  ClientSettings,
  TlsClient,
} from '../../simulators/attackers/tls-client/client-model.ts';
import { helloFields } from '../../simulators/attackers/tls-client/hello.ts';
import { extensionType } from '../../simulators/attackers/tls-client/outgoing.ts';
import { randomBytes } from 'node:crypto';
import { endingOf, helloFor, talk, wantedProfile, type ProbeContext } from './context.ts';
import type { Trial } from './facts-model.ts';

const nothing = new Uint8Array(0);

const withIdentity = (
  hello: ClientSettings['hello'],
  identity: ClientIdentity | null,
): Omit<ClientSettings, 'random'> => ({ hello, ...(identity ? { identity } : {}) });

/** A second ClientHello inside the session, bound to the first handshake (RFC 5746 section 3.5) or not. */
const secondHello = (
  context: ProbeContext,
  client: TlsClient,
  binding: 'bound' | 'unbound',
): Uint8Array => {
  const settings = { ...helloFor(context, wantedProfile), renegotiation: 'none' } as const;
  const fields = helloFields(settings, new Uint8Array(randomBytes(32)));
  const bound = {
    type: extensionType.renegotiationInfo,
    data: vector(1, client.seen().clientVerifyData ?? nothing),
  };
  const extensions = [...(fields.extensions ?? []), ...(binding === 'bound' ? [bound] : [])];
  return client.say({ kind: 'client-hello', fields: { ...fields, extensions } });
};

/** Whether the server answers a second ClientHello on a complete session with a ServerHello. */
export const renegotiationTrial = async (
  context: ProbeContext,
  identity: ClientIdentity | null,
  binding: 'bound' | 'unbound',
): Promise<Trial> => {
  let established = false;
  const hello = helloFor(context, wantedProfile);
  const conversation = await talk(
    context,
    withIdentity(binding === 'bound' ? hello : { ...hello, renegotiation: 'none' }, identity),
    (event, client) => {
      if (event.kind === 'established') {
        established = true;
        return secondHello(context, client, binding);
      }
      const answered = event.kind === 'server-hello' || event.kind === 'alert';
      return established && answered ? 'done' : nothing;
    },
  );
  const ending = endingOf(conversation);
  if (!conversation || !established) return { answer: 'unclear', detail: ending };
  const hellos = conversation.events.filter(({ kind }) => kind === 'server-hello').length;
  if (hellos > 1) return { answer: 'yes', detail: 'answered with a second ServerHello' };
  const refused =
    conversation.events.some(({ kind }) => kind === 'alert') ||
    conversation.end.kind === 'closed' ||
    conversation.end.kind === 'reset';
  return { answer: refused ? 'no' : 'unclear', detail: ending };
};

/** Whether a second connection resumes the session of a first by identifier or by ticket. */
export const resumptionTrial = async (
  context: ProbeContext,
  identity: ClientIdentity | null,
  by: 'id' | 'ticket',
): Promise<Trial> => {
  const hello = helloFor(context, wantedProfile);
  const run = (settings: Omit<ClientSettings, 'random'>) =>
    talk(context, settings, ({ kind }) => (kind === 'established' ? 'done' : nothing));
  const first = await run(
    withIdentity(by === 'ticket' ? { ...hello, ticket: nothing } : hello, identity),
  );
  const session = first?.session;
  if (!session) return { answer: 'unclear', detail: endingOf(first) };
  const handle = by === 'ticket' ? session.ticket : session.sessionId;
  if (!handle || handle.length === 0)
    return { answer: 'no', detail: by === 'ticket' ? 'no ticket given' : 'no identifier given' };
  const offered = by === 'ticket' ? { ticket: handle } : { sessionId: handle };
  const second = await run({
    ...withIdentity({ ...hello, ...offered }, identity),
    resume: session,
  });
  const established = second?.events.find((event) => event.kind === 'established');
  if (!established) {
    const refused = second && ['done', 'closed', 'reset'].includes(second.end.kind);
    return { answer: refused === true ? 'no' : 'unclear', detail: endingOf(second) };
  }
  return established.resumed
    ? { answer: 'yes', detail: 'the second connection was resumed' }
    : { answer: 'no', detail: 'the second connection made a whole handshake' };
};
