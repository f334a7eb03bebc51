import { z } from 'zod';

/** The activity's id. */
export const statusActivity = 'status-phones';

/** What a phone did when it heard this about its peer's certificate: `called.json`, where it was called, and `calling.json`, where it called. */
export const statusAttemptSchema = z.object({
  /** What is judged together; `control` where all was right. */
  group: z.enum([
    'control',
    'root-list',
    'status-not-good',
    'replayed-status',
    'status-of-another',
    'status-signer',
    'status-times',
    'no-status',
  ]),
  name: z.string(),
  accepted: z.boolean(),
  answer: z.union([z.number(), z.string()]),
  /** How often the root's list and OCSP were asked for. */
  asked: z.object({ list: z.number(), ocsp: z.number() }),
  /** What the phone logged meanwhile. */
  refusals: z.array(z.object({ code: z.string(), detail: z.string() })),
});
export const statusAttemptsSchema = z.array(statusAttemptSchema);
export type StatusAttempt = z.infer<typeof statusAttemptSchema>;
