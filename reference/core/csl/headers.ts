import { fromBase64, toBase64 } from '../bytes.ts';
import { fault, type Fault, type Result } from '../result.ts';
import type { FormatRefusal } from './refusal.ts';

/** Every header of a message in order: name and value as received, folding included. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The message of an exchange that carries the headers: INVITE, its 200, its ACK. */
export type MessageKind = 'offer' | 'answer' | 'confirmation';

/** The four header names, as they are written. */
export type CslHeaderName = 'X-CSL-From' | 'X-CSL-From-Chain' | 'X-CSL-Info1' | 'X-CSL-Info2';

/** Longest decoded value, in bytes. */
const maximumValueLength = 4096;

const complete = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] as const;

/** The headers that a kind of message carries, exactly once each. */
const expectedNames = (kind: MessageKind): readonly CslHeaderName[] =>
  kind === 'confirmation' ? ['X-CSL-Info2'] : complete;

const normalName = (name: string): string => name.trim().toLowerCase();

const valuesOf = (headers: HeaderList, name: CslHeaderName): readonly string[] =>
  headers
    .filter((header) => normalName(header[0]) === name.toLowerCase())
    .map(([, value]) => value);

/** What is wrong with the set of X-CSL-* headers of a message, whatever their values decode to. */
export const headerFaults = (
  headers: HeaderList,
  kind: MessageKind,
): ReadonlySet<FormatRefusal> => {
  const faults = new Set<FormatRefusal>();
  const expected = expectedNames(kind);
  for (const name of expected) {
    const count = valuesOf(headers, name).length;
    if (count === 0) faults.add('headers-absent');
    if (count > 1) faults.add('headers-repeated');
  }
  for (const [name, value] of headers) {
    if (!normalName(name).startsWith('x-csl-')) continue;
    if (!expected.some((known) => known.toLowerCase() === normalName(name)))
      faults.add('headers-unknown');
    if (/[\r\n]/.test(value)) faults.add('headers-folded');
    if (value.includes(',')) faults.add('headers-joined');
  }
  return faults;
};

/** Decodes the first header of a name: base64, blanks at both ends aside, of at most 4096 bytes. */
export const decodeHeader = (
  headers: HeaderList,
  name: CslHeaderName,
): Result<Uint8Array, Fault<'headers-absent' | 'base64' | 'value-length'>> => {
  const [value] = valuesOf(headers, name);
  if (value === undefined) return fault('headers-absent');
  const decoded = fromBase64(value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, ''));
  if (!decoded.ok) return fault('base64', decoded.error.offset);
  return decoded.value.length <= maximumValueLength ? decoded : fault('value-length', 4096);
};

/** Header names and values for a message, in the order of their names. */
export const encodeHeaders = (
  values: Partial<Record<CslHeaderName, Uint8Array>>,
): readonly (readonly [CslHeaderName, string])[] =>
  complete.flatMap((name) => {
    const value = values[name];
    return value ? [[name, toBase64(value)] as const] : [];
  });
