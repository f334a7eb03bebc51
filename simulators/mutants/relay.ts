import type { ApplianceParts } from '../../reference/appliance/parts.ts';
import { createMediaPath } from '../../reference/appliance/signalling/media-path.ts';
import { ok } from '../../reference/core/result.ts';
import { latchingRelay } from './latching-relay.ts';
import type { Mutant } from './mutant.ts';

/** Leads nothing anywhere: descriptions pass as they came. */
const untouched: ApplianceParts['createMediaPath'] = (relay, host) => ({
  ...createMediaPath(relay, host),
  rewriteBody: () => ok(undefined),
});

/** Appliances whose media goes where it should not, or not where it should. */
export const relayMutants: readonly Mutant[] = [
  {
    id: 'media-past-the-relay',
    fault: 'the appliance leaves descriptions as they are, so that media goes directly',
    claims: ['2.2.d', '2.2.g'],
    because: /directly between the terminals|outside the relay/,
    parts: { appliance: { createMediaPath: untouched } },
  },
  {
    id: 'relay-latches-on-anyone',
    fault: 'the relay sends a phone’s media to whoever spoke to its port last',
    claims: ['4.a'],
    because: /outsider|stolen|took/,
    parts: { appliance: { createRelay: latchingRelay } },
  },
];
