import { z } from 'zod';

/** The activities' ids. */
export const requestsActivity = 'enrolment-requests';
export const guessingActivity = 'enrolment-guessing';

/** One step: the status answered, or why there was none. */
const stepSchema = z.union([z.number(), z.string()]);

/** A certificate given, and what was asked for. */
const givenSchema = z.object({
  /** Base64 of its DER. */
  certificate: z.string(),
});

/** Content of `requests.json`: requests with one fault each; the control stands first and last. */
export const requestAttemptsSchema = z.array(
  z.object({
    row: z.string(),
    name: z.string(),
    kind: z.enum(['right', 'refused', 'tolerable', 'ignored']),
    number: z.string(),
    request: stepSchema,
    /** Null where the request led to no enrolment. */
    certificate: stepSchema.nullable(),
    given: givenSchema.nullable(),
    /** Base64 of the SubjectPublicKeyInfo that was in the request. */
    publicKey: z.string(),
    /** Codes that the appliance logged meanwhile. */
    refusals: z.array(z.string()),
  }),
);
export type RequestAttempt = z.infer<typeof requestAttemptsSchema>[number];

/** Content of `tokens.json`: tokens given back where they do not belong, and where they do. */
export const tokenAttemptsSchema = z.array(
  z.object({
    row: z.string(),
    name: z.string(),
    status: stepSchema,
    /** Base64 of every certificate given. */
    certificates: z.array(z.string()),
  }),
);
export type TokenAttempt = z.infer<typeof tokenAttemptsSchema>[number];

/** Content of `entropy.json`: what the tokens of a run look like; none of them is kept. */
export const entropySchema = z.object({
  count: z.number(),
  shortest: z.number(),
  distinct: z.number(),
  /** Whether each differs from the one before by the same. */
  constantStep: z.boolean(),
  /** Different characters at each place. */
  variety: z.array(z.number()),
});

/** Content of `again.json`: a number enrolled twice. */
export const againSchema = z.object({
  /** Registrations with the first certificate, the second one, and the first one again. */
  steps: z.array(
    z.object({
      name: z.enum(['first-before', 'second', 'first-after']),
      outcome: z.object({ kind: z.string(), status: z.number().optional() }),
      refusals: z.array(z.string()),
    }),
  ),
});

/** Content of `swapped.json`: a token given back together with another request. */
export const swappedSchema = z.array(
  z.object({
    name: z.string(),
    status: stepSchema,
    certificates: z.array(z.string()),
    number: z.string(),
    publicKey: z.string(),
  }),
);

/** Content of `answers.json`: what somebody is told who does not know whether a number is enrolled. */
export const answersSchema = z.array(
  z.object({
    number: z.enum(['enrolled', 'unknown']),
    step: z.enum(['request', 'wrong-token']),
    status: stepSchema,
    /** The body with everything that is by chance taken out of it. */
    body: z.string(),
    headers: z.array(z.string()),
    /** Milliseconds. */
    took: z.number(),
  }),
);

/** Content of `inputs.json`: input that no phone sends. */
export const inputsSchema = z.object({
  before: stepSchema,
  /** While connections are held open that say their request slowly. */
  whileSlow: stepSchema,
  after: stepSchema,
  inputs: z.array(
    z.object({
      name: z.string(),
      tolerable: z.boolean(),
      /** Status, or how the connection ended. */
      status: stepSchema,
      certificates: z.number(),
    }),
  ),
});

/** Content of `guesses.json`. */
export const guessesSchema = z.array(
  z.object({
    name: z.enum(['few', 'many', 'at-once']),
    wrong: z.array(stepSchema),
    /** The right token after them. */
    right: stepSchema,
    given: z.boolean(),
  }),
);

/** Content of `limits.json`: requests for one number, and from one address, until they are refused. */
export const limitsSchema = z.object({
  number: z.object({ statuses: z.array(stepSchema), another: stepSchema }),
  address: z.object({ statuses: z.record(z.string(), z.number()), asked: z.number() }),
});
