import { z } from 'zod';

/** A message ladder: who sent what to whom, in order. */
export const ladderSchema = z.strictObject({
  kind: z.literal('ladder'),
  title: z.string(),
  /** Names of the vertical lines, left to right. */
  lanes: z.array(z.string()),
  messages: z.array(
    z.strictObject({
      /** Milliseconds since the first packet of the capture. */
      at: z.number(),
      from: z.string(),
      to: z.string(),
      label: z.string(),
      /** The full text, shown on request. */
      detail: z.string(),
    }),
  ),
});

/** A table of texts. */
export const tableSchema = z.strictObject({
  kind: z.literal('table'),
  title: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
});

/** Named groups of label and value. */
export const factsSchema = z.strictObject({
  kind: z.literal('facts'),
  title: z.string(),
  groups: z.array(
    z.strictObject({
      name: z.string(),
      entries: z.array(z.strictObject({ label: z.string(), value: z.string() })),
    }),
  ),
});

/** A decoded piece of evidence that a report can show without knowing its protocol. */
export const documentSchema = z.discriminatedUnion('kind', [
  ladderSchema,
  tableSchema,
  factsSchema,
]);
export type EvidenceDocument = Readonly<z.infer<typeof documentSchema>>;
