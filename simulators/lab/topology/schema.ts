import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, 'a name is a letter, then up to 23 letters, digits or hyphens');

/** One direction of a link. Absent fields are those of a perfect wire. */
export const linkDirectionSchema = z.strictObject({
  /** Bits per second. */
  rate: z.number().int().min(8_000).max(10_000_000_000).optional(),
  /** Milliseconds before a packet arrives. */
  delay: z.number().min(0).max(60_000).optional(),
  /** Greatest further delay, milliseconds, drawn evenly for each packet. */
  jitter: z.number().min(0).max(60_000).optional(),
  /** Share of packets that are lost, 0 to 1. */
  loss: z.number().min(0).max(1).optional(),
});

/** A host's link to a segment, each direction by itself; the same seed gives the same losses and delays. */
export const linkSchema = z.strictObject({
  /** From the host into the segment. */
  up: linkDirectionSchema.optional(),
  /** From the segment to the host. */
  down: linkDirectionSchema.optional(),
  seed: z.number().int().min(0).optional(),
});

const attachmentSchema = z.strictObject({
  segment: name,
  ipv4: z.ipv4().optional(),
  ipv6: z.ipv6().optional(),
  link: linkSchema.optional(),
});

const segmentSchema = z.strictObject({
  name,
  /** Such as 203.0.113.0/24. */
  ipv4: z.cidrv4().optional(),
  ipv6: z.cidrv6().optional(),
});

const hostSchema = z.strictObject({
  name,
  /** What stands there; a router forwards, every other host does not. */
  role: z.enum(['appliance', 'phone', 'router', 'administration', 'attacker']),
  attachments: z.array(attachmentSchema).min(1),
  /** The router that everything outside its own segments goes to. */
  gateway: name.optional(),
  /** Network address translation of a router, from its other segments into the one named. */
  translation: z
    .strictObject({ kind: z.enum(['port-restricted', 'symmetric']), into: name })
    .optional(),
  /** Names by which every host finds this one. */
  aliases: z
    .array(z.string().regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*$/))
    .optional(),
});

/** Hosts and segments of a lab, as plain data. */
export const topologySchema = z.strictObject({
  name,
  segments: z.array(segmentSchema).min(1).max(64),
  hosts: z.array(hostSchema).min(1).max(256),
  /** The segment on which the testbed itself stands, and in whose capture every call is seen once on each leg. */
  testbed: attachmentSchema.omit({ link: true }),
});

export type LinkDirection = z.infer<typeof linkDirectionSchema>;
export type Link = z.infer<typeof linkSchema>;
export type Attachment = z.infer<typeof attachmentSchema>;
export type Segment = z.infer<typeof segmentSchema>;
export type LabHost = z.infer<typeof hostSchema>;
export type Topology = z.infer<typeof topologySchema>;
