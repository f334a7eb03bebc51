import { err, ok, fault, type Fault, type Result } from '../result.ts';
import { confirmationFormatChecks, firstRefusal, type Check } from './checks.ts';
import type { HeaderList } from './headers.ts';
import { confirmationTag, equalInConstantTime, isWiped, wipe } from './key-schedule.ts';
import { readMessage, type CslMessage } from './message.ts';
import type { CslRefusal } from './refusal.ts';

/** A callee's side between its 200 and the ACK. Holds the caller's confirmation key: wipe it if no ACK comes. */
export interface PendingConfirmation {
  /** H(answer preimage), for the next re-INVITE once the ACK verified. */
  readonly answerHash: Uint8Array;
  readonly callerConfirmation: Uint8Array;
}

/** What the checks of an ACK look at. */
export interface ConfirmationSubject {
  readonly message: CslMessage;
  readonly pending: PendingConfirmation;
}

const tagHolds = ({ message, pending }: ConfirmationSubject): boolean => {
  const tag = message.info2?.tag;
  const expected = confirmationTag(pending.callerConfirmation, pending.answerHash);
  return tag !== undefined && equalInConstantTime(tag, expected);
};

/** The checks of an ACK in their order. */
export const confirmationChecks: readonly Check<ConfirmationSubject>[] = [
  ...confirmationFormatChecks,
  { code: 'tag', check: tagHolds },
];

/**
 * Verifies the ACK to a 200. The first one decides: the confirmation key is overwritten either way, and a second call is
 * refused with `exchange-over`.
 */
export const verifyConfirmation = (
  pending: PendingConfirmation,
  headers: HeaderList,
  checks: readonly Check<ConfirmationSubject>[] = confirmationChecks,
): Result<{ readonly answerHash: Uint8Array }, Fault<CslRefusal>> => {
  if (isWiped(pending.callerConfirmation)) return fault('exchange-over');
  const message = readMessage(headers, 'confirmation');
  const refusal = firstRefusal({ message, pending }, checks);
  wipe(pending.callerConfirmation);
  return refusal ? err(refusal) : ok({ answerHash: pending.answerHash });
};
