import { EventEmitter } from 'node:events';
import { viewOf, type CallView } from './calls/call.ts';
import type { ReconnectionPolicy } from '../core/sip/user-agent/reconnection.ts';
import { beginEnrolment, type PendingPhoneEnrolment } from './enrolment/enrolment.ts';
import { phoneParts, type PhoneLogs, type PhoneParts } from './parts.ts';
import type { StoredTrust } from './storage/storage.ts';
import { openUnlockedPhone, type PhoneEvents, type UnlockedPhone } from './unlocked-phone.ts';

/** Milliseconds for each exchange with the registration service. */
const serviceDeadline = 10_000;

/** Where a phone's servers are and whom it trusts; the certificates ship inside the client (target 6.1). */
export interface PhoneSettings {
  readonly sip: { readonly host: string; readonly port: number };
  readonly registration: { readonly host: string; readonly port: number };
  readonly trust: StoredTrust;
  /** Folder of the stored key and certificates. */
  readonly folder: string;
  /** Address that media sockets bind to. */
  readonly host: string;
  /** How long it waits before it registers anew by itself. */
  readonly reconnection?: ReconnectionPolicy;
}

/** The reference phone: what its user can do. Methods reject with one line that names the thing and the reason. */
export interface ReferencePhone {
  requestEnrolment(number: string, passphrase: string): Promise<void>;
  completeEnrolment(token: string): Promise<void>;
  /** Opens the stored key. A phone that was open before hangs up and leaves the network, once the key has opened. */
  unlock(passphrase: string): Promise<void>;
  /**
   * Connects and registers; resolves once the registrar has answered 200. A call under way goes on over the new connection.
   * From then on the phone registers anew by itself whenever its registration ends, until it stops or is unlocked anew.
   */
  register(): Promise<void>;
  setAutoAnswer(answer: boolean): void;
  /** Resolves once the INVITE is sent. */
  dial(number: string): Promise<void>;
  /** Accepts the call that rings, if one does. */
  answer(): Promise<void>;
  /** Puts the peer on hold; resolves once it has agreed under fresh keys. */
  hold(): Promise<void>;
  /** Takes the peer back from hold. */
  resume(): Promise<void>;
  hangUp(): void;
  view(): CallView;
  readonly events: PhoneEvents;
  /** Hangs up and leaves the network, in whatever state, for good. Handshakes and enrolments under way are given up. */
  stop(): Promise<void>;
}

/** Does one thing after the other, whatever becomes of those before. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    add<Value>(work: () => Promise<Value>): Promise<Value> {
      const next = last.then(work);
      last = next.catch(() => undefined);
      return next;
    },
    idle: async () => void (await last),
  };
};

type Enrolling = Pick<ReferencePhone, 'requestEnrolment' | 'completeEnrolment'>;

const createEnrolling = (
  settings: PhoneSettings,
  logs: PhoneLogs,
  parts: PhoneParts,
  signal: AbortSignal,
): Enrolling => {
  const { registration: endpoint, trust, folder } = settings;
  const keyLog = logs.tlsKeys ? { keyLog: logs.tlsKeys } : {};
  const deadline = serviceDeadline;
  const options = { endpoint, trust, folder, now: Date.now, deadline, signal, ...keyLog };
  let pending: PendingPhoneEnrolment | null = null;
  return {
    async requestEnrolment(number, passphrase) {
      pending = await beginEnrolment(options, number, passphrase, parts);
    },
    async completeEnrolment(token) {
      if (!pending) throw new Error('no enrolment is under way; request one first');
      await pending.complete(token);
      pending = null;
    },
  };
};

/** Makes a phone that is off the network until it enrols or registers. */
export const createPhone = (
  settings: PhoneSettings,
  logs: PhoneLogs,
  parts: PhoneParts = phoneParts,
): ReferencePhone => {
  const { folder, sip, registration, trust, host, reconnection } = settings;
  const events: PhoneEvents = new EventEmitter();
  const stopping = new AbortController();
  const enrolling = createEnrolling(settings, logs, parts, stopping.signal);
  const queue = createQueue();
  let phone: UnlockedPhone | null = null;
  const inTurn = (work: () => Promise<void>): Promise<void> =>
    queue.add(() =>
      stopping.signal.aborted ? Promise.reject(new Error('the phone is stopped')) : work(),
    );
  const unlocked = (): UnlockedPhone => {
    if (!phone) throw new Error('the phone is locked; unlock it first');
    return phone;
  };
  const open = async (passphrase: string): Promise<void> => {
    const identity = await parts.openStoredKey(folder, passphrase, Date.now());
    await phone?.close();
    const policy = reconnection === undefined ? {} : { reconnection };
    phone = openUnlockedPhone({
      identity,
      sip,
      registration,
      trust,
      host,
      parts,
      logs,
      events,
      ...policy,
    });
  };
  return {
    events,
    requestEnrolment: (...given) => inTurn(() => enrolling.requestEnrolment(...given)),
    completeEnrolment: (token) => inTurn(() => enrolling.completeEnrolment(token)),
    unlock: (passphrase) => inTurn(() => open(passphrase)),
    register: () => inTurn(async () => unlocked().register()),
    setAutoAnswer: (answer) => unlocked().calls.setAutoAnswer(answer),
    async dial(number) {
      if (!unlocked().connected())
        throw new Error('no connection to the signalling server; register first');
      await unlocked().calls.dial(number);
    },
    answer: async () => unlocked().calls.answer(),
    hold: async () => unlocked().calls.hold(),
    resume: async () => unlocked().calls.resume(),
    hangUp: () => unlocked().calls.hangUp(),
    view: () => phone?.calls.view() ?? viewOf(null),
    async stop() {
      stopping.abort();
      await phone?.close();
      await queue.idle();
    },
  };
};
