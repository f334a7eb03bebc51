import * as fc from 'fast-check';

/** A value of JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A value with changes, each as three small numbers: what, where, with what. */
export interface JsonCase {
  readonly base: number;
  readonly changes: readonly (readonly [kind: number, at: number, value: number])[];
}

const deep = (depth: number): Json => (depth === 0 ? null : [deep(depth - 1)]);

/** Values of every kind, which parsers that expect another stumble over. */
const odd: readonly Json[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e300,
  2 ** 53,
  '',
  ' ',
  'x',
  '\0',
  '\ud800',
  '\u202e',
  'ﬀ',
  '%00',
  '../..',
  'x'.repeat(9_000),
  [],
  [[]],
  {},
  { length: 2 ** 32 },
  { toString: null },
  deep(200),
];

const texts = odd.filter((each) => typeof each === 'string');
const names = ['__proto__', 'constructor', 'toString', 'length', 'then', '', 'x', '0'];

type Change = (json: Json, value: number) => Json;

const entriesOf = (json: Json): [string, Json][] =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
    ? Object.entries(json as Readonly<Record<string, Json>>)
    : [];

/** An object whose names are all its own, `__proto__` too. */
const objectOf = (entries: readonly (readonly [string, Json])[]): Json =>
  Object.fromEntries(entries);

const changes: readonly Change[] = [
  (_json, value) => odd[value % odd.length] ?? null,
  (json) => [json],
  (json, value) => objectOf([...entriesOf(json), [names[value % names.length] ?? '', json]]),
  (json, value) => {
    const entries = entriesOf(json);
    return entries.length === 0 ? json : objectOf(entries.toSpliced(value % entries.length, 1));
  },
  (json, value) => {
    const entries = entriesOf(json);
    const [name = '', held = null] = entries[value % Math.max(1, entries.length)] ?? [];
    return objectOf([...entries, [`${name}${names[value % names.length]}`, held]]);
  },
  (json, value) => (Array.isArray(json) ? [...json, ...json.slice(value % 3)] : json),
  (json, value) =>
    typeof json === 'string'
      ? json.slice(0, value % (json.length + 1)) + json.slice((value % (json.length + 1)) + 1)
      : json,
  (json, value) =>
    typeof json === 'string'
      ? json.slice(0, value % (json.length + 1)) +
        (texts[value % texts.length] ?? '') +
        json.slice(value % (json.length + 1))
      : json,
  (json, value) => (typeof json === 'number' ? json + (value % 2 === 0 ? 1 : -1) * value : json),
];

/** How many values a value holds, itself among them. */
const sizeOf = (json: Json): number =>
  typeof json === 'object' && json !== null
    ? Object.values(json).reduce<number>((sum, each: Json) => sum + sizeOf(each), 1)
    : 1;

/** Changes the value of a number, counted from the outermost. */
const changedAt = (json: Json, at: number, change: (json: Json) => Json): Json => {
  if (at === 0 || typeof json !== 'object' || json === null) return change(json);
  let left = at - 1;
  const entries = Object.entries(json as Readonly<Record<string, Json>>).map(([name, held]) => {
    const size = sizeOf(held);
    const isHere = left >= 0 && left < size;
    const made = isHere ? changedAt(held, left, change) : held;
    left -= size;
    return [name, made] as const;
  });
  return Array.isArray(json) ? entries.map(([, held]) => held) : objectOf(entries);
};

/** Values made of so many bases. */
export const jsonCases = (bases: number): fc.Arbitrary<JsonCase> =>
  fc.record({
    base: fc.nat({ max: bases - 1 }),
    changes: fc.array(
      fc.tuple(
        fc.nat({ max: changes.length - 1 }),
        fc.nat({ max: 0xffff }),
        fc.nat({ max: 0xffff }),
      ),
      { maxLength: 3 },
    ),
  });

/** The value of a case as text. */
export const textOfJson = (bases: readonly Json[], made: JsonCase): string =>
  JSON.stringify(
    made.changes.reduce<Json>(
      (json, [kind, at, value]) => {
        const change = changes[kind % changes.length];
        return change ? changedAt(json, at % sizeOf(json), (each) => change(each, value)) : json;
      },
      bases[made.base % bases.length] ?? null,
    ),
  );
