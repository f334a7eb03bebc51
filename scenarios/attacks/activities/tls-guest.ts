import type { World } from '../../campaign/activity.ts';

/** Gives a phone of an activity's own a host to itself, where the lab has hosts to give. */
export const placePhone = async ({ site }: World, name: string): Promise<void> => {
  const beside = site.topology?.hosts.find(({ role }) => role === 'phone')?.name;
  if (site.attach && beside !== undefined) await site.attach({ name, beside, link: {} });
};
