import type { Activity } from './activity.ts';
import { controlIds } from './control.ts';

/** Milliseconds, measured on 2 cores in the loopback lab, start of the activity's own phones included; `full` where it differs. */
const measured: Readonly<Record<string, { readonly quick: number; readonly full?: number }>> = {
  [controlIds.first]: { quick: 900 },
  [controlIds.last]: { quick: 400 },
  call: { quick: 2_900, full: 11_000 },
  scan: { quick: 150 },
  intruder: { quick: 600 },
  impostor: { quick: 900 },
  'malicious-calls': { quick: 2_200 },
  revocation: { quick: 1_200 },
};

/** What an activity is taken to last that nobody has measured or declared. */
const unknown = 2_000;

/** Milliseconds that an activity is expected to take: measured, else as it declares itself. */
export const expectedTime = (
  { id, expected = unknown }: Pick<Activity, 'id' | 'expected'>,
  profile: 'quick' | 'full',
): number => {
  const known = measured[id];
  return known === undefined
    ? expected
    : ((profile === 'full' ? known.full : undefined) ?? known.quick);
};
