import type { Target } from '../../devices/contract.ts';
import { referenceTarget } from '../../devices/reference/target.ts';

const reference = referenceTarget();

/** The reference, except that the first call is never answered: a run that stays where it is until it is ended. Says so on standard error. */
export const target: Target = {
  ...reference,
  async startPhone(site, name, appliance) {
    const phone = await reference.startPhone(site, name, appliance);
    return {
      ...phone,
      setAutoAnswer: () => {
        process.stderr.write('! waiting for ever\n');
        return new Promise<void>(() => undefined);
      },
    };
  },
};
