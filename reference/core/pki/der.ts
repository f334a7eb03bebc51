import { fault, ok, type Fault, type Result } from '../result.ts';

/** Why bytes are not DER (X.690 sections 8, 10 and 11). */
export type DerFaultCode =
  | 'der-end'
  | 'der-tag'
  | 'der-length'
  | 'der-form'
  | 'der-depth'
  | 'der-trailing'
  | 'der-boolean'
  | 'der-integer'
  | 'der-null'
  | 'der-object-identifier'
  | 'der-bit-string'
  | 'der-set-order';

/** One element of a DER encoding. Offsets count from the start of the whole input, in bytes. */
export interface DerNode {
  /** The identifier octet: class, constructed bit and number (0 to 30). */
  readonly tag: number;
  readonly offset: number;
  readonly end: number;
  /** The whole encoding, header included. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
  /** The elements inside; empty for a primitive one. */
  readonly children: readonly DerNode[];
}

/** Identifier octets of the universal types that certificates use. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const maximumDepth = 24;

const maximumIdentifierLength = 128;

type DerResult<Value> = Result<Value, Fault<DerFaultCode>>;

interface Header {
  readonly tag: number;
  readonly contentStart: number;
  readonly end: number;
}

const readHeader = (bytes: Uint8Array, offset: number, limit: number): DerResult<Header> => {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || offset + 2 > limit)
    return fault('der-end', limit);
  if ((tag & 0x1f) === 0x1f || tag === 0) return fault('der-tag', offset);
  let contentStart = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count < 1 || count > 4) return fault('der-length', offset + 1);
    if (contentStart + count > limit) return fault('der-end', limit);
    length = bytes.subarray(contentStart, contentStart + count).reduce((n, b) => n * 256 + b, 0);
    if (length < 0x80 || length < 256 ** (count - 1)) return fault('der-length', offset + 1);
    contentStart += count;
  }
  if (contentStart + length > limit) return fault('der-end', limit);
  return ok({ tag, contentStart, end: contentStart + length });
};

const minimalSubidentifiers = (content: Uint8Array): boolean =>
  content.length > 0 &&
  content.length <= maximumIdentifierLength &&
  (content.at(-1) ?? 0x80) < 0x80 &&
  content.every((byte, index) => byte !== 0x80 || (content[index - 1] ?? 0) >= 0x80);

const minimalInteger = ([first, second]: Uint8Array): boolean =>
  first !== undefined &&
  (second === undefined || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)));

const canonicalBits = (content: Uint8Array): boolean => {
  const unused = content[0] ?? 8;
  if (unused > 7) return false;
  if (content.length === 1) return unused === 0;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0;
};

const primitiveFault = (tag: number, content: Uint8Array): DerFaultCode | undefined => {
  switch (tag) {
    case derTag.boolean:
      return content.length === 1 && (content[0] === 0 || content[0] === 0xff)
        ? undefined
        : 'der-boolean';
    case derTag.integer:
      return minimalInteger(content) ? undefined : 'der-integer';
    case derTag.null:
      return content.length === 0 ? undefined : 'der-null';
    case derTag.objectIdentifier:
      return minimalSubidentifiers(content) ? undefined : 'der-object-identifier';
    case derTag.bitString:
      return canonicalBits(content) ? undefined : 'der-bit-string';
    default:
      return undefined;
  }
};

/** Order of SET OF elements (X.690 section 11.6): as byte strings, the shorter padded with zeros behind. */
const inOrder = (left: Uint8Array, right: Uint8Array): boolean => {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
};

const isUniversalConstructed = (tag: number): boolean => {
  const number = tag & 0x1f;
  return number === 0x10 || number === 0x11;
};

const readElement = (
  bytes: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): DerResult<DerNode> => {
  const header = readHeader(bytes, offset, limit);
  if (!header.ok) return header;
  const { tag, contentStart, end } = header.value;
  const constructed = (tag & 0x20) !== 0;
  if (tag < 0x40 && constructed !== isUniversalConstructed(tag)) return fault('der-form', offset);
  const content = bytes.subarray(contentStart, end);
  const children: DerNode[] = [];
  if (constructed) {
    if (depth >= maximumDepth) return fault('der-depth', offset);
    for (let position = contentStart; position < end;) {
      const child = readElement(bytes, position, end, depth + 1);
      if (!child.ok) return child;
      const before = children.at(-1);
      if (tag === derTag.set && before && !inOrder(before.bytes, child.value.bytes))
        return fault('der-set-order', position);
      children.push(child.value);
      position = child.value.end;
    }
  } else {
    const code = primitiveFault(tag, content);
    if (code) return fault(code, contentStart);
  }
  return ok({ tag, offset, end, bytes: bytes.subarray(offset, end), content, children });
};

/**
 * Reads one DER element that fills `bytes` from `start` to `end` exactly. Refuses every other encoding of the same value:
 * indefinite or padded lengths, padded integers and identifiers, unsorted sets, bytes behind the end, nesting deeper than
 * 24, object identifiers of more than 128 bytes. Faults carry the offset in `bytes`.
 */
export const parseDer = (
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): Result<DerNode, Fault<DerFaultCode>> => {
  const element = readElement(bytes, start, end, 0);
  if (!element.ok) return element;
  return element.value.end === end ? element : fault('der-trailing', element.value.end);
};

/** Dotted form of an OBJECT IDENTIFIER's content octets, which {@link parseDer} has found minimal. */
export const objectIdentifierText = (content: Uint8Array): string => {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const root = arc < 80n ? arc / 40n : 2n;
      arcs.push(root, arc - root * 40n);
    } else arcs.push(arc);
    arc = 0n;
  }
  return arcs.join('.');
};
