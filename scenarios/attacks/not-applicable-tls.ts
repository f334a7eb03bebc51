import type { LocalText } from '../claims/claim.ts';

/** A row of the attack catalogue, or a part of one, that is not tried here, and why. */
export interface NotApplicable {
  readonly row: string;
  readonly reason: LocalText;
}

/** What of family T has nothing to work on in a system built to section 5.1. Rows named here may also have scenarios that show it. */
export const notApplicableTls: readonly NotApplicable[] = [
  {
    row: 'T15',
    reason: {
      en: 'The oracle itself is not tried: it needs RSA key exchange, of which every suite, and SSL 2, is offered and must be refused (attacks/T15).',
      fr: 'L’oracle lui-même n’est pas essayé : il exige l’échange de clés RSA, dont chaque suite, ainsi que SSL 2, est proposée et doit être refusée (attacks/T15).',
    },
  },
];
