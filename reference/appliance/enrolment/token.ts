/** Six uniformly random decimal digits: 4-byte draws, of which those at or above the last full million are drawn again. */
export const newToken = (randomBytes: (length: number) => Uint8Array): string => {
  for (;;) {
    const draw = randomBytes(4).reduce((sum, byte) => sum * 256 + byte, 0);
    if (draw < 4_294_000_000) return String(draw % 1_000_000).padStart(6, '0');
  }
};

/** Measures a token's age by a clock that no one sets, beside the wall clock, for as long as the process lives. */
export interface TokenAges {
  begin(id: string): void;
  isOver(id: string): boolean;
}

/** Enrolments remembered; of older ones the wall clock alone tells, as after a restart. */
const memory = 100_000;

/** `elapsed`: milliseconds that never go back. `lifetime`: milliseconds. */
export const createTokenAges = (elapsed: () => number, lifetime: number): TokenAges => {
  const begun = new Map<string, number>();
  return {
    begin: (id) => {
      begun.set(id, elapsed());
      const [oldest] = begun;
      // Twice the life: until then the wall clock may still call a token young.
      const isOld = oldest !== undefined && elapsed() - oldest[1] > 2 * lifetime;
      if (oldest !== undefined && (isOld || begun.size > memory)) begun.delete(oldest[0]);
    },
    isOver: (id) => {
      const at = begun.get(id);
      return at !== undefined && elapsed() - at >= lifetime;
    },
  };
};
