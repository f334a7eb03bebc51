import type { Recipe } from '../generators/pkcs8-recipe.ts';

/** Bytes of the key that each cipher in CBC mode takes. */
const keyLengths: Readonly<Record<string, number>> = {
  'aes-256-cbc': 32,
  'aes-192-cbc': 24,
  'aes-128-cbc': 16,
  'des-ede3-cbc': 24,
};

const isCount = (value: number): boolean => value >= 1 && value < 2 ** 47;

/** Faults of a recipe's fields in the order in which they are written (RFC 8018 appendix A). */
const fieldFaults = (recipe: Recipe): readonly string[] => {
  const { iterations, keyLength, prf, prfHasNull, cipher, iv, ivWrapped, encryptedKey } = recipe;
  const demanded = keyLengths[cipher.name];
  const block = cipher.name === 'des-ede3-cbc' ? 8 : 16;
  const found: [boolean, string][] = [
    [!isCount(iterations), 'keystore-iterations'],
    [keyLength !== null && !isCount(keyLength), 'keystore-key-length'],
    [prf !== null && (!prfHasNull || prf.name === 'hmacWithSHA1'), 'keystore-prf'],
    [iv === null || ivWrapped, 'keystore-iv'],
    [keyLength !== null && isCount(keyLength) && keyLength !== demanded, 'keystore-key-length'],
    [encryptedKey.length === 0 || encryptedKey.length % block !== 0, 'keystore-encrypted-key'],
  ];
  return found.filter(([is]) => is).map(([, code]) => code);
};

/** What reading a recipe strictly must say: `ok` or the code of the first fault. */
export const strictVerdict = (recipe: Recipe): string => {
  if (recipe.scheme.name !== 'PBES2') return 'keystore-scheme';
  if (recipe.derivation.name !== 'PBKDF2') return 'keystore-derivation';
  if (keyLengths[recipe.cipher.name] === undefined) return 'keystore-cipher';
  return fieldFaults(recipe)[0] ?? 'ok';
};
