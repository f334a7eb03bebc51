import type { Check } from '../../reference/core/csl/checks.ts';
import { answerChecks } from '../../reference/core/csl/answer.ts';
import { confirmationChecks } from '../../reference/core/csl/confirmation.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import type { CslRefusal } from '../../reference/core/csl/refusal.ts';
import type { Mutant } from './mutant.ts';
import { anyStatus } from './revocation.ts';

const without = <Examined>(
  checks: readonly Check<Examined>[],
  ...codes: readonly CslRefusal[]
): readonly Check<Examined>[] => checks.filter(({ code }) => !codes.includes(code));

/** Phones that leave out one check of the exchange each. */
export const keyAgreementMutants: readonly Mutant[] = [
  {
    id: 'callee-ignores-number',
    fault: 'the callee does not compare the certificate’s CommonName with the caller’s number',
    claims: ['5.2.d'],
    because: /certificate-of-another-number" was accepted/,
    parts: { phone: { offerChecks: without(offerChecks, 'identity') } },
  },
  {
    id: 'caller-ignores-number',
    fault: 'the caller does not compare the certificate’s CommonName with the number it called',
    claims: ['5.2.f'],
    because: /certificate-of-another-number" was accepted/,
    parts: { phone: { answerChecks: without(answerChecks, 'identity') } },
  },
  {
    id: 'caller-ignores-issuer',
    fault: 'the caller takes certificates of any authority',
    claims: ['5.2.c', '3.1.c'],
    because: /(rogue-authority|altered-certificate)" was accepted/,
    // The appliance does not know what a rogue authority issued: asking for its status would refuse it as well.
    parts: { phone: { answerChecks: without(answerChecks, 'issuer'), revocation: anyStatus } },
  },
  {
    id: 'callee-ignores-signature',
    fault: 'the callee does not verify the offer’s signature',
    claims: ['5.1.j'],
    because: /altered-signature" was accepted/,
    parts: { phone: { offerChecks: without(offerChecks, 'signature') } },
  },
  {
    id: 'callee-ignores-tag',
    fault: 'the callee does not verify the caller’s tag',
    claims: ['5.1.j'],
    because: /altered-tag" was accepted/,
    parts: { phone: { confirmationChecks: without(confirmationChecks, 'tag') } },
  },
];
