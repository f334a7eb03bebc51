import { fault, ok, type Result } from './result.ts';

/** Joins byte strings in order. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
};

/** Whether two byte strings are the same; not constant-time, so never for secrets or tags. */
export const equal = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

const viewOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Lower-case hexadecimal. */
export const toHex = (bytes: Uint8Array): string => viewOf(bytes).toString('hex');

/** Bytes of a hexadecimal string of even length, either case. */
export const fromHex = (text: string): Result<Uint8Array> => {
  const bad = /[^0-9a-fA-F]/.exec(text);
  if (bad) return fault('hex-alphabet', bad.index);
  if (text.length % 2 === 1) return fault('hex-length', text.length);
  return ok(new Uint8Array(Buffer.from(text, 'hex')));
};

/** Standard base64 with padding and no breaks (RFC 4648 section 4). */
export const toBase64 = (bytes: Uint8Array): string => viewOf(bytes).toString('base64');

/** Decodes canonical base64 (RFC 4648 section 4: padded, unused bits zero, no breaks); total. */
export const fromBase64 = (text: string): Result<Uint8Array> => {
  // Node decodes anything: what it read is the text's if it encodes to the text again.
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  if (toBase64(bytes) === text) return ok(bytes);
  const bad = /[^A-Za-z0-9+/]/.exec(text.replace(/={1,2}$/, ''));
  if (bad) return fault('base64-alphabet', bad.index);
  if (text.length % 4 !== 0) return fault('base64-length', text.length);
  return fault('base64-canonical', text.length - 1);
};

/** UTF-8 bytes of a string. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One character per byte (ISO 8859-1), which keeps offsets in the text equal to offsets in the bytes. */
export const latin1 = (bytes: Uint8Array): string => viewOf(bytes).toString('latin1');

/** The bytes of a string made by {@link latin1}. */
export const fromLatin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
