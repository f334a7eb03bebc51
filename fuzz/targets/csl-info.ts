import * as fc from 'fast-check';
import { utf8 } from '../../reference/core/bytes.ts';
import type { MessageKind } from '../../reference/core/csl/headers.ts';
import {
  decodeInfo1,
  decodeInfo2,
  encodeInfo1,
  encodeInfo2,
} from '../../reference/core/csl/info.ts';
import { parseNumber } from '../../reference/core/csl/number.ts';
import { readInfo1 } from '../../simulators/attackers/csl-bytes.ts';
import { smallRandom } from '../generators/small-random.ts';
import { demand, sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

/** Octets of one of the lengths that matter, and a text that is a number or nearly one. */
export interface InfoCase {
  readonly seed: number;
  readonly length: number;
  readonly kind: MessageKind;
  readonly text: string;
}

/** The parsers that a test may replace by wrong ones. */
export interface InfoParsers {
  readonly info1: typeof decodeInfo1;
  readonly info2: typeof decodeInfo2;
  readonly number: typeof parseNumber;
}

const none = new Uint8Array();
const lengths = { offer: 258, answer: 290, confirmation: 34 } as const;

/** Octets read one after the other, big-endian. */
const timeAt = (bytes: Uint8Array): number =>
  Number(bytes.subarray(2, 10).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));

const checkInfo1 = (bytes: Uint8Array, parse: typeof decodeInfo1): string => {
  const info = parse(bytes);
  const right = bytes.length === 298;
  demand('length', (info !== undefined) === right, `decoded: ${right}`, () => info);
  const byAttacker = readInfo1(bytes);
  sameValue('differential: the attackers’ reader', byAttacker, info ?? null);
  if (info === undefined) return 'info1 of another length';
  const { version, group, time, nonce, publicValue } = info;
  sameValue('fields', [bytes[0], bytes[1], timeAt(bytes)], [version, group, time]);
  sameBytes('fields', bytes.slice(10, 42), nonce);
  sameBytes('fields', bytes.slice(42), publicValue);
  if (version !== 1 || group !== 14 || time >= 2 ** 53) return 'info1 of another version';
  sameBytes('round trip', bytes, encodeInfo1(info));
  return 'info1';
};

const checkInfo2 = (bytes: Uint8Array, kind: MessageKind, parse: typeof decodeInfo2): string => {
  const info = parse(bytes, kind);
  const right = bytes.length === lengths[kind];
  demand('length', (info !== undefined) === right, `decoded: ${right}`, () => info);
  if (info === undefined) return 'info2 of another length';
  sameValue('fields', [bytes[0], bytes[1]], [info.version, info.parts]);
  const written = encodeInfo2(kind, info.signature ?? none, info.tag ?? none);
  sameBytes('round trip', bytes.subarray(2), written.subarray(2));
  return `info2 of ${kind}`;
};

/** I-3: `+`, a digit 1 to 9, 1 to 14 digits, ASCII; character by character. */
const isNumber = (text: string): boolean => {
  if (text.length < 3 || text.length > 16 || text[0] !== '+') return false;
  for (let at = 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < (at === 1 ? 49 : 48) || code > 57) return false;
  }
  return true;
};

const checkNumber = (text: string, parse: typeof parseNumber): string => {
  const number = parse(text);
  demand('number', number.ok === isNumber(text), `a number: ${isNumber(text)}`, () => number);
  if (!number.ok) return number.error.code;
  demand('round trip', number.value === text, text, () => number.value);
  return 'a number';
};

const octetsOf = ({ seed, length }: InfoCase): Uint8Array => {
  const random = smallRandom(seed);
  const bytes = random.octets(length);
  if (seed % 2 === 0) bytes.set([1, [14, 1, 2, 3][random.below(4)] ?? 14, 0, 0].slice(0, length));
  return bytes;
};

const characters = [...'+0123456789'.split(''), ' ', '-', '\n', '%', '\u0661', '\uff11', 'e', '.'];

const cases: fc.Arbitrary<InfoCase> = fc.record({
  seed: fc.nat({ max: 0x3fff_ffff }),
  length: fc.constantFrom(
    298,
    258,
    290,
    34,
    298,
    0,
    1,
    2,
    33,
    35,
    257,
    259,
    289,
    291,
    297,
    299,
    4096,
  ),
  kind: fc.constantFrom<MessageKind>('offer', 'answer', 'confirmation'),
  text: fc
    .tuple(fc.nat({ max: 3 }), fc.nat({ max: 0x3fff_ffff }), fc.constantFrom(...characters))
    .map(([change, seed, put]) => {
      const random = smallRandom(seed);
      const text = `+${1 + random.below(9)}${Array.from({ length: random.below(17) }, () => random.below(10)).join('')}`;
      const at = random.below(text.length + 1);
      return change === 0 ? text.slice(0, at) + put + text.slice(at + (seed % 2)) : text;
    }),
});

const all: InfoParsers = { info1: decodeInfo1, info2: decodeInfo2, number: parseNumber };

/** What stands inside the X-CSL headers; `parsers` are the real ones but for tests. */
export const cslInfoTarget = (parsers: InfoParsers = all): FuzzTarget<InfoCase> => ({
  name: 'csl-info',
  parsers: [
    'reference/core/csl/info.ts#decodeInfo1',
    'reference/core/csl/info.ts#decodeInfo2',
    'reference/core/csl/number.ts#parseNumber',
    'simulators/attackers/csl-bytes.ts#readInfo1',
  ],
  cases,
  check(made) {
    const bytes = octetsOf(made);
    return [
      checkInfo1(bytes, parsers.info1),
      checkInfo2(bytes, made.kind, parsers.info2),
      checkNumber(made.text, parsers.number),
    ];
  },
  reaches: [
    'info1',
    'info1 of another version',
    'info1 of another length',
    'info2 of offer',
    'info2 of answer',
    'info2 of confirmation',
    'info2 of another length',
    'a number',
    'number',
  ],
  file: (made) => ({
    extension: 'json',
    bytes: utf8(
      `${JSON.stringify({ ...made, octets: Buffer.from(octetsOf(made)).toString('hex') }, null, 2)}\n`,
    ),
  }),
  limit: 100,
});

/** X-CSL-Info1, X-CSL-Info2 and numbers. */
export const cslInfo = cslInfoTarget();
