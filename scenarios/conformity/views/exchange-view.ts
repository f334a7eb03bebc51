import { equal, fromHex } from '../../../reference/core/bytes.ts';
import {
  equalInConstantTime,
  confirmationTag,
  deriveFromExponent,
  type ExchangeKeys,
} from '../../../reference/core/csl/key-schedule.ts';
import { readMessage, type CslMessage } from '../../../reference/core/csl/message.ts';
import {
  answerTranscript,
  offerTranscript,
  verifySignature,
} from '../../../reference/core/csl/transcript.ts';
import { sha256 } from '../../../reference/core/primitives/hash.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { parseMedia } from '../../../reference/core/sdp/media.ts';
import { allHeaders, header } from '../../../reference/core/sip/message.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import type { SipMessageFacts } from '../../wire/facts-model.ts';
import { keyAgreementLogSchema } from '../activities/call-evidence.ts';
import { callActivity } from './capture-view.ts';
import { onCall, type CallView } from './call-view.ts';

/** What one side said in its INVITE or 200. */
export interface ExchangeSide {
  readonly message: CslMessage;
  readonly certificate: Certificate;
  readonly signatureHolds: boolean;
}

/** The key agreement of the call, recomputed from the bytes on the wire and one logged exponent. */
export interface ExchangeView extends CallView {
  readonly offer: ExchangeSide;
  readonly answer: ExchangeSide;
  /** Whose exponent was logged. */
  readonly exponentOf: 'caller' | 'callee';
  /** Whether the logged exponent gives the public value that side sent. */
  readonly exponentMatches: boolean;
  readonly keys: ExchangeKeys;
  readonly calleeTagHolds: boolean;
  readonly callerTagHolds: boolean;
}

const mediaTextOf = (message: SipMessageFacts): string => {
  const media = parseMedia(message.message.body);
  return media.ok ? media.value.text : '';
};

const sideOf = (message: CslMessage, preimage: Uint8Array): ExchangeSide | string => {
  const certificate = message.certificate && parseCertificate(message.certificate);
  if (!certificate?.ok) return 'X-CSL-From holds no certificate';
  const signature = message.info2?.signature;
  if (!signature) return 'X-CSL-Info2 holds no signature';
  return {
    message,
    certificate: certificate.value,
    signatureHolds: verifySignature(certificate.value, preimage, signature),
  };
};

const loggedExponent = (view: CallView) =>
  view.evidence
    .json(callActivity, 'key-agreement.json', keyAgreementLogSchema)
    ?.find((entry) => entry.callId === view.callId);

/** Preimages as each side saw them: the caller's media on its own leg, the callee's on its own, since the relay changes no signed part. */
const preimagesOf = (view: CallView, offer: CslMessage, answer: CslMessage) => {
  const none = new Uint8Array();
  const offerPreimage = offerTranscript({
    callId: header(view.caller.invite.message, 'Call-ID') ?? '',
    callerNumber: view.caller.number,
    calleeNumber: view.callee.number,
    callerCertificate: offer.certificate ?? none,
    callerInfo1: offer.info1Bytes ?? none,
    callerMedia: mediaTextOf(view.caller.invite),
  });
  const answerPreimage = answerTranscript({
    offerHash: sha256(offerPreimage),
    calleeCertificate: answer.certificate ?? none,
    calleeInfo1: answer.info1Bytes ?? none,
    calleeMedia: mediaTextOf(view.callee.answer),
  });
  return { offerPreimage, answerPreimage };
};

const recompute = (view: CallView): ExchangeView | string => {
  const offer = readMessage(allHeaders(view.caller.invite.message), 'offer');
  const answer = readMessage(allHeaders(view.callee.answer.message), 'answer');
  const confirmation = readMessage(allHeaders(view.caller.confirmation.message), 'confirmation');
  const logged = loggedExponent(view);
  const exponent = logged && fromHex(logged.exponent);
  if (!offer.info1 || !answer.info1) return 'the INVITE or the 200 carries no readable X-CSL-Info1';
  if (!logged || !exponent?.ok) return 'no exponent of this call was logged';
  const { offerPreimage, answerPreimage } = preimagesOf(view, offer, answer);
  const offerSide = sideOf(offer, offerPreimage);
  const answerSide = sideOf(answer, answerPreimage);
  if (typeof offerSide === 'string') return `INVITE: ${offerSide}`;
  if (typeof answerSide === 'string') return `200: ${answerSide}`;
  const answerHash = sha256(answerPreimage);
  const [own, peer] =
    logged.role === 'caller' ? [offer.info1, answer.info1] : [answer.info1, offer.info1];
  const derived = deriveFromExponent({
    exponent: exponent.value,
    peerPublicValue: peer.publicValue,
    callerNonce: offer.info1.nonce,
    calleeNonce: answer.info1.nonce,
    answerHash,
  });
  const { callerConfirmation, calleeConfirmation } = derived.keys;
  const holds = (tag: Uint8Array | undefined, key: Uint8Array) =>
    tag !== undefined && equalInConstantTime(tag, confirmationTag(key, answerHash));
  return {
    ...view,
    offer: offerSide,
    answer: answerSide,
    exponentOf: logged.role,
    exponentMatches: equal(derived.publicValue, own.publicValue),
    keys: derived.keys,
    calleeTagHolds: holds(answer.info2?.tag, calleeConfirmation),
    callerTagHolds: holds(confirmation.info2?.tag, callerConfirmation),
  };
};

/** Judges the recomputed key agreement; inconclusive with the reason where the evidence does not allow to recompute it. */
export const onExchange = (
  judge: (view: ExchangeView) => Finding,
): ((evidence: Evidence) => Finding) =>
  onCall((view) => {
    const exchange = recompute(view);
    return typeof exchange === 'string' ? inconclusive(exchange, [view.path]) : judge(exchange);
  });

/** Master keys that the exchange on the wire gives, caller to callee first. */
export const derivedMasterKeys = ({ keys }: ExchangeView) => [
  keys.session.callerToCallee,
  keys.session.calleeToCaller,
];
