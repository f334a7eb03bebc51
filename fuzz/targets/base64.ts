import * as fc from 'fast-check';
import { fromBase64, fromHex, toBase64, toHex, utf8 } from '../../reference/core/bytes.ts';
import { smallRandom } from '../generators/small-random.ts';
import { strictBase64 } from '../models/csl-headers.ts';
import { demand, sameBytes } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

/** An encoding of octets of a length, then so many changes of single characters. */
export interface TextCase {
  readonly seed: number;
  readonly length: number;
  readonly changes: readonly (readonly [at: number, put: string])[];
}

const characters = [
  'A',
  'Q',
  'z',
  '0',
  '9',
  '+',
  '/',
  '=',
  '==',
  '-',
  '_',
  ' ',
  '\n',
  '\r\n',
  '	',
  '.',
  ',',
  '',
  '\0',
  'f',
  'F',
  'g',
  'é',
  'с',
  '\ud800',
  '💩',
];

const cases: fc.Arbitrary<TextCase> = fc.record({
  seed: fc.nat({ max: 0x3fff_ffff }),
  length: fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 200 })),
  changes: fc.array(fc.tuple(fc.nat({ max: 0xffff }), fc.constantFrom(...characters)), {
    maxLength: 3,
  }),
});

const octetsOf = ({ seed, length }: TextCase): Uint8Array => smallRandom(seed).octets(length);

const changed = (text: string, { seed, changes }: TextCase): string =>
  changes.reduce((each, [at, put]) => {
    // Most changes are near the end, where padding and unused bits are.
    const place = at % 2 === 0 ? at % (each.length + 1) : Math.max(0, each.length - (at % 5));
    return each.slice(0, place) + put + each.slice(place + (seed & 1));
  }, text);

const checkBase64 = (made: TextCase, parse: typeof fromBase64): string => {
  const text = changed(toBase64(octetsOf(made)), made);
  const read = parse(text);
  const model = strictBase64(text);
  demand('differential: digit by digit', read.ok === (model !== null), String(model), () => read);
  if (!read.ok) return read.error.code;
  sameBytes('differential: digit by digit', model ?? new Uint8Array(), read.value);
  const byBuffer = Buffer.from(text, 'base64');
  sameBytes('differential: Buffer', byBuffer, read.value);
  demand('canonical', byBuffer.toString('base64') === text, text, () => toBase64(read.value));
  return 'base64';
};

const checkHex = (made: TextCase, parse: typeof fromHex): string => {
  const upper = made.seed % 4 === 2;
  const digits = toHex(octetsOf(made));
  const text = changed(upper ? digits.toUpperCase() : digits, made);
  const read = parse(text);
  const expected = text.split('').every((digit) => '0123456789abcdefABCDEF'.includes(digit));
  const right = expected && text.length % 2 === 0;
  demand('differential: digit by digit', read.ok === right, String(right), () => read);
  if (!read.ok) return read.error.code;
  demand('round trip', toHex(read.value) === text.toLowerCase(), text, () => toHex(read.value));
  return 'hex';
};

/** Base64 and hexadecimal; `parsers` are the real ones but for tests. */
export const base64Target = (
  parsers: { readonly base64: typeof fromBase64; readonly hex: typeof fromHex } = {
    base64: fromBase64,
    hex: fromHex,
  },
): FuzzTarget<TextCase> => ({
  name: 'base64',
  parsers: ['reference/core/bytes.ts#fromBase64', 'reference/core/bytes.ts#fromHex'],
  cases,
  check: (made) => [checkBase64(made, parsers.base64), checkHex(made, parsers.hex)],
  reaches: [
    'base64',
    'base64-alphabet',
    'base64-length',
    'base64-canonical',
    'hex',
    'hex-alphabet',
    'hex-length',
  ],
  file: (made) => ({
    extension: 'txt',
    bytes: utf8(changed(toBase64(octetsOf(made)), made)),
  }),
  limit: 100,
});

/** Base64 and hexadecimal as every part reads them. */
export const base64 = base64Target();
