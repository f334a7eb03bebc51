import type { Target } from '../../devices/contract.ts';
import { referenceTarget } from '../../devices/reference/target.ts';

const reference = referenceTarget();

/** The reference, except that it throws where nobody waits for it as soon as its appliance is up. */
export const target: Target = {
  ...reference,
  async startAppliance(site) {
    const appliance = await reference.startAppliance(site);
    setImmediate(() => {
      throw new Error('the appliance lost its mind');
    });
    return appliance;
  },
};
