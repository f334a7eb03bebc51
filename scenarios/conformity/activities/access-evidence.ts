import { z } from 'zod';
import { linkSchema } from '../../../simulators/lab/topology/schema.ts';
import { mediaKeysSchema } from './call-evidence.ts';

const carriedSchema = z.strictObject({
  frames: z.number(),
  lost: z.number(),
  shortest: z.number().nullable(),
  longest: z.number().nullable(),
});

/** Why a step did not come about. */
const failureSchema = z
  .strictObject({ step: z.string(), late: z.boolean(), message: z.string() })
  .nullable();

/** A phone on one access network. */
export const accessSchema = z.array(
  z.strictObject({
    profile: z.string(),
    title: z.string(),
    phone: z.string(),
    link: linkSchema,
    /** What the link carried, by its own count: frames of every protocol, milliseconds that they took. */
    carried: z.strictObject({ up: carriedSchema, down: carriedSchema }),
    /** Milliseconds for each step that was done. */
    took: z.record(z.string(), z.number()),
    failure: failureSchema,
  }),
);
export type Access = z.infer<typeof accessSchema>[number];

/** A call between two such phones. */
export const accessCallsSchema = z.array(
  z.strictObject({
    caller: z.string(),
    callee: z.string(),
    /** Milliseconds from dialling until both phones were in the call. */
    took: z.record(z.string(), z.number()),
    /** Audio packets that both phones together say they received and verified. */
    received: z.number(),
    keys: mediaKeysSchema,
    failure: failureSchema,
  }),
);
export type AccessCall = z.infer<typeof accessCallsSchema>[number];
