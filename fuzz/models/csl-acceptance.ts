import { toHex } from '../../reference/core/bytes.ts';
import { equal } from '../../reference/core/bytes.ts';
import type { MessageKind } from '../../reference/core/csl/headers.ts';
import type { LocalParty } from '../../reference/core/csl/party.ts';
import { callTime, callWorld, type RecordedCall } from '../generators/csl-calls.ts';
import { honest, mediaOf, type Delivery, type Step } from '../generators/csl-edits.ts';
import { modelMessage } from './csl-headers.ts';

const kinds: readonly MessageKind[] = ['offer', 'answer', 'confirmation'];

/** Everything of a message that its receiver holds to be authenticated, as one text; null where its form is wrong. */
const authenticated = (delivery: Delivery, step: Step, inDialog: boolean): string | null => {
  const { faults, values } = modelMessage(delivery.headers, kinds[step] ?? 'offer');
  if (faults.size > 0) return null;
  const octets = [...values]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, bytes]) => `${name} ${toHex(bytes)}`);
  if (step === 2) return octets.join('\n');
  const media = mediaOf(delivery);
  if (!media.ok) return null;
  const said = [...octets, media.value.text];
  // The Call-ID and the users of a 200 are matched by the dialog, before any of this.
  if (step === 1) return said.join('\n');
  return [...said, delivery.callId, delivery.fromUser, inDialog ? '' : delivery.toUser].join('\n');
};

const circumstances = ({ now, revocation, repeated }: Delivery, step: Step): boolean =>
  step === 2 ||
  (Math.abs(now - callTime) <= 300_000 && revocation === 'good' && !(repeated && step === 0));

/** Whether an INVITE must be accepted: it says what some call's INVITE says, to that call's callee in that call's dialog. */
const inviteIsHonest = (call: RecordedCall, delivery: Delivery, receiver: LocalParty): boolean =>
  callWorld().calls.some((each) => {
    const inDialog = each.previous !== undefined;
    const sameDialog =
      inDialog === (call.previous !== undefined) &&
      equal(receiver.certificate.der, each.callee.certificate.der);
    const said = authenticated(delivery, 0, inDialog);
    return sameDialog && said !== null && said === authenticated(honest(each, 0), 0, inDialog);
  });

/**
 * Whether a message must be accepted: exactly if no authenticated octet differs from an honest message that its receiver is
 * waiting for, at a time and with a revocation answer that allow it. This knows no order of checks and no cryptography.
 */
export const mustAccept = (
  call: RecordedCall,
  step: Step,
  delivery: Delivery,
  receiver: LocalParty,
): boolean => {
  if (!circumstances(delivery, step)) return false;
  if (step === 0) return inviteIsHonest(call, delivery, receiver);
  const said = authenticated(delivery, step, false);
  return said !== null && said === authenticated(honest(call, step), step, false);
};
