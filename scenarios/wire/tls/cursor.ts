/**
 * Reads big-endian fields one after the other. Reading past the end gives zeros or nothing and is remembered, so that a
 * parser checks once, at its end: `short` is then the offset where bytes ran out.
 */
export interface Cursor {
  readonly at: number;
  readonly left: number;
  /** Offset at which bytes first ran out, or null. */
  readonly short: number | null;
  /** A number of 1 to 4 bytes. */
  number(length: number): number;
  bytes(length: number): Uint8Array;
  /** Bytes prefixed by their length, itself of so many bytes. */
  vector(lengthBytes: number): Uint8Array;
}

/** A cursor at the start of some bytes. */
export const cursorOf = (bytes: Uint8Array): Cursor => {
  let at = 0;
  let short: number | null = null;
  const take = (length: number): Uint8Array => {
    if (short !== null || at + length > bytes.length) {
      short ??= at;
      return new Uint8Array();
    }
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = (length: number): number =>
    take(length).reduce((value, byte) => value * 256 + byte, 0);
  return {
    get at() {
      return at;
    },
    get left() {
      return short === null ? bytes.length - at : 0;
    },
    get short() {
      return short;
    },
    number,
    bytes: take,
    vector: (lengthBytes) => take(number(lengthBytes)),
  };
};
