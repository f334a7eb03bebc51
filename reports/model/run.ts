import { z } from 'zod';
import { documentSchema } from './document.ts';
import { expectationSchema, judgementSchema, verdictKindSchema, verdictSchema } from './verdict.ts';

/** The reason of a claim that was left out because the user named others. */
export const notSelected = 'not selected';

/** How a claim came to be in the plan, or why it was left out of it. */
export const planSchema = z.strictObject({
  seed: z.number().int(),
  profile: z.enum(['quick', 'full']),
  lab: z.enum(['loopback', 'netns']),
  /** Path of the topology's file, where it was not the usual one. */
  topology: z.string().optional(),
  /** Paths of files whose scenarios were added to the tool's own. */
  scenarioFiles: z.array(z.string()).optional(),
  target: z.string(),
  /** Claims whose verdict decides the exit code. */
  selected: z.array(z.string()),
  /** Selected claims that only scenarios named by the user judge: a pass of theirs says less. */
  byScenario: z.array(z.string()).optional(),
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
  /** Scenarios of claims of this run that are not among these, each with the reason. */
  scenariosLeftOut: z
    .array(z.strictObject({ id: z.string(), claims: z.array(z.string()), reason: z.string() }))
    .optional(),
  /** Activities in the order in which one lane does them. */
  activities: z
    .array(
      z.strictObject({
        id: z.string(),
        /** What it does to the target. */
        effect: z.string(),
        disturbs: z.boolean(),
        after: z.array(z.string()),
        /** Milliseconds that it usually takes, start of its parts included. */
        expected: z.number().int().nonnegative(),
      }),
    )
    .optional(),
  /** Activities that come first and last on every instance of the target, or why there are none. */
  controls: z
    .strictObject({
      activities: z.array(z.string()),
      reason: z.string().optional(),
      /** Milliseconds that they usually take on one instance. */
      expected: z.number().int().nonnegative(),
    })
    .optional(),
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
  /** How strongly the target commits to it: as a property or function it must have, in a description, as an assumption, as advice. */
  level: z.enum(['binding', 'descriptive', 'assumed', 'recommended']).optional(),
  /** The section of the printed target, where it is not `section`. */
  printedIn: z.string().optional(),
  /** Paragraphs of that section, from 1. */
  paragraphs: z.array(z.number().int().positive()).optional(),
  /** How it can be shown, such as wire or person. */
  shownBy: z.array(z.string()).optional(),
  /** Threats it stands against. */
  counters: z.array(z.string()).optional(),
});
export type ClaimText = Readonly<z.infer<typeof claimTextSchema>>;

/** An entry of a register, interpretations or observations, with what was recommended in 2014 and what is now. */
const entrySchema = z.strictObject({
  id: z.string(),
  title: z.string().optional(),
  text: z.string(),
  in2014: z.string().optional(),
  now: z.string().optional(),
  /** Published documents, each with its year. */
  references: z.array(z.string()).optional(),
});

/** Something that scenarios saw on this target and that is no verdict: it changes none, nor the exit code. */
const seenSchema = z.strictObject({
  /** A row of the attack catalogue and what was seen, such as T5/reused-value. */
  id: z.string(),
  text: z.string(),
  /** Scenarios that saw it. */
  scenarios: z.array(z.string()),
  /** Paths in the run folder, relative to it. */
  evidence: z.array(z.string()),
});
export type SeenObservation = Readonly<z.infer<typeof seenSchema>>;

/** What a person who judges a claim is asked. */
const formSchema = z.strictObject({
  /** Such as person/2.1.i. */
  id: z.string(),
  claim: z.string(),
  /** Why no program judges it, or not alone. */
  why: z.string(),
  question: z.string(),
  lookAt: z.array(z.string()),
});

/** A section of the evaluator's own copy of the security target. */
const passageSchema = z.strictObject({ section: z.string(), text: z.string() });

/** What one activity (a thing done to the target while evidence was gathered) came to. */
export const activityOutcomeSchema = z.strictObject({
  id: z.string(),
  status: z.enum(['done', 'failed', 'unsupported', 'interrupted']),
  reason: z.string().optional(),
  /** Duration in milliseconds. */
  took: z.number(),
});
export type ActivityOutcome = Readonly<z.infer<typeof activityOutcomeSchema>>;

/** How an outcome that was known beforehand came out. */
export const expectationOutcomeSchema = z.strictObject({
  /** Of a claim, or of one scenario. */
  claim: z.string().optional(),
  scenario: z.string().optional(),
  kind: verdictKindSchema,
  ...expectationSchema.shape,
  /** An unexpected pass fails the run; an expired expectation counts as none. */
  standing: z.enum(['as expected', 'unexpected pass', 'otherwise', 'expired', 'not judged']),
});
export type ExpectationOutcome = Readonly<z.infer<typeof expectationOutcomeSchema>>;

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
  /** When it was gone on with after an interruption; RFC 3339, UTC. */
  resumedAt: z.array(z.string()).optional(),
  environment: z.strictObject({
    node: z.string(),
    openssl: z.string(),
    platform: z.string(),
    capture: z.string(),
    codec: z.string(),
  }),
  plan: planSchema,
  claims: z.array(claimTextSchema),
  interpretations: z.array(entrySchema),
  /** Threats of the target that claims counter. */
  threats: z
    .array(
      z.strictObject({
        id: z.string(),
        text: z.string(),
        /** What the target lacks against it. */
        gap: z.string().optional(),
      }),
    )
    .optional(),
  forms: z.array(formSchema).optional(),
  passages: z.array(passageSchema).optional(),
  activities: z.array(activityOutcomeSchema),
  judgements: z.array(judgementSchema),
  verdicts: z.array(verdictSchema),
  expectations: z.array(expectationOutcomeSchema).optional(),
  /** Observations on the security target itself, the same in every run. */
  observations: z.array(entrySchema),
  /** Observations on this target; absent in runs of versions that made none. */
  seen: z.array(seenSchema).optional(),
  documents: z.array(documentSchema),
  /** A command that runs a claim again, by claim. */
  replay: z.record(z.string(), z.string()),
  exit: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(64)]),
});
export type Run = Readonly<z.infer<typeof runSchema>>;
