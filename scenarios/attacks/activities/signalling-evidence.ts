import { z } from 'zod';

export const signallingRequestsActivity = 'signalling-requests';
export const signallingCallsActivity = 'signalling-calls';

const replySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answered'),
    status: z.number(),
    challenge: z.boolean(),
    contacts: z.number(),
    open: z.boolean(),
  }),
  z.object({ kind: z.enum(['unanswered', 'closed', 'deadline', 'unreachable']) }),
]);

const attemptSchema = z.object({
  attempt: z.string(),
  reply: replySchema,
  /** Codes that the appliance logged meanwhile. */
  codes: z.array(z.string()),
  /** Codes that the phone called logged meanwhile. */
  phoneCodes: z.array(z.string()),
  /** Whether the phone called got it: it logged something, or has another call than before. */
  reached: z.boolean(),
});
export type SignallingAttempt = z.infer<typeof attemptSchema>;

/** Attempts in the order they were made. */
export const attemptsSchema = z.array(attemptSchema);

/** Messages that need not be refused one by one, and how the service fared. */
export const tortureSchema = z.object({
  /** Messages of RFC 4475 by name, as answered. */
  torture: z.array(z.object({ name: z.string(), reply: replySchema })),
  mutated: z.object({ sent: z.number(), seed: z.number(), unanswered: z.number() }),
});
export type Torture = z.infer<typeof tortureSchema>;

/** Whether two phones could call each other afterwards. */
export const controlCallSchema = z.object({
  state: z.string(),
  callee: z.string(),
  endedBy: z.string().nullable(),
});

/** One INVITE to an attacker's second connection, and how often it came there. */
export const amplificationSchema = z.object({
  sent: z.number(),
  arrived: z.number(),
  /** Status of the answer to the INVITE when it was sent back to the server as it had come. */
  sentBack: replySchema,
  codes: z.array(z.string()),
  /** What the caller got for a 200 that it sent itself, in the callee's name, and for the callee's own refusal. */
  forged: replySchema,
  refused: replySchema,
});

const outcomeSchema = z.looseObject({
  kind: z.string(),
  status: z.number().optional(),
  answer: z.string().optional(),
});

/** A call with one thing wrong, by a user of its own name. */
export const alteredCallsSchema = z.array(
  z.object({
    attempt: z.string(),
    outcome: outcomeSchema,
    codes: z.array(z.string()),
    phoneCodes: z.array(z.string()),
    /** Whom the phone called says it has on the line, and how its newest call stands. */
    peerNumber: z.string(),
    state: z.string(),
    sameCall: z.boolean(),
  }),
);
export type AlteredCall = z.infer<typeof alteredCallsSchema>[number];

/** INVITEs sent again, and a call with the X-CSL headers of another between two without a fault. */
export const replayedSchema = z.object({ requests: attemptsSchema, calls: alteredCallsSchema });

/** What a third user sent into a call of others. */
export const intrusionSchema = z.object({
  party: z.string(),
  intruder: z.string(),
  attempts: z.array(
    z.object({
      attempt: z.string(),
      reply: replySchema,
      codes: z.array(z.string()),
      /** How the phone's call stood afterwards, and whether it is still the same one. */
      state: z.string(),
      sameCall: z.boolean(),
    }),
  ),
  /** Whether good audio went on after all of them, both ways. */
  audio: z.object({ toPhone: z.boolean(), fromPhone: z.boolean() }),
  /** How the call stood once its own party had sent BYE; and one that rang, once its own caller had sent CANCEL. */
  afterBye: z.string(),
  afterCancel: z.string(),
});
