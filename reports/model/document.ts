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

/** Bytes that a picture in a report may have. */
export const mostImageBytes = 512 * 1024;

/** A picture, such as a screenshot. */
const imageSchema = z.strictObject({
  kind: z.literal('image'),
  title: z.string(),
  /** Its file, relative to the run folder. */
  path: z.string(),
  /** A PNG file in base64, whose first bytes are the signature of that format. */
  png: z
    .string()
    .max(4 * Math.ceil(mostImageBytes / 3))
    .regex(/^iVBORw0KGgo[A-Za-z0-9+/]+={0,2}$/),
});

/** The document of a PNG file among the evidence; null when the bytes are none or too many. */
export const imageDocument = (path: string, bytes: Uint8Array): EvidenceDocument | null => {
  const png = Buffer.from(bytes).toString('base64');
  const parsed = imageSchema.safeParse({ kind: 'image', title: path, path, png });
  return parsed.success ? parsed.data : null;
};

/** A decoded piece of evidence that a report can show without knowing its protocol. */
export const documentSchema = z.discriminatedUnion('kind', [
  ladderSchema,
  tableSchema,
  factsSchema,
  imageSchema,
]);
export type EvidenceDocument = Readonly<z.infer<typeof documentSchema>>;
