import type { Run } from '../../model/run.ts';
import { runSchema } from '../../model/run.ts';

/** Fields whose values are fixed words of the schema. */
const fixed = new Set([
  'schema',
  'tool',
  'status',
  'language',
  'profile',
  'lab',
  'basis',
  'kind',
  'level',
]);

const poison = (value: unknown, addition: string): unknown => {
  if (typeof value === 'string') return value + addition;
  if (Array.isArray(value)) return value.map((item) => poison(item, addition));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      fixed.has(key) ? item : poison(item, addition),
    ]),
  );
};

/** The run with a text added to every free text in it, ids included; checked against the schema. */
export const poisonRun = (run: Run, addition: string): Run => {
  const replay = Object.entries(run.replay).map(([claim, command]) => [
    claim + addition,
    command + addition,
  ]);
  const poisoned = poison({ ...run, replay: {} }, addition) as Run;
  return runSchema.parse({ ...poisoned, replay: Object.fromEntries(replay) });
};

/** Markup, quotes and references that a careless renderer would let through. */
export const hostileText = `<script>alert(1)</script>"'&amp;]]><!-- --><img src=x onerror=alert(1)>`;
