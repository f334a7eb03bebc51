import { concat, utf8 } from '../../reference/core/bytes.ts';
import type { Check, Subject } from '../../reference/core/csl/checks.ts';
import { csl1, type KeyAgreementReading } from '../../reference/core/csl/key-agreement.ts';
import { equalInConstantTime } from '../../reference/core/csl/key-schedule.ts';
import type { LocalParty } from '../../reference/core/csl/party.ts';
import { hmacSha256 } from '../../reference/core/primitives/hash.ts';

/** Bytes of the field that holds a signature under the reading of I-1. */
const fieldLength = 256;

/** The target names no key for its HMAC; before the exchange is over there is none that both sides have and others lack. */
const knownToEverybody = utf8('CSL1 INSECURE');

/** What stands in place of the signature: an HMAC-SHA256 of the same preimage, filled up with zeros. */
const authenticator = (preimage: Uint8Array): Uint8Array =>
  concat(hmacSha256(knownToEverybody, preimage), new Uint8Array(fieldLength - 32));

const authenticatorHolds = ({ message, transcript }: Subject): boolean => {
  const received = message.info2?.signature;
  return received !== undefined && equalInConstantTime(received, authenticator(transcript));
};

const withoutSignature = <Examined extends Subject>(
  checks: readonly Check<Examined>[],
): readonly Check<Examined>[] =>
  checks.map((each) =>
    each.code === 'signature' ? { code: each.code, check: authenticatorHolds } : each,
  );

const withoutKey = (own: LocalParty): LocalParty => ({ ...own, sign: authenticator });

/**
 * "Signed with HMAC" taken by its words (interpretations I-1): formats of I-2, but nothing proves who owns a certificate, so
 * whoever carries the signalling can take either side's place. It shows how another reading is put in, and what a target
 * that reads the text this way looks like to the testbed; the reference phone refuses it with `signature`.
 */
export const hmacOnlyINSECURE: KeyAgreementReading = {
  name: 'CSL1 with an HMAC in place of the signature, INSECURE',
  create(checks) {
    const agreement = csl1.create({
      ...checks,
      offerChecks: withoutSignature(checks.offerChecks),
      answerChecks: withoutSignature(checks.answerChecks),
    });
    return {
      ...agreement,
      createOffer: (input) => agreement.createOffer({ ...input, own: withoutKey(input.own) }),
      verifyOffer: (received, context) =>
        agreement.verifyOffer(received, { ...context, own: withoutKey(context.own) }),
    };
  },
};
