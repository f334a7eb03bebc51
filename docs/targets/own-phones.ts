import type { Capability, Target } from '../../devices/contract.ts';
import { referenceTarget } from '../../devices/reference/target.ts';

/** What these phones can really do; a scenario that needs more is unsupported. */
export const capabilities: ReadonlySet<Capability> = new Set(['enrol', 'call', 'show-identifiers']);

/** Starts one phone. This example starts the reference's; yours drives your own. */
export const startPhone: Target['startPhone'] = async (site, name, appliance) => ({
  ...(await referenceTarget().startPhone(site, name, appliance)),
  capabilities,
});
