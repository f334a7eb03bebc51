import { EventEmitter } from 'node:events';
import {
  Invitation,
  Inviter,
  Registerer,
  SessionState,
  UserAgent,
  type Core,
  type Session,
  type UserAgentOptions,
} from 'sip.js';
import { certificatesInPem } from '../attackers/certificate-forger.ts';
import type { Endpoint, TrustCertificates } from '../attackers/endpoint.ts';
import type { CslFalsification } from '../attackers/csl-exchange.ts';
import { openAudio, referenceSrtp, type Srtp } from './audio.ts';
import type { EnrolledNumber } from './enrolment.ts';
import {
  acceptInvitation,
  answerReinvite,
  offerAnew,
  ring,
  sendInvite,
  type Negotiating,
} from './negotiation.ts';
import {
  descriptionsOf,
  endCall,
  newPeerCall,
  sayBye,
  userOf,
  viewOf,
  type PeerCall,
  type PeerCallView,
} from './peer-call.ts';
import { createTlsTransport } from './tls-transport.ts';

/** What the peer is made of. */
export interface SipJsPhoneOptions {
  readonly sip: Endpoint;
  readonly trust: TrustCertificates;
  readonly identity: EnrolledNumber;
  /** Address that audio sockets bind to. */
  readonly host: string;
  /** libsrtp2 in tests; the reference's otherwise. */
  readonly srtp?: Srtp;
  /** What it makes wrong in its X-CSL headers: nothing unless given. */
  readonly falsify?: CslFalsification;
}

/** What the peer does with an INVITE that verified. */
export type Answering = 'answer' | 'ring' | 'busy' | 'decline';

/** An independent phone: sip.js with X-CSL headers. Methods reject with one line. */
export interface SipJsPhone {
  /** Connects and registers; resolves at the registrar's 200. */
  register(): Promise<void>;
  /** `ring` until told otherwise. */
  setAnswering(answering: Answering): void;
  /** Resolves once the INVITE is sent. */
  dial(number: string): Promise<void>;
  /** Accepts the call that rings. */
  answer(): Promise<void>;
  /** CANCEL, refusal or BYE, as the call's state asks for. */
  hangUp(): Promise<void>;
  /** Offers the call anew, `sendonly` or `sendrecv`; resolves once the peer agreed under fresh keys. */
  hold(): Promise<void>;
  resume(): Promise<void>;
  view(): PeerCallView;
  /** Messages that sip.js could not take. */
  unreadable(): readonly string[];
  readonly events: EventEmitter<{ changed: [] }>;
  stop(): Promise<void>;
}

/** Milliseconds for the TLS handshake. */
const deadlineMs = 10_000;

const userAgentOptions = (
  { sip, identity }: SipJsPhoneOptions,
  transport: ReturnType<typeof createTlsTransport>,
  callOf: (session: Session) => PeerCall,
): UserAgentOptions => {
  const uri = UserAgent.makeURI(`sip:${identity.number}@${sip.host}`);
  if (!uri) throw new Error(`${identity.number}@${sip.host}: sip.js makes no URI of it`);
  return {
    uri,
    viaHost: sip.host,
    contactName: identity.number,
    contactParams: { transport: 'tls' },
    // sip.js calls it with `new`; an object given back by a function takes the place of the new one.
    transportConstructor: function tlsTransport() {
      return transport;
    } as unknown as NonNullable<UserAgentOptions['transportConstructor']>,
    sessionDescriptionHandlerFactory: (session) => descriptionsOf(callOf(session)),
    sendInitialProvisionalResponse: false,
    logBuiltinEnabled: false,
    gracefulShutdown: false,
  };
};

/** Registers, and settles with the registrar's answer. */
const registerOn = (registerer: Registerer, number: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = ({ message }: Core.IncomingResponse): void =>
      reject(new Error(`${number}: the registrar answered ${message.statusCode ?? 0}`));
    registerer
      .register({ requestDelegate: { onAccept: () => resolve(), onReject: refuse } })
      .catch(reject);
  });

/** The calls of the peer by sip.js's session, and the newest of them. */
const createCallBook = (negotiating: Negotiating, changed: () => void) => {
  const calls = new Map<Session, PeerCall>();
  let newest: PeerCall | null = null;
  return {
    newest: () => newest,
    isFree: () => newest === null || newest.state === 'ended',
    callOf(session: Session): PeerCall {
      const call = calls.get(session);
      if (!call) throw new Error('a session without a call');
      return call;
    },
    ongoing(): PeerCall {
      if (!newest || newest.state === 'ended') throw new Error('no call is under way');
      return newest;
    },
    adopt(call: PeerCall): PeerCall {
      const { session } = call;
      newest = call;
      calls.set(session, call);
      session.stateChange.addListener((state) => {
        if (state === SessionState.Terminated) {
          endCall(call, call.endedBy);
          calls.delete(session);
        }
        changed();
      });
      // sip.js would answer a re-INVITE without letting anyone touch headers or description.
      Object.assign(session, {
        onInviteRequest: (request: Core.IncomingInviteRequest) =>
          answerReinvite(negotiating, call, request),
      });
      changed();
      return call;
    },
  };
};

type CallBook = ReturnType<typeof createCallBook>;

/** What calls are made with. */
interface Calling {
  readonly options: SipJsPhoneOptions;
  readonly negotiating: Negotiating;
  readonly book: CallBook;
}

const openCallAudio = ({ host, srtp = referenceSrtp }: SipJsPhoneOptions) => openAudio(host, srtp);

const receive = async (
  { options, negotiating, book }: Calling,
  invitation: Invitation,
  answering: Answering,
): Promise<void> => {
  const { callId, from } = invitation.request;
  if (!book.isFree()) return invitation.reject({ statusCode: 486 });
  const audio = await openCallAudio(options);
  const names = { callId, peerNumber: userOf(from) };
  const call = book.adopt(newPeerCall(invitation, names, audio, options.host, 'ringing'));
  if (answering === 'busy') return invitation.reject({ statusCode: 486 });
  if (answering === 'decline') return invitation.reject({ statusCode: 603 });
  const rings = await ring(negotiating, call, invitation);
  if (rings && answering === 'answer') await acceptInvitation(negotiating, call, invitation);
};

const dial = async (
  { options, negotiating, book }: Calling,
  userAgent: UserAgent,
  dialled: string,
): Promise<void> => {
  const { number } = options.identity;
  if (!book.isFree()) throw new Error(`${number}: a call is under way; hang up first`);
  const target = UserAgent.makeURI(`sip:${dialled}@${options.sip.host}`);
  if (!target) throw new Error(`${JSON.stringify(dialled)} is no number`);
  const audio = await openCallAudio(options);
  const inviter = new Inviter(userAgent, target);
  const names = { callId: inviter.request.callId, peerNumber: dialled };
  const call = book.adopt(newPeerCall(inviter, names, audio, options.host, 'calling'));
  await sendInvite(negotiating, call, inviter);
};

const hangUp = async ({ session }: PeerCall): Promise<void> => {
  if (session.state === SessionState.Established) return sayBye(session);
  if (session instanceof Inviter) return session.cancel();
  if (session instanceof Invitation) return session.reject({ statusCode: 603 });
};

const answer = async ({ negotiating, book }: Calling): Promise<void> => {
  const call = book.ongoing();
  if (!(call.session instanceof Invitation)) throw new Error('no call rings');
  await acceptInvitation(negotiating, call, call.session);
};

const agreeingOf = ({ identity, trust }: SipJsPhoneOptions) => {
  const [authority] = certificatesInPem(trust.clientAuthority);
  if (!authority) throw new Error('trust.clientAuthority holds no certificate; give its PEM');
  return { identity, authority };
};

/** Makes a phone that is off the network until it registers. */
export const createSipJsPhone = (options: SipJsPhoneOptions): SipJsPhone => {
  const events: SipJsPhone['events'] = new EventEmitter();
  const changed = (): void => void events.emit('changed');
  const negotiating: Negotiating = {
    own: agreeingOf(options),
    falsify: options.falsify ?? {},
    contact: () => userAgent.contact.toString(),
    changed,
  };
  const book = createCallBook(negotiating, changed);
  const calling: Calling = { options, negotiating, book };
  const unreadable: string[] = [];
  const onUnreadable = (reason: string): void => void unreadable.push(reason);
  const transport = createTlsTransport({ ...options, deadlineMs, onUnreadable });
  const userAgent = new UserAgent(
    userAgentOptions(options, transport, (session) => book.callOf(session)),
  );
  const registerer = new Registerer(userAgent);
  let answering: Answering = 'ring';
  userAgent.delegate = {
    onInvite: (invitation) =>
      void receive(calling, invitation, answering).catch((error: Error) =>
        onUnreadable(error.message),
      ),
  };
  return {
    events,
    async register() {
      await userAgent.start();
      await registerOn(registerer, options.identity.number);
    },
    setAnswering: (next) => void (answering = next),
    dial: (number) => dial(calling, userAgent, number),
    answer: () => answer(calling),
    hangUp: async () => hangUp(book.ongoing()),
    hold: async () => offerAnew(negotiating, book.ongoing(), 'sendonly'),
    resume: async () => offerAnew(negotiating, book.ongoing(), 'sendrecv'),
    view: () => viewOf(book.newest()),
    unreadable: () => unreadable,
    async stop() {
      const call = book.newest();
      if (call && call.state !== 'ended') {
        await hangUp(call).catch(() => undefined);
        endCall(call, null);
      }
      // Unregisters; of its timers UserAgent.stop() forgets those of ten minutes.
      await registerer.dispose().catch(() => undefined);
      await userAgent.stop();
    },
  };
};
