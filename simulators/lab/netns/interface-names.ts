import type { CheckedTopology } from '../topology/check.ts';

/** Interface of the testbed's namespace that is the segment itself; every packet of the segment is seen on it. */
export const segmentInterface = (topology: CheckedTopology, segment: string): string =>
  `segment${topology.segments.findIndex(({ name }) => name === segment)}`;

/** Interface of a host, as it sees it: its attachments in order. */
export const hostInterface = (index: number): string => `eth${index}`;

/** The testbed's end of a host's link. */
export const linkPort = (host: number, attachment: number): string => `port${host}-${attachment}`;
