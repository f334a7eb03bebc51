import { z } from 'zod';

/** The activity's id. */
export const auditActivity = 'audit-log';

/** Something done that the log must have, and what was new in the log's export right behind it. */
export const auditActSchema = z.object({
  act: z.enum(['sign-in', 'enrolment', 'revocation', 'release', 'refused', 'forged']),
  /** What the entry must name: an account or a number. */
  subject: z.string(),
  /** Milliseconds since 1970 by the testbed’s clock, before and after it. */
  from: z.number(),
  until: z.number(),
  /** Cells of the rows that the export before it did not have; for the first act, before which nobody could export, all that name its subject. */
  added: z.array(z.array(z.string())),
  /** How many rows of the export before it were no longer there. */
  gone: z.number(),
});
export type AuditAct = z.infer<typeof auditActSchema>;

/** What the activity `audit-log` leaves in `acts.json`; `log.csv` is the last export. */
export const auditSchema = z.object({
  /** Path of the export that the page has a link to. */
  path: z.string(),
  /** What the forged sign-in would have the log say: the content of one cell of an entry that never was. */
  marker: z.string(),
  /** How the sign-ins with a wrong password and with the forged account were answered. */
  statuses: z.object({ refused: z.number().nullable(), forged: z.number().nullable() }),
  acts: z.array(auditActSchema),
});
export type AuditFound = z.infer<typeof auditSchema>;
