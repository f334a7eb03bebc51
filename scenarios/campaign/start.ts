import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { planSchema, runSchema } from '../../reports/model/run.ts';
import { expectedOutcomeSchema } from './expectation.ts';
import { readBySchema } from '../../reference/core/read-by-schema.ts';

/** What is known before the first activity; the content of `plan.json`. */
export const startSchema = z.strictObject({
  schema: z.literal(1),
  version: z.string(),
  run: z.string(),
  startedAt: z.string(),
  /** When it was gone on with after an interruption. */
  resumedAt: z.array(z.string()).optional(),
  language: z.enum(['en', 'fr']),
  environment: runSchema.shape.environment,
  /** What the target can do; a scenario that needs more is unsupported. Absent: everything. */
  capabilities: z.array(z.string()).optional(),
  /** Outcomes other than a pass that are known of this target. */
  expectations: z.array(expectedOutcomeSchema).optional(),
  plan: planSchema,
});
export type Start = Readonly<z.infer<typeof startSchema>>;

/** Names of the two files, beside the evidence, that a run is judged from. */
export const startFile = 'plan.json';
export const activitiesFile = 'activities.json';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A JSON text of one shape. Throws one line that names the file and the field. */
export const parseAs = <Schema extends z.ZodType>(
  name: string,
  text: string,
  schema: Schema,
): z.infer<Schema> => {
  const parsed = readBySchema(schema, parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue && issue.path.length > 0 ? issue.path.join('.') : 'the whole file';
  throw new Error(`${name}: ${field}: ${issue?.message ?? 'unexpected'}`);
};

/** Reads a JSON file of a run's folder. Rejects with one line that names the folder or the file, and the field. */
export const readRunFile = async <Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<z.infer<Schema>> => {
  const text = await readFile(join(folder, name), 'utf8').catch(() => {
    throw new Error(`${folder}: no ${name} there: this is not the folder of a run`);
  });
  return parseAs(join(folder, name), text, schema);
};
