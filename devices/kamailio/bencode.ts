import { fault, ok, type Fault, type Result } from '../../reference/core/result.ts';

/** A bencoded value as rtpengine's ng protocol has it; byte strings have one character for each byte (ISO 8859-1). */
export type BencodeValue = string | number | readonly BencodeValue[] | BencodeDictionary;

/** Keys in the order of the wire. */
export type BencodeDictionary = ReadonlyMap<string, BencodeValue>;

/** Why bytes are no bencoded value; the offset is that of the byte. */
export type BencodeFaultCode =
  | 'bencode-end'
  | 'bencode-type'
  | 'bencode-integer'
  | 'bencode-length'
  | 'bencode-key'
  | 'bencode-depth'
  | 'bencode-rest';

/** Lists and dictionaries inside each other. */
const deepest = 16;

interface Read {
  readonly value: BencodeValue;
  /** Offset behind it. */
  readonly end: number;
}

type ReadResult = Result<Read, Fault<BencodeFaultCode>>;

const readInteger = (text: string, at: number): ReadResult => {
  const [whole = '', digits = ''] = /^i(0|-?[1-9][0-9]{0,15})e/.exec(text.slice(at, at + 20)) ?? [];
  const value = Number(digits);
  return whole === '' || !Number.isSafeInteger(value)
    ? fault('bencode-integer', at)
    : ok({ value, end: at + whole.length });
};

const readString = (text: string, at: number): ReadResult => {
  const [whole = '', digits = ''] = /^(0|[1-9][0-9]{0,6}):/.exec(text.slice(at, at + 8)) ?? [];
  const start = at + whole.length;
  const end = start + Number(digits);
  return whole === '' || end > text.length
    ? fault('bencode-length', at)
    : ok({ value: text.slice(start, end), end });
};

const readList = (text: string, at: number, depth: number): ReadResult => {
  const values: BencodeValue[] = [];
  let next = at + 1;
  while (text[next] !== 'e') {
    const read = readValue(text, next, depth + 1);
    if (!read.ok) return read;
    values.push(read.value.value);
    next = read.value.end;
  }
  return ok({ value: values, end: next + 1 });
};

const readDictionary = (text: string, at: number, depth: number): ReadResult => {
  const values = new Map<string, BencodeValue>();
  let next = at + 1;
  while (text[next] !== 'e') {
    const key = readValue(text, next, depth + 1);
    if (!key.ok) return key;
    const { value: name } = key.value;
    if (typeof name !== 'string' || values.has(name)) return fault('bencode-key', next);
    const read = readValue(text, key.value.end, depth + 1);
    if (!read.ok) return read;
    values.set(name, read.value.value);
    next = read.value.end;
  }
  return ok({ value: values, end: next + 1 });
};

const readValue = (text: string, at: number, depth: number): ReadResult => {
  const type = text[at];
  if (type === undefined) return fault('bencode-end', at);
  if (depth > deepest) return fault('bencode-depth', at);
  if (type === 'i') return readInteger(text, at);
  if (type === 'l') return readList(text, at, depth);
  if (type === 'd') return readDictionary(text, at, depth);
  return /[0-9]/.test(type) ? readString(text, at) : fault('bencode-type', at);
};

/**
 * Reads one bencoded value, nothing behind it; total. Integers are those that a number holds exactly; a key that stands twice is
 * refused; keys need not be sorted, as Kamailio's are not.
 */
export const parseBencode = (text: string): Result<BencodeValue, Fault<BencodeFaultCode>> => {
  const read = readValue(text, 0, 0);
  if (!read.ok) return read;
  return read.value.end === text.length
    ? ok(read.value.value)
    : fault('bencode-rest', read.value.end);
};

/** Whether a value is a dictionary. */
export const isDictionary = (value: BencodeValue | undefined): value is BencodeDictionary =>
  value instanceof Map;

/** Writes a value; keys stay in their order. Characters of strings are bytes, numbers safe integers. */
export const writeBencode = (value: BencodeValue): string => {
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (typeof value === 'number') return `i${value}e`;
  if (isDictionary(value))
    return `d${[...value].map(([key, each]) => writeBencode(key) + writeBencode(each)).join('')}e`;
  return `l${value.map(writeBencode).join('')}e`;
};
