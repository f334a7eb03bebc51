import type { ReferenceTargetParts } from '../../../devices/reference/target.ts';
import { answerChecks } from '../../../reference/core/csl/answer.ts';
import { offerChecks } from '../../../reference/core/csl/offer.ts';

/** A phone that takes any signature, and any tag of a 200. */
export const parts: ReferenceTargetParts = {
  phone: {
    offerChecks: offerChecks.filter(({ code }) => code !== 'signature'),
    answerChecks: answerChecks.filter(({ code }) => code !== 'signature' && code !== 'tag'),
  },
};
