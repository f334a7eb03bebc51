import type { Link, LinkDirection } from '../topology/schema.ts';

/** A kind of access network that phones of the security target use (2.1), as a link. */
export interface AccessProfile {
  readonly name: 'wifi' | '4g' | '3g' | 'edge';
  readonly title: string;
  readonly link: Link;
}

/** Where rates and delays come from, for the evidence. Losses and jitter are this project's own choice. */
export const profileSource =
  'rates and round-trip times: presets of Chrome DevTools for network throttling (2014 to 2016), each way alike; jitter and loss: ours';

/** Half of a round trip each way; rate in bits per second, times in milliseconds. */
const evenly = (
  rate: number,
  roundTrip: number,
  jitter: number,
  loss: number,
  seed: number,
): Link => {
  const way: LinkDirection = { rate, delay: roundTrip / 2, jitter, loss };
  return { up: way, down: way, seed };
};

/** The networks that the target names. */
export const accessProfiles: readonly [AccessProfile, AccessProfile, AccessProfile, AccessProfile] =
  [
    { name: 'wifi', title: 'Wi-Fi', link: evenly(30_000_000, 2, 2, 0.005, 11) },
    { name: '4g', title: '4G', link: evenly(4_000_000, 20, 5, 0.005, 21) },
    { name: '3g', title: '3G', link: evenly(750_000, 100, 10, 0.005, 31) },
    { name: 'edge', title: 'EDGE', link: evenly(250_000, 300, 20, 0.005, 41) },
  ];
