import { applianceParts } from '../../reference/appliance/parts.ts';
import type { Mutant } from './mutant.ts';

/** Milliseconds for a handshake: over EDGE its flights and their way take half a second. */
const patience = 400;

/** Appliances that only who is near can use. */
export const slowAccessMutants: readonly Mutant[] = [
  {
    id: 'sip-impatient',
    fault: 'the SIP port gives up on a handshake after 0.4 s, which is too soon for EDGE',
    claims: ['2.1.f'],
    because: /EDGE: registration did not come about/,
    lab: 'netns',
    parts: {
      appliance: {
        startSignalling: (options) =>
          applianceParts.startSignalling({
            ...options,
            limits: { ...options.limits, handshakeTime: patience },
          }),
      },
    },
  },
];
