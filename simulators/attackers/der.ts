import { concat, fromLatin1, utf8 } from '../../reference/core/bytes.ts';

/** One DER element (X.690): offsets are bytes from the start of the string it was read from. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

const lengthBytes = (length: number): Uint8Array => {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
};

/** An element with any tag; the contents are joined. */
export const derElement = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...contents);
  return concat(Uint8Array.of(tag), lengthBytes(content.length), content);
};

export const derSequence = (...contents: readonly Uint8Array[]): Uint8Array =>
  derElement(0x30, ...contents);
export const derSet = (...contents: readonly Uint8Array[]): Uint8Array =>
  derElement(0x31, ...contents);
export const derOctetString = (content: Uint8Array): Uint8Array => derElement(0x04, content);
export const derBitString = (content: Uint8Array, unused = 0): Uint8Array =>
  derElement(0x03, Uint8Array.of(unused), content);
export const derBoolean = (value: boolean): Uint8Array =>
  derElement(0x01, Uint8Array.of(value ? 0xff : 0));
export const derNull = (): Uint8Array => derElement(0x05);
export const derUtf8String = (text: string): Uint8Array => derElement(0x0c, utf8(text));
/** Context-specific constructed tag [number]. */
export const derExplicit = (number: number, ...contents: readonly Uint8Array[]): Uint8Array =>
  derElement(0xa0 | number, ...contents);

/** A non-negative INTEGER from its big-endian bytes, in the shortest form. */
export const derInteger = (magnitude: Uint8Array): Uint8Array => {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first);
  const padded = ((shortest[0] ?? 0) & 0x80) === 0 ? shortest : concat(Uint8Array.of(0), shortest);
  return derElement(0x02, padded);
};

/** An OBJECT IDENTIFIER from its dotted form. */
export const derOid = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const base128 = (value: number): readonly number[] => {
    const digits = [value % 128];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift(0x80 | (left % 128));
    return digits;
  };
  return derElement(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
};

/** A time in milliseconds since 1970: UTCTime up to 2049, else GeneralizedTime (RFC 5280 section 4.1.2.5). */
export const derTime = (milliseconds: number): Uint8Array => {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  const short = Number(digits.slice(0, 4)) < 2050;
  return derElement(short ? 0x17 : 0x18, fromLatin1(`${short ? digits.slice(2) : digits}Z`));
};

/** Reads the element at an offset, or null if none fits; total. */
export const readDer = (bytes: Uint8Array, start = 0): DerElement | null => {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) return null;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 4) return null;
  let length = count === 0 ? first : 0;
  for (let index = 0; index < count; index++)
    length = length * 256 + (bytes[start + 2 + index] ?? 0);
  const contentStart = start + 2 + count;
  const end = contentStart + length;
  return end > bytes.length ? null : { tag, start, contentStart, end };
};

/** The elements inside a constructed element, as far as they can be read; total. */
export const derChildren = (bytes: Uint8Array, parent: DerElement): readonly DerElement[] => {
  const children: DerElement[] = [];
  for (let at = parent.contentStart; at < parent.end;) {
    const child = readDer(bytes, at);
    if (!child || child.end > parent.end) break;
    children.push(child);
    at = child.end;
  }
  return children;
};

/** The bytes of an element, tag and length included. */
export const derSlice = (bytes: Uint8Array, element: DerElement): Uint8Array =>
  bytes.slice(element.start, element.end);
