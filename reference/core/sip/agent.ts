import type { Dialog } from './dialog.ts';
import type { Essentials } from './essentials.ts';
import {
  type HeaderPairs,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  serialize,
} from './message.ts';
import type { Timers } from './timers.ts';
import { parseSipUri } from './uri.ts';
import type { UserAgentConfig, UserAgentEvent, UserAgentOutput } from './user-agent-contract.ts';
import { BRANCH_COOKIE } from './via.ts';

/** An INVITE that this phone sent, kept as long as a 2xx to it may come (RFC 3261 section 13.2.2.4). */
export interface OutgoingInvite {
  readonly request: SipRequest;
  readonly sent: Essentials;
  /** Byte strings of ACKs already sent, by To tag, with which repeated 2xx are answered. */
  readonly acknowledgements: Map<string, Uint8Array>;
  /** To tag of the first 2xx. */
  answeredTag: string | undefined;
}

/** An INVITE transaction received, until its ACK or timer H (RFC 3261 section 17.2.1). */
export interface IncomingInvite {
  readonly request: SipRequest;
  readonly received: Essentials;
  readonly localTag: string;
  /** Last response sent, repeated when the INVITE is. */
  response: Uint8Array | undefined;
  final: number | undefined;
}

/** The one call of a phone. */
export type Call =
  | {
      readonly kind: 'calling';
      readonly callId: string;
      readonly invite: OutgoingInvite;
      /** A provisional response came, so that a CANCEL may go (RFC 3261 section 9.1). */
      proceeding: boolean;
      cancelling: boolean;
    }
  | {
      readonly kind: 'answered';
      readonly callId: string;
      readonly invite: OutgoingInvite;
      readonly dialog: Dialog;
    }
  | {
      readonly kind: 'incoming';
      readonly callId: string;
      readonly invite: IncomingInvite;
      readonly dialog: Dialog;
    }
  | {
      readonly kind: 'accepted';
      readonly callId: string;
      readonly invite: IncomingInvite;
      dialog: Dialog;
      /** BYE may only go after the ACK or its timeout (RFC 3261 section 15). */
      hangUp: boolean;
    }
  | { readonly kind: 'established'; readonly callId: string; dialog: Dialog };

/** A request whose final response is awaited; `done` gets it, or undefined after timer F or without connection. */
interface ClientTransaction {
  readonly request: SipRequest;
  readonly sent: Essentials;
  readonly done: (response: SipResponse | undefined) => void;
}

export interface Registration {
  readonly callId: string;
  sequence: number;
  registered: boolean;
}

/** State of a user agent while it handles an input. */
export interface Agent {
  readonly config: UserAgentConfig;
  readonly timers: Timers;
  readonly transactions: Map<string, ClientTransaction>;
  readonly outgoing: Map<string, OutgoingInvite>;
  readonly incoming: Map<string, IncomingInvite>;
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

export const emit = (agent: Agent, event: UserAgentEvent): void => {
  agent.outputs.push(event);
};

export const refuse = (agent: Agent, code: string, detail: string): void =>
  emit(agent, { kind: 'refused', code, detail });

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

export const userAgentHeader = (agent: Agent): HeaderPairs =>
  agent.config.userAgent === undefined ? [] : [['User-Agent', agent.config.userAgent]];
