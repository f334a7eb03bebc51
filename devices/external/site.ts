import { openLoopbackSite, type LabSite } from '../../simulators/lab/site.ts';
import type { ExternalPlace } from '../contract.ts';

/** The lab of an external target: this host alone, at its address towards the target, captured on the interface between them. */
export const openExternalSite = async ({
  interface: device,
  address,
}: ExternalPlace): Promise<LabSite> => {
  const site = await openLoopbackSite();
  return { ...site, interface: device, address: () => address };
};
