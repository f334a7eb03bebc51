import { z } from 'zod';

/** A cookie as it was set, without its value. */
const cookieSchema = z.object({
  name: z.string(),
  secure: z.boolean(),
  httpOnly: z.boolean(),
  sameSite: z.string().nullable(),
  length: z.number(),
});

/** A request for a page and what came of it, after redirects. */
export const visitSchema = z.object({
  path: z.string(),
  redirects: z.array(z.number()),
  outcome: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('answered'),
      status: z.number(),
      protocol: z.string(),
      suite: z.string(),
      /** Whether the page asks for a password. */
      asksPassword: z.boolean(),
    }),
    z.object({ kind: z.literal('failed'), reason: z.string() }),
    z.object({ kind: z.literal('deadline') }),
  ]),
  cookies: z.array(cookieSchema),
});

/** A visit as evidence has it. */
export type Visit = z.infer<typeof visitSchema>;

/** A way of coming in, and what came of asking for the list of subscribers afterwards; that page is `pages/<way>.html`. */
export const entrySchema = z.object({
  way: z.string(),
  /** Null where nobody tried to sign in. */
  signIn: visitSchema.nullable(),
  list: visitSchema,
});

/** What the activity `administration` leaves. */
export const administrationSchema = z.object({
  lab: z.enum(['loopback', 'netns']),
  endpoint: z.object({ host: z.string(), port: z.number() }),
  /** A subscriber that the list must show. */
  number: z.string(),
  /** What each TLS version offered alone came to. */
  versions: z.array(z.object({ offered: z.string(), visit: visitSchema })),
  entries: z.array(entrySchema),
});
