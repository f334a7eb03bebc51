import { z } from 'zod';

/** The activities' ids. */
export const audioAttacksActivity = 'audio-attacks';
export const audioChangesActivity = 'audio-changes';

const probeSchema = z.object({
  probe: z.string(),
  expected: z.enum(['refused', 'accepted', 'either']),
  /** Packets of the probe, and good ones sent beside them. */
  sent: z.number(),
  markers: z.number(),
  /** By how much the phone's counters grew. */
  received: z.number(),
  refused: z.number(),
});
export type ProbeResult = z.infer<typeof probeSchema>;

const outsiderSchema = z.object({
  /** What differs from the rightful sender: the address, or only the port. */
  from: z.enum(['other-address', 'other-port']),
  sent: z.number(),
  markers: z.number(),
  received: z.number(),
  refused: z.number(),
  /** Audio that the relay sent to the outsider, and to the rightful peer meanwhile. */
  stolen: z.number(),
  heard: z.number(),
});
export type OutsiderResult = z.infer<typeof outsiderSchema>;

/** Content of `probes.json`. */
export const audioAttacksSchema = z.object({
  probes: z.array(probeSchema),
  outsiders: z.array(outsiderSchema),
  /** State of the call after everything. */
  state: z.string(),
  /** Calls made: another is made, and the one before forgotten, where packets were lost on the way. */
  calls: z.number(),
});
export type AudioAttacks = z.infer<typeof audioAttacksSchema>;

const kinds = z.object({ signalling: z.number(), audio: z.number(), key: z.number() });

/** Content of `outsider.json`: what someone without keys found in all that passed. */
export const outsiderSearchSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('searched'),
    packets: z.number(),
    /** How many different things were said, and how many of them stand in the packets as they passed. */
    needles: kinds,
    found: kinds,
    /** Audio packets that open with a key of zeros. */
    guessed: z.number(),
    /** The same search in what the phones' own keys show. */
    control: kinds,
  }),
  z.object({ kind: z.literal('missing'), reason: z.string() }),
]);
export type OutsiderSearch = z.infer<typeof outsiderSearchSchema>;

const hexKey = z.object({ masterKey: z.string(), masterSalt: z.string() });
export type HexKey = z.infer<typeof hexKey>;

/** Content of `changes.json`: a call with its keys in the order in which they were agreed, each exchange both directions. */
export const audioChangesSchema = z.object({
  callId: z.string(),
  /** Pairs: caller to callee, callee to caller of that INVITE. */
  keys: z.array(hexKey),
});

/** The addresses in `topology.json` that the judges need. */
export const audioTopologySchema = z.object({
  sip: z.object({ host: z.string(), port: z.number() }),
  relay: z.object({ host: z.string(), first: z.number(), last: z.number() }),
});
