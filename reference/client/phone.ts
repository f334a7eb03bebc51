import { randomBytes, sign } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { toHex } from '../core/bytes.ts';
import { localParty } from '../core/csl/party.ts';
import { parsePem } from '../core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../core/pki/certificate.ts';
import type { UserAgentEvent } from '../core/sip/user-agent.ts';
import { createCalls, type Calls, type CallsOptions, type CallView } from './calls.ts';
import { beginEnrolment, type PendingPhoneEnrolment } from './enrolment/enrolment.ts';
import { phoneParts, type PhoneLogs, type PhoneParts } from './parts.ts';
import { openSignalling, type SignallingConnection } from './signalling/connection.ts';
import { openStoredKey, type OpenedIdentity, type StoredTrust } from './storage/storage.ts';
import { connectTls } from './tls/connect.ts';

/** Milliseconds for each exchange with a server. */
const serverDeadline = 10_000;

/** Where a phone's servers are and whom it trusts; the certificates ship inside the client (target 6.1). */
export interface PhoneSettings {
  readonly sip: { readonly host: string; readonly port: number };
  readonly registration: { readonly host: string; readonly port: number };
  readonly trust: StoredTrust;
  /** Folder of the stored key and certificates. */
  readonly folder: string;
  /** Address that media sockets bind to. */
  readonly host: string;
}

/** What a phone tells: every change of its view, and how a registration came out. */
export type PhoneEvents = EventEmitter<{ changed: []; registration: [problem: string | null] }>;

/** The reference phone: what its user can do. Methods reject with one line that names the thing and the reason. */
export interface ReferencePhone {
  requestEnrolment(number: string, passphrase: string): Promise<void>;
  completeEnrolment(token: string): Promise<void>;
  unlock(passphrase: string): Promise<void>;
  /** Connects and registers; resolves once the registrar has answered 200. */
  register(): Promise<void>;
  setAutoAnswer(answer: boolean): void;
  dial(number: string): Promise<void>;
  hangUp(): void;
  view(): CallView;
  readonly events: PhoneEvents;
  stop(): Promise<void>;
}

interface PhoneState {
  enrolment: PendingPhoneEnrolment | null;
  identity: OpenedIdentity | null;
  calls: Calls | null;
  connection: SignallingConnection | null;
}

const noCall: CallView = {
  state: 'idle',
  callId: '',
  peerNumber: '',
  identifiers: null,
  endedBy: null,
  packetsSent: 0,
  packetsReceived: 0,
  packetsRefused: 0,
};

const certificateOfPem = (pem: string): Certificate => {
  const der = parsePem(pem, 'CERTIFICATE');
  const certificate = der.ok ? parseCertificate(der.value) : der;
  if (!certificate.ok)
    throw new Error(`a stored certificate cannot be read (${certificate.error.code}); enrol again`);
  return certificate.value;
};

type Command = SignallingConnection['command'];

const openCalls = (
  identity: OpenedIdentity,
  settings: PhoneSettings,
  options: Pick<CallsOptions, 'parts' | 'logs' | 'command' | 'changed'>,
): Calls => {
  const authority = certificateOfPem(identity.trust.clientAuthority);
  const own = localParty(
    identity.certificate,
    authority,
    (preimage) => new Uint8Array(sign('sha256', preimage, identity.privateKey)),
  );
  if (!own.ok) throw new Error('the stored certificate names no number; enrol again');
  return createCalls({
    own: own.value,
    clientAuthorities: [authority],
    host: settings.host,
    ...options,
  });
};

const registrationProblem = (event: UserAgentEvent): string | null | undefined => {
  if (event.kind === 'registered') return null;
  if (event.kind === 'registration-failed') return `the registrar answered ${event.status}`;
  if (event.kind === 'registration-lost') return 'the connection was lost';
  return undefined;
};

const connect = async (
  identity: OpenedIdentity,
  settings: PhoneSettings,
  logs: PhoneLogs,
  onEvent: (event: UserAgentEvent) => void,
): Promise<SignallingConnection> => {
  const socket = await connectTls({
    endpoint: settings.sip,
    trust: settings.trust,
    identity,
    deadline: serverDeadline,
    ...(logs.tlsKeys ? { keyLog: logs.tlsKeys } : {}),
  });
  const { number } = identity;
  const local = `${socket.localAddress ?? settings.host}:${socket.localPort ?? 0}`;
  return openSignalling({
    socket,
    onEvent,
    userAgent: {
      number,
      domain: settings.sip.host,
      contact: `sip:${number}@${local};transport=tls`,
      random: () => toHex(new Uint8Array(randomBytes(12))),
    },
  });
};

/** Waits for the outcome of a registration that is under way. */
const registrationOutcome = (events: PhoneEvents): Promise<string | null> =>
  new Promise((resolve) => events.once('registration', resolve));

const registered = async (
  state: PhoneState,
  settings: PhoneSettings,
  logs: PhoneLogs,
  events: PhoneEvents,
): Promise<void> => {
  const { identity, calls } = state;
  if (!identity || !calls) throw new Error('the phone is locked; unlock it first');
  await state.connection?.close();
  const outcome = registrationOutcome(events);
  state.connection = await connect(identity, settings, logs, (event) => {
    const problem = registrationProblem(event);
    if (problem !== undefined) events.emit('registration', problem);
    calls.onEvent(event);
  });
  state.connection.command({ kind: 'register' });
  const problem = await outcome;
  if (problem !== null) throw new Error(`${identity.number}: not registered: ${problem}`);
};

/** Makes a phone that is off the network until it enrols or registers. */
export const createPhone = (
  settings: PhoneSettings,
  logs: PhoneLogs,
  parts: PhoneParts = phoneParts,
): ReferencePhone => {
  const events: PhoneEvents = new EventEmitter();
  const state: PhoneState = { enrolment: null, identity: null, calls: null, connection: null };
  const command: Command = (wanted) => state.connection?.command(wanted);
  const calls = (): Calls => {
    if (!state.calls) throw new Error('the phone is locked; unlock it first');
    return state.calls;
  };
  return {
    events,
    async requestEnrolment(number, passphrase) {
      const { registration: endpoint, trust, folder } = settings;
      const keyLog = logs.tlsKeys ? { keyLog: logs.tlsKeys } : {};
      const options = {
        endpoint,
        trust,
        folder,
        now: Date.now,
        deadline: serverDeadline,
        ...keyLog,
      };
      state.enrolment = await beginEnrolment(options, number, passphrase);
    },
    async completeEnrolment(token) {
      if (!state.enrolment) throw new Error('no enrolment is under way; request one first');
      await state.enrolment.complete(token);
      state.enrolment = null;
    },
    async unlock(passphrase) {
      const identity = await openStoredKey(settings.folder, passphrase, Date.now());
      await state.calls?.close();
      state.identity = identity;
      const changed = () => void events.emit('changed');
      state.calls = openCalls(identity, settings, { parts, logs, command, changed });
    },
    register: () => registered(state, settings, logs, events),
    setAutoAnswer: (answer) => calls().setAutoAnswer(answer),
    dial: (number) => calls().dial(number),
    hangUp: () => calls().hangUp(),
    view: () => state.calls?.view() ?? noCall,
    async stop() {
      await state.calls?.close();
      await state.connection?.close();
    },
  };
};
