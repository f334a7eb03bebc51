import { randomBytes, sign } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { toHex } from '../core/bytes.ts';
import { localParty, type LocalParty } from '../core/csl/party.ts';
import { parsePem } from '../core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../core/pki/certificate.ts';
import type { ReconnectionPolicy } from '../core/sip/user-agent/reconnection.ts';
import { uriHost } from '../core/sip/message/uri.ts';
import type { UserAgentConfig } from '../core/sip/user-agent/user-agent.ts';
import { createCalls, type Calls } from './calls/calls.ts';
import type { PhoneLogs, PhoneParts } from './parts.ts';
import {
  createStatusService,
  noStatusService,
  type StatusService,
} from './revocation/status-service.ts';
import { createSignalling, type Signalling } from './signalling/signalling.ts';
import { createRegistering } from './signalling/registering.ts';
import { uniform } from './signalling/uniform.ts';
import type { OpenedIdentity, StoredTrust } from './storage/storage.ts';

/** Milliseconds for the TLS handshake with the signalling server. */
const handshakeDeadline = 10_000;

/** What a phone tells: every change of its view, and how a registration came out. */
export type PhoneEvents = EventEmitter<{ changed: []; registration: [problem: string | null] }>;

/** What an unlocked phone works with. */
export interface UnlockedPhoneOptions {
  readonly identity: OpenedIdentity;
  readonly sip: { readonly host: string; readonly port: number };
  /** Where the status of peers is asked; without it there is no answer, and so no call (interpretations I-7). */
  readonly registration?: { readonly host: string; readonly port: number };
  readonly trust: StoredTrust;
  /** Address that media sockets bind to. */
  readonly host: string;
  readonly parts: PhoneParts;
  readonly logs: PhoneLogs;
  readonly events: PhoneEvents;
  /** How long it waits before it registers anew by itself. */
  readonly reconnection?: ReconnectionPolicy;
}

/** A phone whose key is open: its calls and its signalling. */
export interface UnlockedPhone {
  readonly calls: Calls;
  /**
   * Connects anew and registers; a call under way goes on. Rejects with one line. Once it has succeeded, the phone stays
   * registered by itself: whenever that ends it tries again, with growing pauses.
   */
  register(): Promise<void>;
  connected(): boolean;
  /** Hangs up, gives a handshake under way up and ends the connection, for good: no socket and no timer stays. */
  close(): Promise<void>;
}

const certificateOfPem = (pem: string): Certificate => {
  const der = parsePem(pem, 'CERTIFICATE');
  const certificate = der.ok ? parseCertificate(der.value) : der;
  if (!certificate.ok)
    throw new Error(`a stored certificate cannot be read (${certificate.error.code}); enrol again`);
  return certificate.value;
};

const partyOf = (identity: OpenedIdentity, authority: Certificate): LocalParty => {
  const own = localParty(
    identity.certificate,
    authority,
    (preimage) => new Uint8Array(sign('sha256', preimage, identity.privateKey)),
  );
  if (!own.ok) throw new Error('the stored certificate names no number; enrol again');
  return own.value;
};

/** A server that was refused, and why, belongs into the phone's log. */
const logRefusal = (logs: PhoneLogs, error: unknown): void => {
  if (!(error instanceof Error && 'code' in error)) return;
  logs.refusal({ at: Date.now(), code: String(error.code), detail: error.message });
};

const connect = async (
  options: UnlockedPhoneOptions,
  signalling: Signalling,
  signal: AbortSignal,
): Promise<void> => {
  const { identity, sip, trust, host, logs, parts } = options;
  const connecting = parts.connectTls({
    endpoint: sip,
    trust,
    identity,
    deadline: handshakeDeadline,
    signal,
    ...(logs.tlsKeys ? { keyLog: logs.tlsKeys } : {}),
  });
  const socket = await connecting.catch((error: unknown) => {
    logRefusal(logs, error);
    throw error;
  });
  const { localAddress = host, localPort = 0 } = socket;
  const contact = `sip:${identity.number}@${uriHost(localAddress)}:${localPort};transport=tls`;
  signalling.attach(socket, contact);
};

const userAgentOf = (number: string, server: string): UserAgentConfig => ({
  number,
  domain: uriHost(server),
  // Until the first connection; each brings its own.
  contact: `sip:${number}@phone.invalid;transport=tls`,
  random: () => toHex(new Uint8Array(randomBytes(12))),
  uniform,
});

/** Questions about peers, over connections that show no certificate. */
const openStatus = (options: UnlockedPhoneOptions, clientAuthority: Certificate): StatusService => {
  const { identity, trust, registration: endpoint, logs, parts } = options;
  const onUnavailable = (reason: string): void =>
    logs.refusal({ at: Date.now(), code: 'revocation/unavailable', detail: reason });
  if (endpoint === undefined) return noStatusService(onUnavailable);
  return createStatusService({
    connection: { endpoint, trust, ...(logs.tlsKeys ? { keyLog: logs.tlsKeys } : {}) },
    connect: parts.connectRegistration,
    root: certificateOfPem(identity.trust.root),
    clientAuthority,
    serverAuthority: certificateOfPem(identity.trust.serverAuthority),
    verification: parts.statusVerification,
    onUnavailable,
  });
};

/** Puts an opened key to use; off the network until it registers. */
export const openUnlockedPhone = (options: UnlockedPhoneOptions): UnlockedPhone => {
  const { identity, sip, host, parts, logs, events } = options;
  const authority = certificateOfPem(identity.trust.clientAuthority);
  const status = openStatus(options, authority);
  const calls = createCalls({
    own: partyOf(identity, authority),
    clientAuthorities: [authority],
    host,
    parts,
    logs,
    askStatus: status.ask,
    command: (command) => signalling.command(command),
    changed: () => void events.emit('changed'),
  });
  const closing = new AbortController();
  const registering = createRegistering({
    policy: options.reconnection ?? {},
    signalling: () => signalling,
    connect: () => connect(options, signalling, closing.signal),
    tell: (problem) => void events.emit('registration', problem),
    name: identity.number,
  });
  const signalling = createSignalling({
    userAgent: userAgentOf(identity.number, sip.host),
    uniform,
    onEvent(event) {
      if (!registering.onEvent(event)) calls.onEvent(event);
    },
    onDown: () => registering.onDown(),
    onFault(error) {
      const detail = error instanceof Error ? error.message : String(error);
      logs.refusal({ at: Date.now(), code: 'phone/fault', detail });
    },
  });
  return {
    calls,
    register: () => registering.register(),
    connected: () => signalling.connected(),
    async close() {
      const stopped = registering.stop();
      closing.abort();
      status.close();
      await Promise.all([calls.close(), signalling.close(), stopped]);
    },
  };
};
