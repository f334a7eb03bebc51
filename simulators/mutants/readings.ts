import { fromBase64, toBase64 } from '../../reference/core/bytes.ts';
import { decodeInfo1 } from '../../reference/core/csl/info.ts';
import type { HeaderList } from '../../reference/core/csl/headers.ts';
import {
  csl1,
  readingOf,
  type AnswerMade,
  type KeyAgreementReading,
  type OfferMade,
} from '../../reference/core/csl/key-agreement.ts';
import type { ReceivedMessage } from '../../reference/core/csl/message.ts';
import type { AnswerInput } from '../../reference/core/csl/answer.ts';
import type { OfferInput } from '../../reference/core/csl/offer.ts';
import { readingParts, type ReadingParts } from '../../reference/core/csl/reading-parts.ts';
import { ok } from '../../reference/core/result.ts';

/** The right reading with other parts. */
export const withParts = (parts: Partial<ReadingParts>): KeyAgreementReading =>
  readingOf('CSL1 with a fault', { ...readingParts, ...parts });

/** How a reading differs from the right one in what passes through it; what is left out stays as it is. */
export interface Passing {
  /** Before an offer or an answer is made. */
  readonly offering?: (input: OfferInput) => OfferInput;
  readonly answering?: (input: AnswerInput) => AnswerInput;
  /** Headers on their way out and in, of any message. */
  readonly outward?: (headers: HeaderList) => HeaderList;
  readonly inward?: (headers: HeaderList) => HeaderList;
  /** A received INVITE or 200 of a dialog's first exchange, before it is verified. */
  readonly received?: (message: ReceivedMessage) => ReceivedMessage;
}

const same = <Value>(value: Value): Value => value;

/** The right reading with something changed on the way into it or out of it. */
export const passing = (
  changes: Passing,
  reading: KeyAgreementReading = csl1,
): KeyAgreementReading => {
  const { offering = same, answering = same, outward = same, inward = same } = changes;
  const read = (message: ReceivedMessage, isFirst: boolean): ReceivedMessage => {
    const undressed = { ...message, headers: inward(message.headers) };
    return isFirst && changes.received ? changes.received(undressed) : undressed;
  };
  const offer = (made: OfferMade, isFirst: boolean): OfferMade => ({
    ...made,
    headers: outward(made.headers),
    verifyAnswer(message, context) {
      const verified = made.verifyAnswer(read(message, isFirst), context);
      return verified.ok
        ? ok({ ...verified.value, ackHeaders: outward(verified.value.ackHeaders) })
        : verified;
    },
  });
  const answer = (made: AnswerMade): AnswerMade => ({
    ...made,
    headers: outward(made.headers),
    verifyConfirmation: (headers) => made.verifyConfirmation(inward(headers)),
  });
  return {
    name: `${reading.name}, changed on the way`,
    create(checks) {
      const agreement = reading.create(checks);
      return {
        createOffer(input) {
          const made = agreement.createOffer(offering(input));
          return made.ok ? ok(offer(made.value, input.previous === undefined)) : made;
        },
        verifyOffer(message, context) {
          const verified = agreement.verifyOffer(
            read(message, context.previous === undefined),
            context,
          );
          if (!verified.ok) return verified;
          const accepted = verified.value;
          return ok({
            ...accepted,
            createAnswer(input) {
              const made = accepted.createAnswer(answering(input));
              return made.ok ? ok(answer(made.value)) : made;
            },
          });
        },
        peekCertificate: (headers) => agreement.peekCertificate(inward(headers)),
      };
    },
  };
};

/** The bytes of a header's value; none where it is no base64. */
const bytesOf = (value: string): Uint8Array => {
  const bytes = fromBase64(value.trim());
  return bytes.ok ? bytes.value : new Uint8Array();
};

/** Other values of the headers of a name, any case. */
export const inHeaders =
  (names: readonly string[], change: (value: string) => string) =>
  (headers: HeaderList): HeaderList =>
    headers.map(([name, value]) =>
      names.includes(name.toLowerCase()) ? [name, change(value)] : [name, value],
    );

/** Other bytes in X-CSL-Info2, which ends with the tag. */
export const inInfo2 = (change: (bytes: Uint8Array) => Uint8Array) =>
  inHeaders(['x-csl-info2'], (value) => toBase64(change(bytesOf(value))));

const publicValueAt = 42;
const publicValueLength = 256;

/** Public values of any length, filled up or cut to 256 bytes. */
export const anyLength: typeof decodeInfo1 = (bytes) => {
  const right = new Uint8Array(publicValueAt + publicValueLength);
  right.set(bytes.subarray(0, publicValueAt));
  const value = bytes.subarray(publicValueAt).slice(-publicValueLength);
  right.set(value, right.length - value.length);
  return decodeInfo1(right);
};
