/** Numbers at a place in bytes, without objects; beyond the end they read as zeros. */

/** 16 bits, big-endian. */
export const word16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** 32 bits, big-endian, as a signed number, which stays a small integer. */
export const signed32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) |
  ((bytes[at + 1] ?? 0) << 16) |
  ((bytes[at + 2] ?? 0) << 8) |
  (bytes[at + 3] ?? 0);

/** 32 bits, big-endian. */
export const word32 = (bytes: Uint8Array, at: number): number => signed32(bytes, at) >>> 0;

/** 16 bits in either byte order. */
export const ordered16 = (bytes: Uint8Array, at: number, little: boolean): number =>
  little ? (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) : word16(bytes, at);

/** 32 bits in either byte order. */
export const ordered32 = (bytes: Uint8Array, at: number, little: boolean): number =>
  little
    ? ((bytes[at] ?? 0) |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24)) >>>
      0
    : word32(bytes, at);
