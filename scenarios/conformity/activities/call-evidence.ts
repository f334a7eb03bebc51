import { z } from 'zod';

const endpoint = z.strictObject({ host: z.string(), port: z.number() });

/** Where everything of the call was: addresses, ports, numbers, trust. */
export const topologySchema = z.strictObject({
  sip: endpoint,
  registration: endpoint,
  relay: z.strictObject({ host: z.string(), first: z.number(), last: z.number() }),
  trust: z.strictObject({
    root: z.string(),
    clientAuthority: z.string(),
    serverAuthority: z.string(),
  }),
  caller: z.strictObject({ name: z.string(), number: z.string() }),
  callee: z.strictObject({ name: z.string(), number: z.string() }),
});
export type Topology = z.infer<typeof topologySchema>;

/** What each phone said of the call while it lasted. */
export const displaysSchema = z.record(
  z.string(),
  z.strictObject({
    callId: z.string(),
    peerNumber: z.string(),
    identifiers: z.strictObject({ local: z.string(), peer: z.string() }).nullable(),
    packetsSent: z.number(),
    packetsReceived: z.number(),
    packetsRefused: z.number(),
  }),
);

/** SMS deliveries: the spent token of each enrolment, by phone name. */
export const tokensSchema = z.record(
  z.string(),
  z.strictObject({ number: z.string(), token: z.string() }),
);

/** A challenge signed with the stored key of a phone, opened with its passphrase. */
export const possessionSchema = z.record(
  z.string(),
  z.strictObject({ challenge: z.string(), signature: z.string() }),
);

/** Where secrets were looked for and whether any was found. */
export const secretSearchSchema = z.strictObject({
  /** Names of what was looked for, never the values. */
  needles: z.array(z.string()),
  places: z.array(z.strictObject({ name: z.string(), bytes: z.number() })),
  found: z.array(z.strictObject({ needle: z.string(), place: z.string(), encoding: z.string() })),
  /** The same search over a planted copy of every needle: it must find them all. */
  control: z.strictObject({ planted: z.number(), found: z.number() }),
});
export type SecretSearch = z.infer<typeof secretSearchSchema>;

/** The format of `--srtp-keys`. */
export const mediaKeysSchema = z.array(
  z.strictObject({
    ssrc: z.number().optional(),
    masterKey: z.string().regex(/^[0-9a-f]{32}$/),
    masterSalt: z.string().regex(/^[0-9a-f]{28}$/),
  }),
);

/** One side's Diffie-Hellman exponent of the call. */
export const keyAgreementLogSchema = z.array(
  z.strictObject({
    callId: z.string(),
    role: z.enum(['caller', 'callee']),
    exponent: z.string().regex(/^([0-9a-f]{2})+$/),
  }),
);
