import { equal } from '../../../reference/core/bytes.ts';
import { readMessage, type CslMessage } from '../../../reference/core/csl/message.ts';
import {
  answerTranscript,
  offerTranscript,
  verifySignature,
} from '../../../reference/core/csl/transcript.ts';
import { sha256 } from '../../../reference/core/primitives/hash.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { parseMedia, type MediaDescription } from '../../../reference/core/sdp/media.ts';
import { allHeaders } from '../../../reference/core/sip/message/message.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import type { SipMessageFacts } from '../../wire/facts-model.ts';
import { onCall, type CallLeg, type CallOptions, type CallView } from './call-view.ts';

/** What one side said in its INVITE or 200. */
export interface ExchangeSide {
  readonly message: CslMessage;
  readonly certificate: Certificate;
  readonly media: MediaDescription;
  /** False also where there is no signature. */
  readonly signatureHolds: boolean;
}

/** The X-CSL messages of the call as their senders sent them, with their signatures verified. */
export interface SignedView extends CallView {
  readonly offer: ExchangeSide;
  readonly answer: ExchangeSide;
  readonly confirmation: CslMessage;
  readonly answerPreimage: Uint8Array;
  /** The first message whose X-CSL contents differ between the legs, null where both users saw the same. */
  readonly changedOnTheWay: 'INVITE' | '200' | 'ACK' | null;
}

/** The three messages of an exchange as they passed on one leg. */
export const messagesOf = (leg: CallLeg) => ({
  INVITE: readMessage(allHeaders(leg.invite.message), 'offer'),
  '200': readMessage(allHeaders(leg.answer.message), 'answer'),
  ACK: readMessage(allHeaders(leg.confirmation.message), 'confirmation'),
});

const same = (left: Uint8Array | undefined, right: Uint8Array | undefined): boolean =>
  left === right || (left !== undefined && right !== undefined && equal(left, right));

const sameContents = (left: CslMessage, right: CslMessage): boolean =>
  same(left.certificate, right.certificate) &&
  same(left.chain, right.chain) &&
  same(left.info1Bytes, right.info1Bytes) &&
  left.info2?.parts === right.info2?.parts &&
  same(left.info2?.signature, right.info2?.signature) &&
  same(left.info2?.tag, right.info2?.tag);

/** The first message whose X-CSL contents differ between the legs. */
export const changedOnTheWay = ({ caller, callee }: CallView): SignedView['changedOnTheWay'] => {
  const [one, other] = [messagesOf(caller), messagesOf(callee)];
  const names = ['INVITE', '200', 'ACK'] as const;
  return names.find((name) => !sameContents(one[name], other[name])) ?? null;
};

interface Said {
  readonly message: CslMessage;
  readonly certificate: Certificate;
  readonly media: MediaDescription;
}

const saidIn = (name: string, message: CslMessage, carrier: SipMessageFacts): Said | string => {
  const certificate = message.certificate && parseCertificate(message.certificate);
  if (!certificate?.ok) return `${name}: X-CSL-From holds no certificate`;
  const media = parseMedia(carrier.message.body);
  if (!media.ok) return `${name}: its SDP cannot be read as I-3 says (${media.error.code})`;
  return { message, certificate: certificate.value, media: media.value };
};

const withSignature = (said: Said, preimage: Uint8Array): ExchangeSide => {
  const signature = said.message.info2?.signature;
  return {
    ...said,
    signatureHolds:
      signature !== undefined && verifySignature(said.certificate, preimage, signature),
  };
};

/** Preimages as each side saw them: the caller's media on its own leg, the callee's on its own, since the relay changes no signed part. */
const read = (view: CallView): SignedView | string => {
  const offer = saidIn('INVITE', messagesOf(view.caller).INVITE, view.caller.invite);
  const answer = saidIn('200', messagesOf(view.callee)['200'], view.callee.answer);
  if (typeof offer === 'string') return offer;
  if (typeof answer === 'string') return answer;
  const none = new Uint8Array();
  const offerPreimage = offerTranscript({
    callId: view.callId,
    callerNumber: view.caller.number,
    calleeNumber: view.callee.number,
    callerCertificate: offer.certificate.der,
    callerInfo1: offer.message.info1Bytes ?? none,
    callerMedia: offer.media.text,
  });
  const answerPreimage = answerTranscript({
    offerHash: sha256(offerPreimage),
    calleeCertificate: answer.certificate.der,
    calleeInfo1: answer.message.info1Bytes ?? none,
    calleeMedia: answer.media.text,
  });
  return {
    ...view,
    offer: withSignature(offer, offerPreimage),
    answer: withSignature(answer, answerPreimage),
    confirmation: messagesOf(view.caller).ACK,
    answerPreimage,
    changedOnTheWay: changedOnTheWay(view),
  };
};

/** Judges who said what in the call, for which no secret is needed but the TLS keys; inconclusive where a certificate or the media cannot be read. */
export const onSigned = (
  judge: (view: SignedView) => Finding,
  options: CallOptions = {},
): ((evidence: Evidence) => Finding) =>
  onCall((view) => {
    const signed = read(view);
    return typeof signed === 'string' ? inconclusive(signed, [view.path]) : judge(signed);
  }, options);
