import { fromBase64 } from '../../../reference/core/bytes.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { header, type SipMessage } from '../../../reference/core/sip/message.ts';
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
}

/** The call on the wire, on both legs. */
export interface CallView extends CaptureView {
  readonly callId: string;
  readonly caller: CallLeg;
  readonly callee: CallLeg;
}

const leafOf = (session: TlsSessionFacts): Certificate | null => {
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

const methodOf = (message: SipMessage): string => header(message, 'CSeq')?.split(/\s+/)[1] ?? '';

const isInvite = ({ message }: SipMessageFacts): boolean =>
  message.kind === 'request' && message.method === 'INVITE';
const isAnswer = ({ message }: SipMessageFacts): boolean =>
  message.kind === 'response' && message.status === 200 && methodOf(message) === 'INVITE';
const isConfirmation = ({ message }: SipMessageFacts): boolean =>
  message.kind === 'request' && message.method === 'ACK';

const legOf = (view: CaptureView, number: string): CallLeg | string => {
  const { tlsSessions, sipMessages } = view.facts;
  for (const [index, session] of tlsSessions.entries()) {
    const certificate = leafOf(session);
    if (
      session.service !== 'sip' ||
      !session.established ||
      !certificate ||
      !isNamed(certificate, number)
    )
      continue;
    const passed = sipMessages.filter((message) => message.session === index);
    const invite = passed.find(isInvite);
    const answer = passed.find(isAnswer);
    const confirmation = passed.find(isConfirmation);
    if (invite && answer && confirmation)
      return { number, session, certificate, invite, answer, confirmation };
  }
  return `no decrypted connection of ${number} to the signalling server carries an INVITE, its 200 and an ACK`;
};

/** Judges the call as it passed on both legs; inconclusive with the reason where the capture does not hold it. */
export const onCall = (judge: (view: CallView) => Finding): ((evidence: Evidence) => Finding) =>
  onCapture((view) => {
    const caller = legOf(view, view.topology.caller.number);
    const callee = legOf(view, view.topology.callee.number);
    if (typeof caller === 'string') return inconclusive(caller, [view.path]);
    if (typeof callee === 'string') return inconclusive(callee, [view.path]);
    const callId = header(caller.invite.message, 'Call-ID') ?? '';
    return judge({ ...view, callId, caller, callee });
  });
