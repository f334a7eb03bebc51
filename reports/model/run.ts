import { z } from 'zod';
import { documentSchema } from './document.ts';
import { judgementSchema, verdictSchema } from './verdict.ts';

/** How a claim came to be in the plan, or why it was left out of it. */
export const planSchema = z.strictObject({
  seed: z.number().int(),
  profile: z.enum(['quick', 'full']),
  lab: z.enum(['loopback', 'netns']),
  /** Path of the topology's file, where it was not the usual one. */
  topology: z.string().optional(),
  target: z.string(),
  /** Claims whose verdict decides the exit code. */
  selected: z.array(z.string()),
  /** Selected claims that only a person can judge; they do not change the exit code. */
  byPerson: z.array(z.string()),
  /** Claims of the catalogue that this run does not judge, each with the reason. */
  leftOut: z.array(z.strictObject({ claim: z.string(), reason: z.string() })),
  /** Scenarios in order, each with the activities whose evidence it reads. */
  scenarios: z.array(
    z.strictObject({
      id: z.string(),
      revision: z.number().int(),
      claims: z.array(z.string()),
      activities: z.array(z.string()),
    }),
  ),
});
export type Plan = Readonly<z.infer<typeof planSchema>>;

/** A claim as the report prints it. */
export const claimTextSchema = z.strictObject({
  id: z.string(),
  section: z.string(),
  text: z.string(),
  basis: z.enum(['stated', 'implied', 'ours']),
  /** Entries of the interpretation register that it rests on, such as I-1. */
  interpretations: z.array(z.string()),
});
export type ClaimText = Readonly<z.infer<typeof claimTextSchema>>;

/** What one activity (a thing done to the target while evidence was gathered) came to. */
export const activityOutcomeSchema = z.strictObject({
  id: z.string(),
  status: z.enum(['done', 'failed', 'unsupported', 'interrupted']),
  reason: z.string().optional(),
  /** Duration in milliseconds. */
  took: z.number(),
});
export type ActivityOutcome = Readonly<z.infer<typeof activityOutcomeSchema>>;

/** The content of `run.json`: everything a report shows that is not a file of evidence. */
export const runSchema = z.strictObject({
  schema: z.literal(1),
  tool: z.literal('discretio'),
  version: z.string(),
  run: z.string(),
  /** RFC 3339, UTC. */
  startedAt: z.string(),
  language: z.enum(['en', 'fr']),
  status: z.enum(['complete', 'incomplete']),
  /** Why an incomplete run ended. */
  ended: z.string().optional(),
  environment: z.strictObject({
    node: z.string(),
    openssl: z.string(),
    platform: z.string(),
    capture: z.string(),
    codec: z.string(),
  }),
  plan: planSchema,
  claims: z.array(claimTextSchema),
  interpretations: z.array(z.strictObject({ id: z.string(), text: z.string() })),
  activities: z.array(activityOutcomeSchema),
  judgements: z.array(judgementSchema),
  verdicts: z.array(verdictSchema),
  observations: z.array(z.strictObject({ id: z.string(), text: z.string() })),
  documents: z.array(documentSchema),
  /** A command that runs a claim again, by claim. */
  replay: z.record(z.string(), z.string()),
  exit: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(64)]),
});
export type Run = Readonly<z.infer<typeof runSchema>>;
