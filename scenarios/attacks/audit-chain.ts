import { concat, toHex, utf8 } from '../../reference/core/bytes.ts';
import { sha256 } from '../../reference/core/primitives/hash.ts';

/** What a log says of itself by its sequence numbers and hashes. */
export type ChainVerdict =
  | { readonly kind: 'whole'; readonly entries: number }
  /** It has none of the form known here. */
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly reason: string };

const columns = ['sequence', 'time', 'clockBehind', 'actor', 'action', 'subject', 'detail', 'hash'];

/** As it stands, and without the apostrophe that keeps a spreadsheet from calculating. */
const readings = (cell: string): readonly string[] =>
  cell.startsWith("'") ? [cell, cell.slice(1)] : [cell];

const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Whether the hash is SHA-256 of the hash before it and a JSON array of the columns. */
const follows = (previous: Uint8Array, row: readonly string[]): boolean => {
  const [sequence, time = '', behind, actor = '', action, subject = '', detail = '', hash] = row;
  const numbers = [Number(sequence), Date.parse(time), Number(behind)];
  return readings(actor).some((who) =>
    readings(subject).some((what) =>
      readings(detail).some((said) => {
        const canonical = JSON.stringify([...numbers, who, action, what, said]);
        return toHex(sha256(concat(previous, utf8(canonical)))) === hash;
      }),
    ),
  );
};

/** Recomputes the chain of a log (rows of its export, names of the columns first), where its columns are those of the reference's and its first entry is the head of such a chain. */
export const judgeChain = (rows: readonly (readonly string[])[]): ChainVerdict => {
  const [header = [], ...entries] = rows;
  if (header.join() !== columns.join()) return { kind: 'none' };
  const gap = entries.findIndex(([sequence], index) => sequence !== String(index + 1));
  if (gap >= 0) return { kind: 'broken', reason: `entry ${gap + 1} is missing` };
  let previous: Uint8Array = new Uint8Array(32);
  for (const [index, row] of entries.entries()) {
    if (!follows(previous, row))
      return index === 0
        ? { kind: 'none' }
        : { kind: 'broken', reason: `the hash of entry ${index + 1} does not follow` };
    previous = bytesOfHex(row[7] ?? '');
  }
  return { kind: 'whole', entries: entries.length };
};
