import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./fixtures/', import.meta.url);

/** What opens the keys of the fixtures. */
export const fixturePassphrase = 'correct horse';

/** Encrypted keys by OpenSSL and Node, as texts, in the order of their names. */
export const fixtureKeys: readonly string[] = readdirSync(folder)
  .filter((name) => /^(node|openssl)-.*\.pem$/.test(name))
  .toSorted()
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));

/** A key in clear, PKCS#8 in PEM. */
export const clearKey: string = readFileSync(new URL('clear-ed25519.pem', folder), 'utf8');
