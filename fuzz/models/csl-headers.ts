import type { HeaderList, MessageKind } from '../../reference/core/csl/headers.ts';

/** What interpretations I-2 say of the headers of a message, read a second time without the parser's own helpers. */
export interface ModelledMessage {
  readonly faults: ReadonlySet<string>;
  /** Decoded values by lower-case name, where base64 and length are right. */
  readonly values: ReadonlyMap<string, Uint8Array>;
  /** The texts that they were decoded from, without blanks at their ends. */
  readonly texts: ReadonlyMap<string, string>;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The six bits of each character, -1 for those outside the alphabet. */
const digits = new Int8Array(0x1_0000).fill(-1);
for (let at = 0; at < 64; at += 1) digits[alphabet.charCodeAt(at)] = at;

const digit = (text: string, at: number): number => digits[text.charCodeAt(at)] ?? -1;

/** The last group, of one, two or three bytes; null where it is none or its unused bits are set. */
const lastGroup = (text: string, at: number): readonly number[] | null => {
  const padding = text[at + 3] !== '=' ? 0 : text[at + 2] !== '=' ? 1 : 2;
  const [a, b] = [digit(text, at), digit(text, at + 1)];
  const c = padding < 2 ? digit(text, at + 2) : 0;
  const d = padding < 1 ? digit(text, at + 3) : 0;
  if ((a | b | c | d) < 0) return null;
  const bits = (a << 18) | (b << 12) | (c << 6) | d;
  if (padding > 0 && (bits & (padding === 1 ? 0xff : 0xffff)) !== 0) return null;
  return [bits >> 16, bits >> 8, bits].slice(0, 3 - padding);
};

/** Strict base64 digit by digit (RFC 4648 sections 3.2, 3.3, 3.5 and 4); null where the text is not the one encoding of anything. */
export const strictBase64 = (text: string, from = 0, to = text.length): Uint8Array | null => {
  if ((to - from) % 4 !== 0) return null;
  if (to === from) return new Uint8Array();
  const last = lastGroup(text, to - 4);
  if (last === null) return null;
  const bytes = new Uint8Array(((to - from) / 4 - 1) * 3 + last.length);
  let put = 0;
  for (let at = from; at < to - 4; at += 4) {
    const bits =
      (digit(text, at) << 18) |
      (digit(text, at + 1) << 12) |
      (digit(text, at + 2) << 6) |
      digit(text, at + 3);
    if (bits < 0) return null;
    bytes[put] = bits >> 16;
    bytes[put + 1] = bits >> 8;
    bytes[put + 2] = bits;
    put += 3;
  }
  bytes.set(last, put);
  return bytes;
};

const isBlank = (code: number): boolean => code === 32 || code === 9;

const withoutBlanks = (text: string): readonly [from: number, to: number] => {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return [from, to];
};

const four = ['x-csl-from', 'x-csl-from-chain', 'x-csl-info1', 'x-csl-info2'];
const one = ['x-csl-info2'];
const lengths = { offer: 258, answer: 290, confirmation: 34 } as const;
const parts = { offer: 1, answer: 3, confirmation: 2 } as const;

const addLengths = (
  values: ReadonlyMap<string, Uint8Array>,
  kind: MessageKind,
  faults: Set<string>,
): void => {
  const info2 = values.get('x-csl-info2');
  if (info2?.length !== lengths[kind]) faults.add('info2-length');
  else {
    if (info2[0] !== 1) faults.add('info2-version');
    if (info2[1] !== parts[kind]) faults.add('info2-parts');
  }
  if (kind === 'confirmation') return;
  const info1 = values.get('x-csl-info1');
  if (info1?.length !== 298) faults.add('info1-length');
  else {
    if (info1[0] !== 1) faults.add('info1-version');
    if (info1[1] !== 14) faults.add('group');
  }
};

/** What must be found in the headers of a message. */
export const modelMessage = (headers: HeaderList, kind: MessageKind): ModelledMessage => {
  const faults = new Set<string>();
  const values = new Map<string, Uint8Array>();
  const texts = new Map<string, string>();
  const seen = new Set<string>();
  const expected = kind === 'confirmation' ? one : four;
  for (const [rawName, value] of headers) {
    const name = rawName.trim().toLowerCase();
    if (!name.startsWith('x-csl-')) continue;
    if (value.includes('\r') || value.includes('\n')) faults.add('headers-folded');
    if (value.includes(',')) faults.add('headers-joined');
    if (!expected.includes(name)) faults.add('headers-unknown');
    else if (seen.has(name)) faults.add('headers-repeated');
    else {
      seen.add(name);
      const [from, to] = withoutBlanks(value);
      const decoded = strictBase64(value, from, to);
      if (decoded === null) faults.add('base64');
      else if (decoded.length > 4096) faults.add('value-length');
      else {
        values.set(name, decoded);
        texts.set(name, value.slice(from, to));
      }
    }
  }
  if (seen.size < expected.length) faults.add('headers-absent');
  addLengths(values, kind, faults);
  return { faults, values, texts };
};
