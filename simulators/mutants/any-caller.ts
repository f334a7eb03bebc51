import { createAnswer } from '../../reference/core/csl/answer.ts';
import { certificateOf } from '../../reference/core/csl/checks.ts';
import { verifyConfirmation } from '../../reference/core/csl/confirmation.ts';
import {
  csl1,
  type KeyAgreementReading,
  type OfferAccepted,
} from '../../reference/core/csl/key-agreement.ts';
import { readMessage, type ReceivedMessage } from '../../reference/core/csl/message.ts';
import { parseNumber } from '../../reference/core/csl/number.ts';
import {
  displayedIdentifiers,
  type OfferContext,
  type VerifiedOffer,
} from '../../reference/core/csl/offer.ts';
import { offerTranscript } from '../../reference/core/csl/transcript.ts';
import { sha256 } from '../../reference/core/primitives/hash.ts';
import { ok } from '../../reference/core/result.ts';

/** An offer by its words: the caller is who From says. Nothing where it cannot be read. */
const believed = (
  received: ReceivedMessage,
  { own, previous }: OfferContext,
): VerifiedOffer | null => {
  const { certificate: der, info1, info1Bytes } = readMessage(received.headers, 'offer');
  const certificate = certificateOf(der);
  const number = parseNumber(received.fromUser);
  if (!certificate || !info1 || !info1Bytes || !number.ok || !received.media.ok) return null;
  const transcript = offerTranscript({
    callId: received.callId,
    callerNumber: number.value,
    calleeNumber: own.number,
    callerCertificate: certificate.der,
    callerInfo1: info1Bytes,
    callerMedia: received.media.value.text,
    ...(previous && { previousAnswerHash: previous.answerHash }),
  });
  return {
    own,
    peer: { certificate, number: number.value },
    publicValue: info1.publicValue,
    nonce: info1.nonce,
    offerHash: sha256(transcript),
    displayed: displayedIdentifiers(own.certificate, certificate),
  } as unknown as VerifiedOffer;
};

const accept = (offer: VerifiedOffer): OfferAccepted => ({
  peer: offer.peer,
  displayed: offer.displayed,
  createAnswer(input) {
    const created = createAnswer(offer, input);
    if (!created.ok) return created;
    const { headers, underWay, pending, keys } = created.value;
    return ok({
      headers,
      underWay,
      verifyConfirmation(received) {
        const confirmed = verifyConfirmation(pending, received);
        return confirmed.ok ? ok({ keys, answerHash: confirmed.value.answerHash }) : confirmed;
      },
      abandon: () => undefined,
    });
  },
});

/** Verifies as it should, and does not mind what name stands in the caller's certificate. */
export const anyCallersName: KeyAgreementReading = {
  name: `${csl1.name}, callers by From alone`,
  create(checks) {
    const agreement = csl1.create(checks);
    return {
      ...agreement,
      verifyOffer(received, context) {
        const verified = agreement.verifyOffer(received, context);
        const isName = !verified.ok && ['common-name', 'identity'].includes(verified.error.code);
        const offer = isName ? believed(received, context) : null;
        return offer ? ok(accept(offer)) : verified;
      },
    };
  },
};
