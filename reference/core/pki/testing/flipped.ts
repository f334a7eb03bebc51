/** The bytes with the one at `position` (modulo the length) changed by XOR. */
export const flipped = (bytes: Uint8Array, position: number, change: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  const index = position % copy.length;
  copy[index] = (copy[index] ?? 0) ^ change;
  return copy;
};
