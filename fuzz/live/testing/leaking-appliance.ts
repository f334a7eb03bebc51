import type { ReferenceTargetParts } from '../../../devices/reference/target.ts';
import { signallingRewritten } from '../../../simulators/mutants/rewritten-signalling.ts';

const kept: Uint8Array[] = [];

/** An appliance that never forgets an INVITE of the key agreement. */
export const parts: ReferenceTargetParts = {
  appliance: {
    startSignalling: signallingRewritten({
      heard: (text) => {
        if (text.includes('X-CSL-Info1')) kept.push(new Uint8Array(1_000_000));
        return text;
      },
    }),
  },
};
