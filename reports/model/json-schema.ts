import { z } from 'zod';
import { runSchema } from './run.ts';

/** The JSON Schema (draft 2020-12) of `run.json`, made from {@link runSchema}. */
export const runJsonSchema = (): object => z.toJSONSchema(runSchema);
