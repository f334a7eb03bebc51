import { expect, it } from 'vitest';
import { runJsonSchema } from './json-schema.ts';
import { runSchema } from './run.ts';

it('describes every field of run.json and forbids others', () => {
  const schema = runJsonSchema();
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
  });
  const properties = 'properties' in schema ? Object.keys(schema.properties ?? {}) : [];
  expect(properties).toEqual(Object.keys(runSchema.shape));
  expect('required' in schema ? schema.required : []).not.toContain('ended');
});
