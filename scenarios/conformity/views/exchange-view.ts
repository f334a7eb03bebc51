import { equal, fromHex } from '../../../reference/core/bytes.ts';
import { isInRange, isQuadraticResidue } from '../../../reference/core/csl/group14.ts';
import {
  confirmationTag,
  deriveFromExponent,
  equalInConstantTime,
  type ExchangeKeys,
} from '../../../reference/core/csl/key-schedule.ts';
import type { Info1 } from '../../../reference/core/csl/info.ts';
import { sha256 } from '../../../reference/core/primitives/hash.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import { keyAgreementLogSchema } from '../activities/call-evidence.ts';
import type { CallOptions } from './call-view.ts';
import { callActivity } from './capture-view.ts';
import { onSigned, type SignedView } from './signed-view.ts';

/** The key agreement of the call, recomputed from the bytes on the wire and the logged exponents. */
export interface ExchangeView extends SignedView {
  readonly callerInfo: Info1;
  readonly calleeInfo: Info1;
  /** Whose exponents were logged. */
  readonly exponentOf: readonly ('caller' | 'callee')[];
  /** Whether every logged exponent gives the public value that its side sent. */
  readonly exponentMatches: boolean;
  /** Whether both public values are of the group and not degenerate (I-2). */
  readonly publicValuesGood: boolean;
  readonly keys: ExchangeKeys;
  readonly calleeTagHolds: boolean;
  readonly callerTagHolds: boolean;
}

const loggedExponents = (view: SignedView) =>
  (view.evidence.json(callActivity, 'key-agreement.json', keyAgreementLogSchema) ?? []).flatMap(
    ({ callId, role, exponent }) => {
      const bytes = fromHex(exponent);
      return callId === view.callId && bytes.ok ? [{ role, exponent: bytes.value }] : [];
    },
  );

const recompute = (view: SignedView): ExchangeView | string => {
  const callerInfo = view.offer.message.info1;
  const calleeInfo = view.answer.message.info1;
  if (!callerInfo || !calleeInfo) return 'the INVITE or the 200 carries no readable X-CSL-Info1';
  const answerHash = sha256(view.answerPreimage);
  const derived = loggedExponents(view).map(({ role, exponent }) => {
    const [own, peer] = role === 'caller' ? [callerInfo, calleeInfo] : [calleeInfo, callerInfo];
    const { keys, publicValue } = deriveFromExponent({
      exponent,
      peerPublicValue: peer.publicValue,
      callerNonce: callerInfo.nonce,
      calleeNonce: calleeInfo.nonce,
      answerHash,
    });
    return { role, keys, matches: equal(publicValue, own.publicValue) };
  });
  const [first] = derived;
  if (!first) return 'no exponent of this call was logged';
  const { keys } = first;
  const holds = (tag: Uint8Array | undefined, key: Uint8Array) =>
    tag !== undefined && equalInConstantTime(tag, confirmationTag(key, answerHash));
  return {
    ...view,
    callerInfo,
    calleeInfo,
    exponentOf: derived.map(({ role }) => role),
    exponentMatches: derived.every(({ matches }) => matches),
    publicValuesGood: [callerInfo, calleeInfo].every(
      ({ publicValue }) => isInRange(publicValue) && isQuadraticResidue(publicValue),
    ),
    keys,
    calleeTagHolds: holds(view.answer.message.info2?.tag, keys.calleeConfirmation),
    callerTagHolds: holds(view.confirmation.info2?.tag, keys.callerConfirmation),
  };
};

/** Judges the recomputed key agreement; inconclusive with the reason where the evidence does not allow to recompute it. */
export const onExchange = (
  judge: (view: ExchangeView) => Finding,
  options: CallOptions = {},
): ((evidence: Evidence) => Finding) =>
  onSigned((view) => {
    const exchange = recompute(view);
    return typeof exchange === 'string' ? inconclusive(exchange, [view.path]) : judge(exchange);
  }, options);
