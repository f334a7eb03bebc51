import { z } from 'zod';
import { visitSchema } from '../../conformity/activities/administration-evidence.ts';

/** What the activity `administration-intrusion` leaves in `intrusion.json`. */
export const intrusionSchema = z.object({
  /** The administrator's own sign-in, whose cookies are judged. */
  signIn: visitSchema,
  /** Accounts that products come with, each tried with its usual password; and whether it then saw the subscribers. */
  defaults: z.array(z.object({ account: z.string(), signIn: visitSchema, admitted: z.boolean() })),
  /** A form that changes something, sent with the token missing, altered and right; the page of what it changes is kept before and after each. */
  forms: z.object({
    path: z.string(),
    /** Hidden fields of the form, by name. */
    hidden: z.array(z.string()),
    attempts: z.array(
      z.object({ token: z.enum(['missing', 'wrong', 'right']), sent: visitSchema }),
    ),
  }),
  fixation: z.object({
    /** Cookies that a sign-in gives. */
    names: z.array(z.string()),
    /** Whether the visitor who had been given them beforehand was admitted by signing in (control). */
    admitted: z.boolean(),
    /** Of these cookies, those that kept the value given beforehand. */
    kept: z.array(z.string()),
    /** Whether somebody with the value given beforehand sees the subscribers afterwards. */
    stolen: z.boolean(),
  }),
  scripts: z.object({
    /** Where a script was put in, and the status of the answer. */
    injections: z.array(z.object({ where: z.string(), status: z.number().nullable() })),
    /** Pages that were looked at afterwards; in which of them the script stands as markup, and in which as text. */
    pages: z.array(z.object({ path: z.string(), status: z.number().nullable() })),
    asMarkup: z.array(z.string()),
    asText: z.array(z.string()),
  }),
});

/** What the activity `administration-guessing` leaves in `guesses.json`. */
export const guessingSchema = z.object({
  /** Whether the right password led to the subscribers before the guesses (control). */
  admittedBefore: z.boolean(),
  guesses: z.array(visitSchema),
  /** The right password after them. */
  after: visitSchema,
  admittedAfter: z.boolean(),
  /** Whether the session that began before still sees the subscribers: the page is alive. */
  sessionAlive: z.boolean(),
});
