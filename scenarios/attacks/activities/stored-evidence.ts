import { z } from 'zod';

export const storedTheftActivity = 'stored-theft';

/** Keys as they were stored, by file name, phone and which enrolment they are of. */
export const storedKeysSchema = z.array(
  z.object({ file: z.string(), phone: z.string(), enrolment: z.number() }),
);

/** Whether a phone made a key under each passphrase. */
export const passphrasesSchema = z.array(
  z.object({
    passphrase: z.enum(['empty', 'one-character', 'seven-characters', 'long']),
    accepted: z.boolean(),
    codes: z.array(z.string()),
  }),
);

/** How fast a thief guesses, and whether he guessed right. */
export const guessingSchema = z.object({
  phone: z.string(),
  /** On one core of the machine that the run was on. */
  guesses: z.number(),
  milliseconds: z.number(),
  common: z.object({ tried: z.number(), opened: z.number() }),
  rightOpens: z.boolean(),
});

/** What came of unlocking the phone with one file changed, or with a wrong passphrase. */
export const alterationsSchema = z.array(
  z.object({
    alteration: z.string(),
    /** Whether the phone was open already, by an earlier file: then what it does shows nothing of this one. */
    openBefore: z.boolean(),
    unlocked: z.boolean(),
    registered: z.boolean(),
    /** TLS connections that the phone logged meanwhile. */
    connections: z.number(),
    codes: z.array(z.string()),
    /** What the phone said; empty where it opened. */
    message: z.string(),
    milliseconds: z.number(),
  }),
);
export type Alteration = z.infer<typeof alterationsSchema>[number];
