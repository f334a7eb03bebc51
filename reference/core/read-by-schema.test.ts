import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readBySchema } from './read-by-schema.ts';

const schema = z.strictObject({ number: z.string().max(4) });

describe('what came from outside', () => {
  it('is read by its schema', () => {
    expect(readBySchema(schema, { number: '+331' })).toEqual({
      success: true,
      data: { number: '+331' },
    });
    expect(readBySchema(schema, { number: '+3312' }).error?.issues).toMatchObject([
      { path: ['number'], code: 'too_big' },
    ]);
  });

  it.each(['{"length":{"toString":""}}', '{"length":{"valueOf":1,"toString":2}}'])(
    'is refused where it has a length that zod throws at: %s',
    (text) => {
      const number: unknown = JSON.parse(text);
      expect(() => schema.safeParse({ number })).toThrow(TypeError);
      expect(readBySchema(schema, { number }).error?.issues).toMatchObject([
        { message: 'holds a length that is no number' },
      ]);
    },
  );
});
