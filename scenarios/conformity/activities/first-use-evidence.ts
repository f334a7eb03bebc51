import { z } from 'zod';

/** A phone's attempt to call, and what became of it. */
export const dialledSchema = z.strictObject({
  /** Whether the phone refused by itself, before any INVITE; its reason. */
  refusal: z.string().nullable(),
  /** State of its call once that was decided. */
  state: z.string(),
  endedBy: z.string().nullable(),
  /** Whether the phone called rang. */
  rang: z.boolean(),
});

/** A phone at a registration server with a forged certificate: what the server saw, and why the phone left. */
export const forgedRegistrationSchema = z.strictObject({
  requested: z.boolean(),
  /** What the phone told its user; empty where it went on. */
  refusal: z.string(),
  /** What it logged. */
  codes: z.array(z.string()),
  server: z.strictObject({
    connections: z.number(),
    handshakes: z.number(),
    bytes: z.number(),
  }),
});

/** Users at each step between being unknown and being enrolled and connected. */
export const firstUseSchema = z.strictObject({
  caller: z.strictObject({ name: z.string(), number: z.string() }),
  callee: z.strictObject({ name: z.string(), number: z.string() }),
  /** A number that is nobody's at first, then enrolled, then connected. */
  third: z.string(),
  /** The caller enrolled and not connected; nothing else differs from `connected`. */
  unconnected: dialledSchema,
  connected: dialledSchema,
  toUnknown: dialledSchema,
  toEnrolled: dialledSchema,
  toConnected: dialledSchema,
  /** The caller's network taken away, and given back; null where that cannot be done. */
  withoutNetwork: dialledSchema.nullable(),
  networkBack: dialledSchema.nullable(),
});
export type FirstUse = z.infer<typeof firstUseSchema>;
export type Dialled = z.infer<typeof dialledSchema>;

/** What a phone's storage held. */
export const storageSchema = z.strictObject({
  files: z.array(z.strictObject({ path: z.string(), base64: z.string() })),
});
