import { z } from 'zod';

/** Milliseconds after the administrator asked; null where it did not come about while it was waited for. */
const latency = z.number().nullable();

/** How an attempt to register with a certificate came out, and what the appliance logged meanwhile. */
const registration = z.strictObject({ outcome: z.string(), refusals: z.array(z.string()) });

/** Whether two phones heard each other, and why a call ended otherwise. */
const call = z.strictObject({ heard: z.boolean(), endedBy: z.string().nullable() });

/** What was done and seen around a revocation, in order. */
export const revocationStepsSchema = z.strictObject({
  number: z.string(),
  /** Names of the phone whose user is revoked, and of its peer. */
  revokedPhone: z.string(),
  otherPhone: z.string(),
  /** Milliseconds since 1970. */
  revokedAt: z.number(),
  releasedAt: z.number(),
  /** Milliseconds, at most, that asking the appliance took by itself; the revocation may be so much later. Absent: none. */
  asking: z.number().optional(),
  before: z.strictObject({ registration, call, connected: z.boolean() }),
  latencies: z.strictObject({
    /** Until the administrator was told that it is done. */
    told: latency,
    callEndedAtRevoked: latency,
    callEndedAtOther: latency,
    connectionClosed: latency,
    status: latency,
    list: latency,
  }),
  after: z.strictObject({
    registration,
    call,
    /** What an enrolment of the blocked number came to; `enrolled` where it gave a certificate. */
    enrolment: z.string(),
  }),
  released: z.strictObject({ call, registrationWithOld: registration }),
});
export type RevocationSteps = z.infer<typeof revocationStepsSchema>;

/** Questions whose answers lie beside this as `NAME.der`: their nonce and when they were answered, milliseconds since 1970. */
export const revocationAnswersSchema = z.strictObject({
  'ocsp-before': z.strictObject({ nonce: z.string(), at: z.number() }),
  'ocsp-after': z.strictObject({ nonce: z.string(), at: z.number() }),
  'ocsp-other': z.strictObject({ nonce: z.string(), at: z.number() }),
  'list-before': z.strictObject({ at: z.number() }),
  'list-after': z.strictObject({ at: z.number() }),
  'list-root': z.strictObject({ at: z.number() }),
});
