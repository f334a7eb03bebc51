import type { PhoneParts } from '../../reference/client/parts.ts';
import type { Mutant } from './mutant.ts';

/** Asks nobody. */
export const anyStatus: PhoneParts['revocation'] = () => Promise.resolve('good');

/** Appliances and phones to which a revocation means nothing. */
export const revocationMutants: readonly Mutant[] = [
  {
    id: 'phone-ignores-revocation',
    fault: 'the phone does not ask whether its peer’s certificate is revoked',
    claims: ['4.d'],
    because: /revoked-certificate" was accepted/,
    parts: { phone: { revocation: anyStatus } },
  },
  {
    id: 'appliance-keeps-revoked-sessions',
    fault: 'live connections and calls survive the revocation of their user',
    claims: ['4.d'],
    because: /did not follow the revocation at once/,
    parts: { appliance: { endSessions: () => undefined } },
  },
  {
    id: 'appliance-admits-revoked-users',
    fault: 'a revoked certificate still opens a session',
    claims: ['4.d'],
    because: /a revoked certificate registered/,
    parts: { appliance: { clientStatus: () => () => 'good' } },
  },
];
