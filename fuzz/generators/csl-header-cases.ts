import * as fc from 'fast-check';
import { toBase64 } from '../../reference/core/bytes.ts';
import type { HeaderList, MessageKind } from '../../reference/core/csl/headers.ts';
import { smallRandom, type SmallRandom } from './small-random.ts';

/** Headers of one message: valid ones whose every field comes from the seed, then one change, or none. */
export interface HeaderCase {
  readonly seed: number;
  readonly change: number;
  readonly at: number;
  readonly value: number;
}

type Headers = [name: string, value: string][];

const kinds: readonly MessageKind[] = ['offer', 'answer', 'confirmation'];
const names = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] as const;
const info2Lengths = { offer: 258, answer: 290, confirmation: 34 } as const;
const info2Parts = { offer: 1, answer: 3, confirmation: 2 } as const;

/** Values of certificates in base64, made once: the parser looks at nothing inside them. */
const certificates: readonly string[] = [
  0, 1, 2, 3, 4, 30, 31, 32, 33, 47, 60, 90, 120, 150, 180, 900,
].map((length) => toBase64(smallRandom(length).octets(length)));

const between: Headers = [
  ['Via', 'SIP/2.0/TLS 192.0.2.1, SIP/2.0/TLS 192.0.2.2'],
  ['Subject', 'X-CSL-From: AAAA'],
  ['X-CS', 'AAAA'],
];

/** The message whose headers a case's are. */
export const kindOf = ({ seed }: HeaderCase): MessageKind => kinds[seed % 3] ?? 'offer';

/** The octets of X-CSL-Info1: a right version and group, a time of any size, a nonce and a public value. */
const info1Of = (random: SmallRandom): Uint8Array => {
  const bytes = random.octets(298);
  bytes[0] = 1;
  bytes[1] = 14;
  // Most times are below 2^48; some are anything.
  if (random.below(8) > 0) bytes.fill(0, 2, 4);
  return bytes;
};

const info2Of = (random: SmallRandom, kind: MessageKind): Uint8Array => {
  const bytes = random.octets(info2Lengths[kind]);
  bytes[0] = 1;
  bytes[1] = info2Parts[kind];
  return bytes;
};

interface Draft {
  readonly kind: MessageKind;
  info1: Uint8Array;
  info2: Uint8Array;
  headers: Headers;
}

const written = (draft: Draft, random: SmallRandom): void => {
  // Long ones are as rare as they are dear.
  const pick = (): string => certificates[Math.floor(random.below(121) / 8)] ?? '';
  const info2: Headers = [['X-CSL-Info2', toBase64(draft.info2)]];
  draft.headers =
    draft.kind === 'confirmation'
      ? info2
      : [
          ['X-CSL-From', pick()],
          ['X-CSL-From-Chain', pick()],
          ['X-CSL-Info1', toBase64(draft.info1)],
          ...info2,
        ];
};

/** Other order, case, blanks and neighbours: everything that does not matter. */
const disguise = (headers: Headers, random: SmallRandom): void => {
  const style = random.below(16);
  if (style & 1) headers.reverse();
  if (style & 2) headers.splice(random.below(headers.length), 0, ...between);
  const header = headers[random.below(headers.length)];
  if (!header) return;
  if (style & 4) header[1] = ` \t${header[1]}\t `;
  if (style & 8) header[0] = random.below(2) === 0 ? header[0].toLowerCase() : `${header[0]} `;
};

const strange = ['-', '_', ' ', '=', 'é', '.', '\t', '\0', '\n', 'A', '/', '٠', '\u{1f4a9}', '\v'];

const spliced = (text: string, at: number, removed: number, put: string): string => {
  const place = at % (text.length + 1);
  return text.slice(0, place) + put + text.slice(place + removed);
};

const withBit = (text: string, at: number, bit: number): string => {
  const place = at % Math.max(1, text.length);
  const code = text.charCodeAt(place) || 0;
  return spliced(text, place, 1, String.fromCharCode(code ^ (1 << (bit & 7))));
};

type ValueChange = (text: string, at: number, value: number) => string;

/** One change of the text of one value. */
const valueChanges: readonly ValueChange[] = [
  withBit,
  withBit,
  (text, at) => text.slice(0, at % (text.length + 1)),
  (text, at, value) => text + 'AQ=Zz09+'.slice(at % 8, (at % 8) + 1 + (value % 4)),
  (text, at, value) => spliced(text, at, value & 1, strange[value % strange.length] ?? ''),
  (text) => text.replace(/=+$/, ''),
  (text, _at, value) => `${text}${'='.repeat(1 + (value % 3))}`,
  (text, _at, value) => {
    const end = text.indexOf('=');
    const last = (end < 0 ? text.length : end) - 1;
    return last < 0 ? text : withBit(text, last, value % 4);
  },
  (text, at, value) => spliced(text, at, 0, ['\r\n ', '\n\t', '\r', '\r\n'][value % 4] ?? ''),
  (text, at) => spliced(text, at, 0, ','),
  (text, at, value) => spliced(text, at, 0, value % 2 === 0 ? ' ' : '\t'),
  () => '',
  (text, _at, value) =>
    value % 32 === 0 ? 'A'.repeat(262_144) : toBase64(new Uint8Array(4_090 + (value % 12)).fill(7)),
  (text) => text.replaceAll('+', '-').replaceAll('/', '_'),
  (text, _at, value) => `${value % 2 === 0 ? '"' : '<'}${text}${value % 2 === 0 ? '"' : '>'}`,
];

type ListChange = (headers: Headers, at: number, value: number) => void;

const foreign = ['X-CSL-Info3', 'X-CSL-', 'x-csl-from-chain2', 'X-CSL-From', 'X-CSL-Info1', 'Via'];

/** One change of the list of headers. */
const listChanges: readonly ListChange[] = [
  (headers, at) => void headers.splice(at % headers.length, 1),
  (headers, at, value) => {
    const copy: [string, string] = [...(headers[at % headers.length] ?? ['X-CSL-From', ''])];
    if (value % 2 === 0) copy[0] = copy[0].toUpperCase();
    if (value % 3 === 0) copy[1] = 'AAAA';
    headers.splice(value % (headers.length + 1), 0, copy);
  },
  (headers, at, value) =>
    void headers.splice(at % headers.length, 0, [foreign[value % foreign.length] ?? '', 'AAAA']),
  (headers, at, value) => {
    const [one, other] = [headers[at % headers.length], headers[value % headers.length]];
    if (one && other) [one[1], other[1]] = [other[1], one[1]];
  },
  (headers, at, value) => {
    const header = headers[at % headers.length];
    if (header) header[0] = foreign[value % foreign.length] ?? '';
  },
  (headers, at, value) => {
    const header = headers[at % headers.length];
    if (header) header[0] = withBit(header[0], value, value >> 4);
  },
  (headers) => void headers.splice(0),
];

type OctetChange = (draft: Draft, at: number, value: number) => void;

const octet = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at % bytes.length] = value;
};

const resized = (bytes: Uint8Array, value: number): Uint8Array => {
  const difference = (value % 2 === 0 ? 1 : -1) * (1 + ((value >> 1) % 33));
  const changed = new Uint8Array(Math.max(0, bytes.length + difference));
  changed.set(bytes.subarray(0, changed.length));
  return changed;
};

/** One change of the octets before they are written in base64. */
const octetChanges: readonly OctetChange[] = [
  ({ info1 }, _at, value) => octet(info1, 0, value),
  ({ info1 }, _at, value) => octet(info1, 1, value),
  ({ info2 }, _at, value) => octet(info2, 0, value),
  ({ info2 }, _at, value) => octet(info2, 1, value % 2 === 0 ? value % 5 : value),
  ({ info1 }, at, value) => octet(info1, at, value),
  ({ info2 }, at, value) => octet(info2, at, value),
  (draft, _at, value) => (draft.info1 = resized(draft.info1, value)),
  (draft, _at, value) => (draft.info2 = resized(draft.info2, value)),
];

const unchanged = 6;
const ofOctets = unchanged + octetChanges.length;
const ofValues = ofOctets + valueChanges.length;
const ofLists = ofValues + listChanges.length;
/** Texts without grammar. */
const free = ofLists;

const freeHeaders = (random: SmallRandom): Headers =>
  Array.from({ length: random.below(6) }, () => {
    const text = (): string =>
      String.fromCharCode(...random.octets(random.below(24)).map((byte) => byte));
    const name = random.below(2) === 0 ? text() : (names[random.below(4)] ?? '');
    return [name, text()];
  });

/** The headers of a case. */
export const headersOf = ({ seed, change, at, value }: HeaderCase): HeaderList => {
  const random = smallRandom(seed);
  if (change >= free) return freeHeaders(random);
  const kind = kinds[seed % 3] ?? 'offer';
  const draft: Draft = { kind, info1: info1Of(random), info2: info2Of(random, kind), headers: [] };
  if (change >= unchanged && change < ofOctets)
    octetChanges[change - unchanged]?.(draft, at, value);
  written(draft, random);
  const { headers } = draft;
  if (change < unchanged) disguise(headers, random);
  else if (change >= ofValues) listChanges[change - ofValues]?.(headers, at, value);
  else if (change >= ofOctets) {
    const header = headers[(at + value) % headers.length];
    if (header) header[1] = valueChanges[change - ofOctets]?.(header[1], at, value) ?? '';
  }
  return headers;
};

/** Cases: one in seven is disguised only, two in thirty-eight have no grammar, the others have one change, which may still be valid. */
export const headerCases: fc.Arbitrary<HeaderCase> = fc
  .tuple(
    fc.nat({ max: 0x3fff_ffff }),
    fc.nat({ max: free + 1 }),
    fc.nat({ max: 0xffff }),
    fc.nat({ max: 0xffff }),
  )
  .map(
    ([seed, change, at, value]): HeaderCase => ({ seed, change, at, value }),
    (made) => {
      const { seed, change, at, value } = made as HeaderCase;
      return [seed, change, at, value];
    },
  );
