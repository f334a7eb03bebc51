import type { Target } from '../../devices/contract.ts';
import { referenceTarget } from '../../devices/reference/target.ts';

const reference = referenceTarget();
let started = 0;

/** Numbers of whom only the control after everything else enrols. */
const lastControl = /^\+3363998910[34]$/;

/** The reference, except that its first appliance is gone once everything was done to it, as if that had been its end. */
export const target: Target = {
  ...reference,
  async startAppliance(site) {
    const appliance = await reference.startAppliance(site);
    started += 1;
    if (started > 1) return appliance;
    let stopped: Promise<void> | null = null;
    const stop = () => (stopped ??= appliance.stop());
    return {
      ...appliance,
      async readToken(number, deadline) {
        const token = await appliance.readToken(number, deadline);
        if (lastControl.test(number)) await stop();
        return token;
      },
      stop,
    };
  },
};
