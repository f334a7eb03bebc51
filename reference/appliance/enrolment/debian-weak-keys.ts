import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A list of known weak RSA keys. */
export interface WeakKeyList {
  /** Whether a modulus (big-endian, without leading zero) is on it. */
  has(modulus: Uint8Array): boolean;
  readonly size: number;
}

/** The list's fingerprint: the last 80 bits of the SHA-1 of what `openssl rsa -noout -modulus` prints, as 20 hexadecimal digits. */
const fingerprintOf = (modulus: Uint8Array): string => {
  const text = `Modulus=${Buffer.from(modulus).toString('hex').toUpperCase()}\n`;
  return createHash('sha1').update(text).digest('hex').slice(20);
};

/**
 * Reads a list in the format of Debian's package openssl-blacklist (openssl-vulnkey(1)): comment lines with #, then a fingerprint
 * a line. Throws one line, which begins with `field`, for a file that is missing or has any other line. Debian has dropped that package: the list is the
 * operator's to get, and without one this check is not made.
 */
export const loadDebianWeakKeys = (file: string, field = 'weak keys'): WeakKeyList => {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new Error(`${field} ${file}: ${reason}; give a list of openssl-blacklist or none`, {
      cause: error,
    });
  }
  const fingerprints = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (!/^[0-9a-f]{20}$/.test(line)) {
      throw new Error(
        `${field} ${file}: line ${index + 1} is no fingerprint of 20 hexadecimal digits; give a list of openssl-blacklist`,
      );
    }
    fingerprints.add(line);
  }
  return { has: (modulus) => fingerprints.has(fingerprintOf(modulus)), size: fingerprints.size };
};
