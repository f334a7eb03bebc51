import { latin1, utf8 } from '../../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../../reference/core/result.ts';

/** The protocol between a program and the adb server: a request is its length in four hexadecimal digits and its text. */

/** Longest request that the length can tell, bytes. */
const longest = 0xffff;

/** A request in the form in which the server takes it. */
export const encodeRequest = (text: string): Result<Uint8Array> => {
  const body = utf8(text);
  if (body.length > longest) return fault('adb-request-length', longest);
  const length = body.length.toString(16).padStart(4, '0');
  return ok(Buffer.concat([Buffer.from(length, 'latin1'), body]));
};

/** What the first bytes of an answer say: that it is agreed, why not, or that more bytes are needed. */
export type AdbStatus =
  | { readonly kind: 'okay'; readonly rest: Uint8Array }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'more' };

const lengthAt = (bytes: Uint8Array, offset: number): Result<number> => {
  const digits = latin1(bytes.subarray(offset, offset + 4));
  return /^[0-9a-fA-F]{4}$/.test(digits)
    ? ok(Number.parseInt(digits, 16))
    : fault('adb-length', offset);
};

/** Reads OKAY, or FAIL and its reason; total. */
export const readStatus = (bytes: Uint8Array): Result<AdbStatus> => {
  const word = latin1(bytes.subarray(0, 4));
  if (!'OKAY'.startsWith(word) && !'FAIL'.startsWith(word)) return fault('adb-status', 0);
  if (word.length < 4) return ok({ kind: 'more' });
  if (word === 'OKAY') return ok({ kind: 'okay', rest: bytes.subarray(4) });
  if (bytes.length < 8) return ok({ kind: 'more' });
  const length = lengthAt(bytes, 4);
  if (!length.ok) return length;
  if (bytes.length < 8 + length.value) return ok({ kind: 'more' });
  const reason = new TextDecoder().decode(bytes.subarray(8, 8 + length.value));
  return ok({ kind: 'fail', reason: reason.replaceAll(/\s+/g, ' ').trim() });
};

/** The text of an answer that tells its length in front, as `host:version` and `host:devices-l` do; null while bytes are missing. */
export const readCounted = (bytes: Uint8Array): Result<string | null> => {
  if (bytes.length < 4) return ok(null);
  const length = lengthAt(bytes, 0);
  if (!length.ok) return length;
  if (bytes.length < 4 + length.value) return ok(null);
  return ok(new TextDecoder().decode(bytes.subarray(4, 4 + length.value)));
};
