import { z } from 'zod';

const identifiers = z.object({ local: z.string(), peer: z.string() }).nullable();

/** What a phone said of a call. */
const phoneSchema = z.object({
  state: z.string(),
  endedBy: z.string().nullable(),
  identifiers,
  packetsSent: z.number(),
  packetsReceived: z.number(),
  packetsRefused: z.number(),
  /** Codes that it logged meanwhile. */
  refusals: z.array(z.string()),
});
export type PhoneSaid = z.infer<typeof phoneSchema>;

const side = z.enum(['caller', 'callee']);
export type HostileSide = z.infer<typeof side>;

const hexKey = z.object({ masterKey: z.string(), masterSalt: z.string() });
export type HexKey = z.infer<typeof hexKey>;

const callSchema = z.object({
  /** `none` is the control: everything is passed on as it came, media through the server's own ports. */
  attack: z.string(),
  caller: phoneSchema,
  callee: phoneSchema,
  /** What the phones sent, in order, before it was tampered with. */
  passed: z.array(z.object({ from: side, what: z.string(), csl: z.number(), toTag: z.string() })),
  /** Audio that passed through the server's ports, the first packets of each direction, hexadecimal. */
  heard: z.array(z.object({ to: side, packet: z.string() })),
  /** How many passed in all. */
  packets: z.object({ caller: z.number(), callee: z.number() }),
  /** Packets of audio that came before the INVITE had reached the callee; null where it was not held back. */
  early: z.number().nullable(),
  /** Keys that the server had itself or could guess. */
  guesses: z.array(hexKey),
});
export type HostileCall = z.infer<typeof callSchema>;

const requestSchema = z.object({
  request: z.string(),
  to: side,
  /** Final status, or why there was none. */
  status: z.union([z.number(), z.literal('deadline')]),
  refusals: z.array(z.string()),
  /** Requests that the phone sent because of it. */
  sent: z.array(z.string()),
});
export type HostileRequest = z.infer<typeof requestSchema>;

/** Content of `calls.json`. */
export const hostileCallsSchema = z.array(callSchema);

/** Content of `requests.json`: requests of the server's own, and whether audio went on both ways after those inside a call. */
export const hostileRequestsSchema = z.object({
  requests: z.array(requestSchema),
  wentOn: z.boolean(),
});

/** Content of `keys.json`: the media keys of both phones, for the control. */
export const hostileKeysSchema = z.array(hexKey);

/** The activity's id. */
export const hostileActivity = 'hostile-operator';
