import type { Dialog } from './dialog.ts';
import type { Essentials } from '../message/essentials.ts';
import {
  type HeaderPairs,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  serialize,
} from '../message/message.ts';
import type { Timers } from '../timers.ts';
import { parseSipUri } from '../message/uri.ts';
import type { UserAgentConfig, UserAgentEvent, UserAgentOutput } from './user-agent-contract.ts';
import { BRANCH_COOKIE } from '../message/via.ts';

/** What becomes of an INVITE, told to whoever sent it. */
export interface InviteUser {
  /** A provisional response other than 100. */
  readonly progressed: (response: SipResponse) => void;
  /** A 2xx for which no ACK is made yet; each To tag once. `late`: `failed` was told before. */
  readonly answered: (response: SipResponse, received: Essentials, late: boolean) => void;
  /** The final status received, 408 without answer, 487 cancelled, 503 without connection; at most once. */
  readonly failed: (status: number) => void;
}

/** An INVITE client transaction (RFC 3261 section 17.1.1, RFC 6026 section 7.2). */
export interface OutgoingInvite {
  readonly request: SipRequest;
  readonly sent: Essentials;
  readonly user: InviteUser;
  /**
   * `abandoned`: it failed without final response, and is kept for a 2xx that may come still. Completed takes no time
   * over TLS, where timer D is zero.
   */
  state: 'calling' | 'proceeding' | 'accepted' | 'abandoned';
  cancelling: boolean;
  /** To tags of the 2xx that were given to the user. */
  readonly answeredTags: Set<string>;
  /** Byte strings of ACKs already sent, by To tag, with which repeated 2xx are answered. */
  readonly acknowledgements: Map<string, Uint8Array>;
}

/** An INVITE server transaction (RFC 3261 section 17.2.1, RFC 6026 section 7.1). */
export interface IncomingInvite {
  readonly key: string;
  readonly request: SipRequest;
  readonly received: Essentials;
  readonly localTag: string;
  state: 'proceeding' | 'completed' | 'confirmed' | 'accepted';
  /** Last response sent, repeated when the INVITE is. */
  response: Uint8Array | undefined;
}

/** A re-INVITE under way in an established call (RFC 3261 section 14). */
export type Change =
  | { readonly kind: 'offering'; readonly invite: OutgoingInvite }
  | { readonly kind: 'answered'; readonly invite: OutgoingInvite }
  | { readonly kind: 'invited'; readonly invite: IncomingInvite }
  | {
      readonly kind: 'accepted';
      readonly invite: IncomingInvite;
      /** BYE may only go after the ACK or its timeout (RFC 3261 section 15). */
      hangUp: boolean;
    };

/** The one call of a phone. */
export type Call =
  | { readonly kind: 'calling'; readonly callId: string; readonly invite: OutgoingInvite }
  | {
      readonly kind: 'answered';
      readonly callId: string;
      readonly invite: OutgoingInvite;
      dialog: Dialog;
    }
  | {
      readonly kind: 'incoming';
      readonly callId: string;
      readonly invite: IncomingInvite;
      dialog: Dialog;
    }
  | {
      readonly kind: 'accepted';
      readonly callId: string;
      readonly invite: IncomingInvite;
      dialog: Dialog;
      /** BYE may only go after the ACK or its timeout (RFC 3261 section 15). */
      hangUp: boolean;
    }
  | {
      readonly kind: 'established';
      readonly callId: string;
      /** Whether this phone chose the Call-ID, which decides how long it waits after a 491. */
      readonly ownsCallId: boolean;
      dialog: Dialog;
      change: Change | undefined;
    };

export type CallOf<Kind extends Call['kind']> = Extract<Call, { readonly kind: Kind }>;

/** A client transaction other than INVITE; `done` gets its final response, or undefined when none will come. */
export interface ClientTransaction {
  readonly sent: Essentials;
  readonly done: (response: SipResponse | undefined) => void;
}

export interface Registration {
  readonly callId: string;
  sequence: number;
  registered: boolean;
  /** A REGISTER awaits its answer, and no other may go (RFC 3261 section 10.2). */
  pending: boolean;
  /** What was asked for meanwhile. */
  next: 'register' | 'unregister' | undefined;
}

/** State of a user agent while it handles an input. */
export interface Agent {
  readonly config: UserAgentConfig;
  readonly timers: Timers;
  readonly transactions: Map<string, ClientTransaction>;
  readonly outgoing: Map<string, OutgoingInvite>;
  readonly incoming: Map<string, IncomingInvite>;
  /** Final responses sent to requests other than INVITE, by transaction. */
  readonly answered: Map<string, Uint8Array>;
  readonly registration: Registration;
  contact: string;
  now: number;
  connected: boolean;
  call: Call | undefined;
  outputs: UserAgentOutput[];
}

/** The methods that a phone answers (RFC 3261 section 20.5). */
export const ALLOWED = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'] as const;
export const ALLOW: HeaderPairs[number] = ['Allow', ALLOWED.join(', ')];
/** The session descriptions that a phone reads (RFC 3261 section 20.1). */
export const ACCEPT: HeaderPairs[number] = ['Accept', 'application/sdp'];

export const emit = (agent: Agent, event: UserAgentEvent): void => {
  agent.outputs.push(event);
};

export const refuse = (agent: Agent, code: string, detail: string, callId?: string): void =>
  emit(agent, { kind: 'refused', code, detail, ...(callId === undefined ? {} : { callId }) });

/** Sends bytes; without connection they are lost, as on a broken network. */
export const sendBytes = (agent: Agent, bytes: Uint8Array): void => {
  if (agent.connected) agent.outputs.push({ kind: 'send', bytes });
};

export const send = (agent: Agent, message: SipMessage): void =>
  sendBytes(agent, serialize(message));

/** A fresh Via value (RFC 3261 section 8.1.1.7, RFC 3581 section 3). */
export const freshVia = (agent: Agent): string => {
  const contact = parseSipUri(agent.contact);
  const host = contact.ok ? contact.value.host : 'invalid';
  const port = contact.ok && contact.value.port !== undefined ? `:${contact.value.port}` : '';
  return `SIP/2.0/TLS ${host}${port};branch=${BRANCH_COOKIE}${agent.config.random()};rport`;
};

export const contactHeader = (agent: Agent): HeaderPairs[number] => [
  'Contact',
  `<${agent.contact}>`,
];

export const userAgentHeader = (agent: Agent): HeaderPairs =>
  agent.config.userAgent === undefined ? [] : [['User-Agent', agent.config.userAgent]];

/** The application's headers with the type of a body that it did not name (RFC 3261 section 20.15). */
export const withContentType = (headers: HeaderPairs, body: Uint8Array): HeaderPairs =>
  body.length === 0 || headers.some(([name]) => /^(?:content-type|c)$/i.test(name))
    ? headers
    : [...headers, ['Content-Type', 'application/sdp']];

/** A number in [0, 1): the configured one, else a token of `random` folded. */
export const uniform = (agent: Agent): number => {
  const { config } = agent;
  if (config.uniform !== undefined) return config.uniform();
  let folded = 0;
  for (const character of config.random())
    folded = (folded * 31 + character.charCodeAt(0)) % 1_000_003;
  return folded / 1_000_003;
};
