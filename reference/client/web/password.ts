/** How hard a password is to guess, roughly; `too-short` is refused by the phone. */
export type PasswordStrength = 'too-short' | 'weak' | 'fair' | 'strong';

/** Fewest characters that the phone takes. */
const minimum = 8;

const classes: readonly (readonly [RegExp, number])[] = [
  [/\p{Ll}/u, 26],
  [/\p{Lu}/u, 26],
  [/\p{Nd}/u, 10],
  [/[^\p{L}\p{Nd}]/u, 30],
];

/** Whether a character only repeats or continues the one before: aaa, 123, cba. */
const isPredictable = (before: number, character: number): boolean =>
  Math.abs(character - before) <= 1;

/** Bits that a guesser has to try who knows the classes of characters and tries runs first; an upper bound, no promise. */
const bitsOf = (characters: readonly string[]): number => {
  const password = characters.join('');
  const alphabet = classes.reduce(
    (total, [pattern, size]) => total + (pattern.test(password) ? size : 0),
    0,
  );
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const free = codes.filter((code, index) => !isPredictable(codes[index - 1] ?? -2, code)).length;
  const distinct = new Set(characters).size;
  return Math.min(free, 2 * distinct) * Math.log2(Math.max(2, alphabet));
};

/** A hint for whoever chooses a password: its length, its characters and runs in it are looked at, no list of known ones is. */
export const passwordStrength = (password: string): PasswordStrength => {
  const characters = Array.from(password);
  if (characters.length < minimum) return 'too-short';
  const bits = bitsOf(characters);
  if (bits < 45) return 'weak';
  return bits < 75 ? 'fair' : 'strong';
};
