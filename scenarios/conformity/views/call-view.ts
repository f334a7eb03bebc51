import { fromBase64 } from '../../../reference/core/bytes.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { header, type SipMessage } from '../../../reference/core/sip/message/message.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import type { SipMessageFacts, TlsSessionFacts } from '../../wire/facts-model.ts';
import { onCapture, type CaptureView } from './capture-view.ts';

/** One phone's side of the call on the wire: its connection to the signalling server and what passed there. */
export interface CallLeg {
  readonly number: string;
  readonly session: TlsSessionFacts;
  /** The certificate that the phone showed in the TLS handshake. */
  readonly certificate: Certificate;
  /** The INVITE, its 200 and the ACK as they passed on this connection. */
  readonly invite: SipMessageFacts;
  readonly answer: SipMessageFacts;
  readonly confirmation: SipMessageFacts;
  /** Whether this user's own connection could not be read, and the messages are the peer's copies of them. */
  readonly isBorrowed: boolean;
}

/** What a judge does with. */
export interface CallOptions {
  /** Whether the connection of one user is enough, as where only one phone logs its keys: what signatures and tags vouch for on one leg was sent so on the other. */
  readonly fromOneSide?: boolean;
}

/** The call on the wire, on both legs. */
export interface CallView extends CaptureView {
  readonly callId: string;
  readonly caller: CallLeg;
  readonly callee: CallLeg;
}

/** The certificate that a client showed in its handshake, null where there is none to read. */
export const clientCertificateOf = (session: TlsSessionFacts): Certificate | null => {
  const [leaf] = session.clientChain;
  const der = leaf === undefined ? null : fromBase64(leaf);
  const certificate = der?.ok === true ? parseCertificate(der.value) : null;
  return certificate?.ok === true ? certificate.value : null;
};

/** Whether a certificate's only CommonName is this number. */
export const isNamed = (certificate: Certificate, number: string): boolean => {
  const [name, ...more] = certificate.commonNames;
  return more.length === 0 && name?.kind === 'text' && name.value === number;
};

const sequenceOf = (message: SipMessage): readonly string[] =>
  header(message, 'CSeq')?.trim().split(/\s+/) ?? [];

const methodOf = (message: SipMessage): string =>
  message.kind === 'request' ? message.method : (sequenceOf(message)[1] ?? '');

/** Whether a message is the final success of a request of this method. */
export const isSuccessOf = ({ message }: SipMessageFacts, method: string): boolean =>
  message.kind === 'response' &&
  message.status >= 200 &&
  message.status < 300 &&
  methodOf(message) === method;

/** Whether a message is a request of this method. */
export const isRequest = ({ message }: SipMessageFacts, method: string): boolean =>
  message.kind === 'request' && message.method === method;

/** Call-ID and sequence number, which the INVITE, its 200 and their ACK share. */
const exchangeOf = ({ message }: SipMessageFacts): string =>
  `${header(message, 'Call-ID')} ${sequenceOf(message)[0]}`;

const toTagOf = ({ message }: SipMessageFacts): string =>
  /;\s*tag=([^;>\s]+)/i.exec(header(message, 'To') ?? '')?.[1] ?? '';

const sentByPhone = ({ from }: SipMessageFacts, { client }: TlsSessionFacts): boolean =>
  from.host === client.host && from.port === client.port;

/** The one exchange of the capture that was answered, by its 200; a text where there is none or more than one, of which only one could be judged. */
const answeredExchange = (view: CaptureView): SipMessageFacts | string => {
  const answers = view.facts.sipMessages.filter((message) => isSuccessOf(message, 'INVITE'));
  const [first] = answers;
  if (!first) return 'the decrypted signalling holds no 200 to an INVITE';
  const different = new Set(answers.map((answer) => `${exchangeOf(answer)} ${toTagOf(answer)}`));
  return different.size === 1
    ? first
    : `${different.size} answers to INVITEs were captured, and which belongs to the call that the phones report cannot be told`;
};

const legOf = (
  view: CaptureView,
  number: string,
  role: 'caller' | 'callee',
  answered: SipMessageFacts,
): CallLeg | string => {
  const { tlsSessions, sipMessages } = view.facts;
  for (const [index, session] of tlsSessions.entries()) {
    const certificate = clientCertificateOf(session);
    if (!session.established || !certificate || !isNamed(certificate, number)) continue;
    const passed = sipMessages.filter(
      (message) => message.session === index && exchangeOf(message) === exchangeOf(answered),
    );
    const invites = (message: SipMessageFacts) =>
      sentByPhone(message, session) === (role === 'caller');
    const invite = passed.find((message) => isRequest(message, 'INVITE') && invites(message));
    const answer = passed.find((message) => isSuccessOf(message, 'INVITE') && !invites(message));
    const confirmation = passed.find(
      (message) =>
        isRequest(message, 'ACK') && invites(message) && toTagOf(message) === toTagOf(answered),
    );
    if (invite && answer && confirmation)
      return { number, session, certificate, invite, answer, confirmation, isBorrowed: false };
  }
  return `no decrypted connection of ${number} to the signalling server carries, as ${role}, an INVITE, its 200 and the ACK to it`;
};

/** The leg of a user whose connection gave no keys: its certificate, which TLS 1.2 shows in clear, and the peer's copies of what passed. */
const borrowedLeg = (view: CaptureView, number: string, peer: CallLeg): CallLeg | null => {
  for (const session of view.facts.tlsSessions) {
    const certificate = clientCertificateOf(session);
    if (
      session.established &&
      session.decrypted !== 'yes' &&
      certificate &&
      isNamed(certificate, number)
    )
      return { ...peer, number, session, certificate, isBorrowed: true };
  }
  return null;
};

/** Judges the call as it passed on both legs; inconclusive with the reason where the capture does not hold it. */
export const onCall = (
  judge: (view: CallView) => Finding,
  { fromOneSide = false }: CallOptions = {},
): ((evidence: Evidence) => Finding) =>
  onCapture((view) => {
    const answered = answeredExchange(view);
    if (typeof answered === 'string') return inconclusive(answered, [view.path]);
    const [from, to] = [view.topology.caller.number, view.topology.callee.number];
    const own = [
      legOf(view, from, 'caller', answered),
      legOf(view, to, 'callee', answered),
    ] as const;
    const lent = (leg: CallLeg | string, number: string, peer: CallLeg | string) =>
      typeof leg === 'string' && typeof peer !== 'string' && fromOneSide
        ? (borrowedLeg(view, number, peer) ?? leg)
        : leg;
    const caller = lent(own[0], from, own[1]);
    const callee = lent(own[1], to, own[0]);
    if (typeof caller === 'string') return inconclusive(caller, [view.path]);
    if (typeof callee === 'string') return inconclusive(callee, [view.path]);
    const callId = header(answered.message, 'Call-ID') ?? '';
    return judge({ ...view, callId, caller, callee });
  });
