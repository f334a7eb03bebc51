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

/** Makes a phone that is off the network until it registers. */
export const createSipJsPhone = (options: SipJsPhoneOptions): SipJsPhone => {
  const { identity, trust, host, srtp = referenceSrtp } = options;
  const { number } = identity;
  const events: SipJsPhone['events'] = new EventEmitter();
  const changed = (): void => void events.emit('changed');
  const [authority] = certificatesInPem(trust.clientAuthority);
  if (!authority) throw new Error('trust.clientAuthority holds no certificate; give its PEM');
  const negotiating: Negotiating = {
    own: { identity, authority },
    falsify: options.falsify ?? {},
    contact: () => userAgent.contact.toString(),
    changed,
  };
  const calls = new Map<Session, PeerCall>();
  const unreadable: string[] = [];
  let newest: PeerCall | null = null;
  let answering: Answering = 'ring';

  const callOf = (session: Session): PeerCall => {
    const call = calls.get(session);
    if (!call) throw new Error('a session without a call');
    return call;
  };
  const transport = createTlsTransport({
    ...options,
    deadlineMs,
    onUnreadable: (reason) => void unreadable.push(reason),
  });
  const userAgent = new UserAgent(userAgentOptions(options, transport, callOf));
  const registerer = new Registerer(userAgent);

  const adopt = (call: PeerCall): PeerCall => {
    newest = call;
    calls.set(call.session, call);
    call.session.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) {
        endCall(call, call.endedBy);
        calls.delete(call.session);
      }
      changed();
    });
    // Neither the ACK's headers nor those of an answer to a re-INVITE can be given to sip.js otherwise.
    Object.assign(call.session, {
      onInviteRequest: (request: Core.IncomingInviteRequest) =>
        answerReinvite(negotiating, call, request),
    });
    changed();
    return call;
  };

  const receive = async (invitation: Invitation): Promise<void> => {
    const names = {
      callId: invitation.request.callId,
      peerNumber: userOf(invitation.request.from),
    };
    if (newest && newest.state !== 'ended') return invitation.reject({ statusCode: 486 });
    const audio = await openAudio(host, srtp);
    const call = adopt(newPeerCall(invitation, names, audio, host, 'ringing'));
    if (answering === 'busy') return invitation.reject({ statusCode: 486 });
    if (answering === 'decline') return invitation.reject({ statusCode: 603 });
    const rings = await ring(negotiating, call, invitation);
    if (rings && answering === 'answer') await acceptInvitation(negotiating, call, invitation);
  };
  userAgent.delegate = {
    onInvite: (invitation) =>
      void receive(invitation).catch((error: Error) => unreadable.push(error.message)),
  };

  const ongoing = (): PeerCall => {
    if (!newest || newest.state === 'ended') throw new Error(`${number}: no call is under way`);
    return newest;
  };
  const dial = async (dialled: string): Promise<void> => {
    if (newest && newest.state !== 'ended') throw new Error(`${number}: a call is under way`);
    const target = UserAgent.makeURI(`sip:${dialled}@${options.sip.host}`);
    if (!target) throw new Error(`${JSON.stringify(dialled)} is no number`);
    const audio = await openAudio(host, srtp);
    const inviter = new Inviter(userAgent, target);
    const names = { callId: inviter.request.callId, peerNumber: dialled };
    const call = adopt(newPeerCall(inviter, names, audio, host, 'calling'));
    await sendInvite(negotiating, call, inviter);
  };
  const hangUp = async (): Promise<void> => {
    const { session } = ongoing();
    if (session.state === SessionState.Established) return sayBye(session);
    if (session instanceof Inviter) return session.cancel();
    if (session instanceof Invitation) return session.reject({ statusCode: 603 });
  };
  return {
    events,
    async register() {
      await userAgent.start();
      await registerOn(registerer, number);
    },
    setAnswering: (next) => void (answering = next),
    dial,
    async answer() {
      const call = ongoing();
      if (!(call.session instanceof Invitation)) throw new Error(`${number}: no call rings`);
      await acceptInvitation(negotiating, call, call.session);
    },
    hangUp,
    hold: () => offerAnew(negotiating, ongoing(), 'sendonly'),
    resume: () => offerAnew(negotiating, ongoing(), 'sendrecv'),
    view: () => viewOf(newest),
    unreadable: () => unreadable,
    async stop() {
      if (newest && newest.state !== 'ended') {
        await hangUp().catch(() => undefined);
        endCall(newest, null);
      }
      await userAgent.stop();
    },
  };
};
