import { repertoire } from '../repertoire.ts';

const onHosts = new Set(
  repertoire.activities.filter(({ lab }) => lab === 'hosts').map(({ id }) => id),
);

/** Ids of the scenarios that can only be judged where every part has a host of its own. */
export const needHosts: ReadonlySet<string> = new Set(
  repertoire.scenarios
    .filter(({ activities }) => activities.some((id) => onHosts.has(id)))
    .map(({ id }) => id),
);
