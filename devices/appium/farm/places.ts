import { clientPlace, type ClientPlace } from '../capabilities.ts';
import { readFacts } from '../device/link.ts';
import { readSelectors } from '../selectors/read.ts';
import { adbServerOf } from './discovery.ts';
import type { ReadFarm } from './read.ts';

/** Where the client of each phone of a farm runs; a phone that does not answer is no evidence that it is one. */
export const clientPlaces = async ({
  farm,
  folder,
}: ReadFarm): Promise<ReadonlyMap<string, ClientPlace>> => {
  const selectors = readSelectors(farm.application.selectors, folder);
  const server = adbServerOf(farm);
  return new Map(
    await Promise.all(
      Object.entries(farm.phones).map(async ([phone, described]) => {
        if ('simulated' in described) return [phone, clientPlace('simulated', selectors)] as const;
        const link = { phone, serial: described.serial, server, adb: '' };
        const place = await readFacts(link).then(
          ({ nature }) => clientPlace(nature, selectors),
          () => 'elsewhere' as const,
        );
        return [phone, place] as const;
      }),
    ),
  );
};
