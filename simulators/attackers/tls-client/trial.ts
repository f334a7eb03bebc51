import { randomBytes } from 'node:crypto';
import { concat, latin1, toHex } from '../../../reference/core/bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import { minimal, vector } from './bytes.ts';
import type { ClientSettings, TlsClient } from './client-model.ts';
import { converse, type Conversation, type ConversationScript } from './conversation.ts';
import { helloFields } from './hello.ts';
import { extensionType } from './outgoing.ts';

/** What one connection of an attacking client came to; plain data. */
export interface TrialOutcome {
  /** How it ended: `quiet` where the server left something unanswered, `deadline` where it fell silent. */
  readonly end: Conversation['end']['kind'];
  readonly established: boolean;
  readonly resumed: boolean;
  readonly alerts: readonly { readonly level: number; readonly description: number }[];
  /** Why this client gave up. */
  readonly fault: string | null;
  /** First line of what was answered inside TLS. */
  readonly answer: string | null;
  /** ServerHellos: more than one where it renegotiated. */
  readonly hellos: number;
  readonly heartbeats: number;
  readonly compression: number | null;
  /** Whether the server announced it in its ServerHello (RFC 7627, RFC 5746, RFC 6520). */
  readonly extendedMasterSecret: boolean;
  readonly secureRenegotiation: boolean;
  readonly heartbeatAnnounced: boolean;
  readonly certificateRequested: boolean;
  /** Hexadecimal, without leading zeros; null where the server sent no Diffie-Hellman parameters. */
  readonly group: {
    readonly prime: string;
    readonly generator: string;
    readonly publicValue: string;
  } | null;
  readonly parametersSigned: boolean | null;
  /** Explicit nonces of the server's records, hexadecimal. */
  readonly nonces: readonly string[];
}

/** One connection to be made. */
export interface Trial {
  readonly endpoint: Endpoint;
  readonly settings: Omit<ClientSettings, 'random'>;
  /** Bytes to ask for something inside TLS. */
  readonly request: () => Uint8Array;
  /** Answers to wait for; one unless given. */
  readonly answers?: number;
  /** What to say instead of the request: once the handshake is complete, or once the server's flight is. */
  readonly instead?: {
    readonly on: 'established' | 'server-hello-done';
    readonly say: (client: TlsClient) => Uint8Array;
  };
  readonly deadlineMs: number;
  readonly quietMs: number;
}

const nothing = new Uint8Array(0);
const longestLine = 120;

const hex = (bytes: Uint8Array): string => toHex(minimal(bytes));

const outcomeOf = (
  { end, events, seen }: Conversation,
  answer: Uint8Array,
  nonces: readonly string[],
): TrialOutcome => {
  const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
  const established = events.find((event) => event.kind === 'established');
  const failed = events.find((event) => event.kind === 'failed');
  const announced = (type: number): boolean =>
    seen.serverHello?.extensions.some((each) => each.type === type) ?? false;
  const [line = ''] = latin1(answer.subarray(0, longestLine)).split(/\r?\n/);
  return {
    end: end.kind,
    established: established !== undefined,
    resumed: established?.resumed ?? false,
    alerts: events.flatMap((event) =>
      event.kind === 'alert' ? [{ level: event.level, description: event.description }] : [],
    ),
    fault: failed?.code ?? null,
    answer: answer.length === 0 ? null : line.replaceAll(/[^\x20-\x7e]/g, '?'),
    hellos: count('server-hello'),
    heartbeats: count('heartbeat'),
    compression: seen.serverHello?.compression ?? null,
    extendedMasterSecret: announced(extensionType.extendedMasterSecret),
    secureRenegotiation: announced(extensionType.renegotiationInfo),
    heartbeatAnnounced: announced(extensionType.heartbeat),
    certificateRequested: seen.certificateRequest !== null,
    group:
      seen.keyExchange?.kind === 'dh'
        ? {
            prime: hex(seen.keyExchange.prime),
            generator: hex(seen.keyExchange.generator),
            publicValue: hex(seen.keyExchange.publicValue),
          }
        : null,
    parametersSigned: seen.parametersSigned,
    nonces,
  };
};

/** Says what the trial says, and stops at the last answer awaited, at a second ServerHello or at a heartbeat. */
const scriptOf = (trial: Trial, received: (bytes: Uint8Array) => number): ConversationScript => {
  const { instead, request, answers = 1 } = trial;
  let hellos = 0;
  const ask = (client: TlsClient) => client.say({ kind: 'application-data', bytes: request() });
  return (event, client) => {
    switch (event.kind) {
      case 'server-hello':
        hellos += 1;
        return hellos > 1 ? 'done' : nothing;
      case 'server-hello-done':
        return instead?.on === 'server-hello-done' ? instead.say(client) : nothing;
      case 'established':
        return instead?.on === 'established' ? instead.say(client) : ask(client);
      case 'alert':
        // A warning, such as no_renegotiation: whether the session still serves is seen by asking.
        return client.session() ? ask(client) : nothing;
      case 'application-data':
        return received(event.bytes) >= answers ? 'done' : ask(client);
      case 'heartbeat':
        return 'done';
      case 'hello-request':
      case 'failed':
        return nothing;
    }
  };
};

/** Makes one connection and tells what came of it, with the session where one was established. Never rejects; settles within its deadline. */
export const attempt = async (
  trial: Trial,
): Promise<{ readonly outcome: TrialOutcome; readonly session: Conversation['session'] }> => {
  let answer: Uint8Array = nothing;
  let answered = 0;
  const nonces: string[] = [];
  const { endpoint, settings, deadlineMs, quietMs } = trial;
  const conversation = await converse({
    endpoint,
    deadlineMs,
    quietMs,
    settings: {
      ...settings,
      hooks: {
        ...settings.hooks,
        received: ({ content }) => void nonces.push(toHex(content.subarray(0, 8))),
      },
    },
    script: scriptOf(trial, (bytes) => {
      if (answered === 0) answer = concat(answer, bytes);
      if (bytes.includes(10)) answered += 1;
      return answered;
    }),
  });
  return { outcome: outcomeOf(conversation, answer, nonces), session: conversation.session };
};

/** How a second ClientHello inside a session is bound to the first handshake (RFC 5746 section 3.5). */
export type RenegotiationBinding = 'bound' | 'unbound' | 'scsv' | 'wrong-binding';

/** A second ClientHello inside a session. */
export const secondHello = (
  client: TlsClient,
  settings: ClientSettings['hello'],
  binding: RenegotiationBinding,
): Uint8Array => {
  const renegotiation = binding === 'scsv' ? 'scsv' : 'none';
  const fields = helloFields({ ...settings, renegotiation }, new Uint8Array(randomBytes(32)));
  const verifyData = client.seen().clientVerifyData ?? nothing;
  const data = binding === 'wrong-binding' ? verifyData.map((byte) => byte ^ 1) : verifyData;
  const claim = { type: extensionType.renegotiationInfo, data: vector(1, data) };
  const claims = binding === 'bound' || binding === 'wrong-binding' ? [claim] : [];
  const extensions = [...(fields.extensions ?? []), ...claims];
  return client.say({ kind: 'client-hello', fields: { ...fields, extensions } });
};
