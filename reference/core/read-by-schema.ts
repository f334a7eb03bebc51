import { z } from 'zod';

/**
 * Reads what came from outside by a schema; total. zod measures whatever has a `length`, also where a string was wanted, and throws
 * where that is an object that is no number: `{"length":{"toString":""}}` would be an error of ours, not of who sent it.
 */
export const readBySchema = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> => {
  try {
    return schema.safeParse(value);
  } catch {
    const message = 'holds a length that is no number';
    const error = new z.ZodError([{ code: 'custom', path: [], message, input: value }]);
    return { success: false, error: error as z.ZodError<z.output<Schema>> };
  }
};
