import type { Phone } from '../../contract.ts';
import { referenceTarget } from '../../reference/target.ts';
import type { PhoneKind } from '../phones.ts';

/** Phones as products are: they call and show identifiers, and give no keys, no files and no log away. */

export const capabilities: PhoneKind['capabilities'] = new Set([
  'enrol',
  'call',
  'hold',
  'show-identifiers',
]);

const refuse = (): Promise<never> => Promise.reject(new Error('this phone gives nothing away'));

export const startPhone: PhoneKind['start'] = async (site, name, appliance) => {
  const phone: Phone = await referenceTarget().startPhone(site, name, appliance);
  return {
    ...phone,
    capabilities,
    refusals: refuse,
    storedFiles: refuse,
    tlsKeyLog: refuse,
    keyAgreementLog: refuse,
    mediaKeys: refuse,
  };
};
