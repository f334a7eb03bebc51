import { fromLatin1 } from '../bytes.ts';
import { derTag } from './der.ts';

const lengthOctets = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
};

const elementOf = (tag: number, contents: readonly Uint8Array[]): Uint8Array => {
  const length = contents.reduce((total, part) => total + part.length, 0);
  const header = Uint8Array.of(tag, ...lengthOctets(length));
  const element = new Uint8Array(header.length + length);
  element.set(header);
  let offset = header.length;
  for (const part of contents) {
    element.set(part, offset);
    offset += part.length;
  }
  return element;
};

/** One DER element (X.690 section 8.1) with this identifier octet and these contents, joined. */
export const derElement = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array =>
  elementOf(tag, contents);

export const derSequence = (...elements: readonly Uint8Array[]): Uint8Array =>
  elementOf(derTag.sequence, elements);

/** A SEQUENCE OF, of any number of elements. */
export const derSequenceOf = (elements: readonly Uint8Array[]): Uint8Array =>
  elementOf(derTag.sequence, elements);

export const derOctetString = (bytes: Uint8Array): Uint8Array =>
  derElement(derTag.octetString, bytes);

/** A BIT STRING of whole bytes. */
export const derBitString = (bytes: Uint8Array): Uint8Array =>
  derElement(derTag.bitString, Uint8Array.of(0), bytes);

/** INTEGER of an unsigned big-endian number, shortest form (X.690 section 8.3). */
export const derInteger = (unsigned: Uint8Array): Uint8Array => {
  const first = unsigned.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : unsigned.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return derElement(derTag.integer, sign, digits);
};

/** Unsigned big-endian bytes of a number not below zero. */
export const unsignedBytes = (value: bigint): Uint8Array => {
  const digits = value.toString(16);
  return new Uint8Array(
    Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'),
  );
};

/** ENUMERATED from 0 to 127. */
export const derEnumerated = (value: number): Uint8Array =>
  derElement(derTag.enumerated, Uint8Array.of(value));

const subidentifier = (arc: number): readonly number[] => {
  const octets = [arc & 0x7f];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift(0x80 | (rest & 0x7f));
  return octets;
};

/** OBJECT IDENTIFIER of a dotted text. */
export const derObjectIdentifier = (dotted: string): Uint8Array => {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [root * 40 + second, ...rest].flatMap(subidentifier);
  return derElement(derTag.objectIdentifier, Uint8Array.from(octets));
};

const timeDigits = (milliseconds: number): string =>
  new Date(milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');

/** GeneralizedTime in UTC to the second (RFC 5280 section 4.1.2.5.2); fractions of a second are dropped. Milliseconds since 1970. */
export const derGeneralizedTime = (milliseconds: number): Uint8Array =>
  derElement(derTag.generalizedTime, fromLatin1(timeDigits(milliseconds)));

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 section 5.1.2.4). Milliseconds since 1970. */
export const derTime = (milliseconds: number): Uint8Array => {
  const digits = timeDigits(milliseconds);
  return digits < '2050'
    ? derElement(derTag.utcTime, fromLatin1(digits.slice(2)))
    : derGeneralizedTime(milliseconds);
};

/** One Extension (RFC 5280 section 4.1) around the DER of its value; not critical unless told. */
export const derExtension = (oid: string, value: Uint8Array, critical = false): Uint8Array =>
  derSequence(
    derObjectIdentifier(oid),
    ...(critical ? [derElement(derTag.boolean, Uint8Array.of(0xff))] : []),
    derOctetString(value),
  );

/** AlgorithmIdentifier with NULL parameters (RFC 4055 section 5). */
export const derAlgorithm = (oid: string): Uint8Array =>
  derSequence(derObjectIdentifier(oid), derElement(derTag.null));

/** A signed structure: its signed part, the algorithm, the signature as BIT STRING (RFC 5280 sections 4.1 and 5.1). */
export const derSigned = (
  signed: Uint8Array,
  algorithm: Uint8Array,
  signature: Uint8Array,
  ...more: readonly Uint8Array[]
): Uint8Array => derSequence(signed, algorithm, derBitString(signature), ...more);
