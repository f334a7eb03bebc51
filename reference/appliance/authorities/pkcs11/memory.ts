import koffi from 'koffi';
import { attributes, type Attribute } from './constants.ts';

/** Bytes at an address that does not move while they are referenced. */
export interface Cell {
  readonly bytes: Uint8Array;
  readonly address: number;
}

/** A word of the machine, CK_ULONG: 8 bytes, little-endian. */
const wordLength = 8;

/** Copies bytes to a place of their own; an empty one has the address 0. */
export const cellOf = (content: Uint8Array): Cell => {
  const bytes = new Uint8Array(new ArrayBuffer(content.length));
  bytes.set(content);
  return { bytes, address: content.length === 0 ? 0 : Number(koffi.address(bytes)) };
};

export const emptyCell = (length: number): Cell => cellOf(new Uint8Array(length));

/** Words one behind the other. */
export const wordsCell = (...words: readonly number[]): Cell => {
  const bytes = new Uint8Array(words.length * wordLength);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries())
    view.setBigUint64(index * wordLength, BigInt(word), true);
  return cellOf(bytes);
};

/** The word at an index. */
export const wordAt = ({ bytes }: Cell, index = 0): number =>
  Number(new DataView(bytes.buffer).getBigUint64(index * wordLength, true));

/** What an attribute is given: a word, a truth value, or bytes. */
export type AttributeValue = number | boolean | Uint8Array;

/** A CK_ATTRIBUTE array; its values are kept with it. */
export interface Template extends Cell {
  readonly count: number;
  readonly values: readonly Cell[];
}

const valueCell = (value: AttributeValue): Cell => {
  if (typeof value === 'number') return wordsCell(value);
  return cellOf(typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : value);
};

const templateOf = (names: readonly Attribute[], values: readonly Cell[]): Template => {
  const words = values.flatMap(({ address, bytes }, index) => {
    const name = names[index];
    return [name === undefined ? 0 : attributes[name], address, bytes.length];
  });
  return { ...wordsCell(...words), count: values.length, values };
};

/** Attributes with these values. */
export const template = (given: Partial<Record<Attribute, AttributeValue>>): Template =>
  templateOf(Object.keys(given) as Attribute[], Object.values(given).map(valueCell));

/** Attributes to be read, into this many bytes each. */
export const emptyTemplate = (names: readonly Attribute[], length: number): Template =>
  templateOf(
    names,
    names.map(() => emptyCell(length)),
  );

/** The bytes that were written for the attribute at an index. */
export const valueAt = (given: Template, index: number): Uint8Array => {
  const cell = given.values[index];
  const length = wordAt(given, index * 3 + 2);
  return cell === undefined || length > cell.bytes.length
    ? new Uint8Array()
    : Uint8Array.from(cell.bytes.subarray(0, length));
};
