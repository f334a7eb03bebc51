import { z } from 'zod';
import { visitSchema } from './administration-evidence.ts';

const endpointSchema = z.object({ host: z.string(), port: z.number() });

/** What a scan of one address found. */
export const scanSchema = z.object({
  address: z.string(),
  tcp: z.object({
    scanned: z.number(),
    open: z.array(z.number()),
    refused: z.number(),
    silent: z.number(),
    untried: z.number(),
  }),
  udp: z.object({ scanned: z.number(), answered: z.array(z.number()) }),
});

/** What the activity `administration-sides` leaves in `sides.json`; the rules of the packet filter are in `rules.txt`. */
export const sidesSchema = z.object({
  /** Every address of the appliance's host, by segment. */
  attachments: z.array(z.object({ segment: z.string(), addresses: z.array(z.string()) })),
  /** What the appliance says that it serves. */
  services: z.object({
    sip: endpointSchema,
    registration: endpointSchema,
    relay: z.object({ host: z.string(), first: z.number(), last: z.number() }),
    administration: endpointSchema,
  }),
  scans: z.object({
    /** From a host of the Internet segment, of the appliance's address there. */
    internet: scanSchema,
    /** From the administrator's host, of the address that the page is at. */
    administration: scanSchema,
    /** From the Internet segment, of the page's address, sent by way of the appliance. */
    routed: scanSchema,
    /** From the Internet segment, of the address that the appliance's host gives itself in IPv6; null where there is none. */
    linkLocal: scanSchema.extend({ isNeighbour: z.boolean() }).nullable(),
  }),
  controls: z.object({
    /** The page from the administrator's host. */
    page: visitSchema,
    /** A user on the Internet side enrols, then registers: what came of each. */
    enrolled: z.string(),
    registered: z.string(),
  }),
  /** Likely paths of an administration page at the registration service, from the Internet segment. */
  elsewhere: z.array(visitSchema),
});
