import type { ReferenceTargetParts } from '../../../devices/reference/target.ts';
import { signallingRewritten } from '../../../simulators/mutants/rewritten-signalling.ts';

let isDeaf = false;

/** An appliance that knows nobody who is called any more once it has heard of version 3 of SIP. */
export const parts: ReferenceTargetParts = {
  appliance: {
    startSignalling: signallingRewritten({
      heard: (text) => {
        isDeaf ||= text.includes('SIP/3.0');
        return isDeaf ? text.replaceAll(/^INVITE sip:\+/gm, 'INVITE sip:nobody') : text;
      },
    }),
  },
};
