import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Values for a statement's parameters, by name. */
export type Parameters = Readonly<Record<string, SQLInputValue>>;

// The tables are STRICT: another type than the schema's is a fault of the program.
const wrong = (column: string): Error => new Error(`store: column ${column} has another type`);

export const textOf = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(column);
  return value;
};

export const integerOf = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value !== 'number') throw wrong(column);
  return value;
};

export const bytesOf = (row: Row, column: string): Uint8Array => {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrong(column);
  return new Uint8Array(value);
};

/** Null where the column is NULL. */
export const orNull = <Value>(
  row: Row,
  column: string,
  read: (row: Row, column: string) => Value,
): Value | null => (row[column] === null ? null : read(row, column));

/** One of the words that a CHECK of the schema allows. */
export const wordOf = <Word extends string>(
  row: Row,
  column: string,
  words: readonly Word[],
): Word => {
  const value = textOf(row, column);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw wrong(column);
  return word;
};
