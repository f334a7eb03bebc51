import { toBase64, toHex } from '../../../reference/core/bytes.ts';
import type { Result } from '../../../reference/core/result.ts';
import { knownGroup } from './groups.ts';
import {
  handshakeTypes,
  parseCertificate,
  parseCertificateRequest,
  parseCertificateVerify,
  parseClientDhPublic,
  parseClientHello,
  parseNewSessionTicket,
  parseServerHello,
  parseServerKeyExchange,
  type ClientHello,
  type MessageFault,
  type ServerHello,
  type ServerKeyExchange,
} from './messages.ts';
import type { HandshakeMessage } from './records.ts';
import type { DhFacts } from './tls-facts.ts';

export type Side = 'client' | 'server';

/** What the clear part of a handshake has shown so far. */
export interface HandshakeState {
  clientHello: ClientHello | null;
  serverHello: ServerHello | null;
  exchange: ServerKeyExchange | null;
  /** Body of the ClientKeyExchange; its form is known once the server's flight is read. */
  clientKeyExchange: Uint8Array | null;
  /** A HelloRetryRequest was sent (RFC 8446 section 4.1.4). */
  retried: boolean;
  serverChain: readonly string[];
  clientChain: readonly string[];
  certificateRequested: boolean;
  certificateVerify: boolean;
  serverHelloDone: boolean;
  ticketIssued: boolean;
  readonly problems: string[];
}

/** Before the first message. */
export const newHandshakeState = (): HandshakeState => ({
  clientHello: null,
  serverHello: null,
  exchange: null,
  clientKeyExchange: null,
  retried: false,
  serverChain: [],
  clientChain: [],
  certificateRequested: false,
  certificateVerify: false,
  serverHelloDone: false,
  ticketIssued: false,
  problems: [],
});

/** Takes a message sent in clear into the state; what cannot be read is named in `problems`. */
export const takeMessage = (state: HandshakeState, side: Side, message: HandshakeMessage): void => {
  const { type, body } = message;
  const use = <Value>(
    parsed: Result<Value, MessageFault>,
    accept: (value: Value) => void,
  ): void => {
    if (parsed.ok) accept(parsed.value);
    else
      state.problems.push(
        `${side} message ${type}: ${parsed.error.code} at ${parsed.error.offset}`,
      );
  };
  if (side === 'client') takeClientMessage(state, type, body, use);
  else takeServerMessage(state, type, body, use);
};

type Use = <Value>(parsed: Result<Value, MessageFault>, accept: (value: Value) => void) => void;

const takeClientMessage = (
  state: HandshakeState,
  type: number,
  body: Uint8Array,
  use: Use,
): void => {
  switch (type) {
    case handshakeTypes.clientHello:
      use(parseClientHello(body), (hello) => (state.clientHello = hello));
      break;
    case handshakeTypes.certificate:
      use(parseCertificate(body), (chain) => (state.clientChain = chain.map(toBase64)));
      break;
    case handshakeTypes.certificateVerify:
      use(parseCertificateVerify(body), () => (state.certificateVerify = true));
      break;
    case handshakeTypes.clientKeyExchange:
      state.clientKeyExchange = body;
      break;
    default:
  }
};

const takeServerMessage = (
  state: HandshakeState,
  type: number,
  body: Uint8Array,
  use: Use,
): void => {
  switch (type) {
    case handshakeTypes.serverHello:
      use(parseServerHello(body), (hello) => {
        if (hello.retry) state.retried = true;
        else state.serverHello = hello;
      });
      break;
    case handshakeTypes.certificate:
      use(parseCertificate(body), (chain) => (state.serverChain = chain.map(toBase64)));
      break;
    case handshakeTypes.serverKeyExchange: {
      const { suite, version } = state.serverHello ?? { suite: 0, version: 0 };
      use(parseServerKeyExchange(body, suite, version), (value) => (state.exchange = value));
      break;
    }
    case handshakeTypes.certificateRequest:
      state.certificateRequested = true;
      if (state.serverHello?.version === 0x0303) use(parseCertificateRequest(body), () => {});
      break;
    case handshakeTypes.serverHelloDone:
      state.serverHelloDone = true;
      break;
    case handshakeTypes.newSessionTicket:
      use(parseNewSessionTicket(body), () => (state.ticketIssued = true));
      break;
    default:
  }
};

const PRE_SHARED_KEY = 41;

/** Whether the server's answer continues an earlier session: no certificates and no key exchange before its ChangeCipherSpec. */
export const isResumed = (state: HandshakeState, serverEncrypts: boolean): boolean => {
  const hello = state.serverHello;
  if (!hello) return false;
  if (hello.version >= 0x0304) return hello.extensions.some(({ type }) => type === PRE_SHARED_KEY);
  return serverEncrypts && !state.serverHelloDone && state.serverChain.length === 0;
};

const bitLength = (bytes: Uint8Array): number => {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24);
};

/** The finite-field exchange that was seen, or null. */
export const dhFactsOf = (state: HandshakeState): DhFacts | null => {
  const { exchange } = state;
  if (exchange?.kind !== 'dhe') return null;
  const prime = toHex(exchange.prime);
  const clientPublic = state.clientKeyExchange && parseClientDhPublic(state.clientKeyExchange);
  return {
    bits: bitLength(exchange.prime),
    prime,
    generator: toHex(exchange.generator),
    serverPublic: toHex(exchange.publicValue),
    serverPublicBits: bitLength(exchange.publicValue),
    clientPublic: clientPublic?.ok ? toHex(clientPublic.value) : null,
    group: knownGroup(prime),
    signatureAlgorithm: exchange.signatureAlgorithm,
  };
};
