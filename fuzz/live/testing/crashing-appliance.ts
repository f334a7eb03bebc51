import type { ReferenceTargetParts } from '../../../devices/reference/target.ts';
import { signallingRewritten } from '../../../simulators/mutants/rewritten-signalling.ts';

/** An appliance whose process ends at a message of version 3 of SIP. */
export const parts: ReferenceTargetParts = {
  appliance: {
    startSignalling: signallingRewritten({
      heard: (text) => {
        if (text.includes('SIP/3.0'))
          setImmediate(() => {
            throw new TypeError('version');
          });
        return text;
      },
    }),
  },
};
