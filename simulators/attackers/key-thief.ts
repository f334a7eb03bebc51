import { createPrivateKey } from 'node:crypto';
import { parsePkcs8Envelope } from '../../reference/core/keystore/envelope.ts';
import { parsePem } from '../../reference/core/keystore/pem.ts';
import { certificatesInPem, freshKey, toPem } from './certificate-forger.ts';
import type { TrustCertificates } from './endpoint.ts';

/** Texts of the files that a phone stores, by what they are. */
export interface StolenFiles {
  readonly key: string;
  readonly certificate: string;
  readonly trust: TrustCertificates;
}

/** A file of a phone's that is put in the place of another. */
export interface FileAlteration {
  readonly name: string;
  readonly file: 'key' | 'certificate' | keyof TrustCertificates;
  readonly text: string;
}

const label = 'ENCRYPTED PRIVATE KEY';

const derOf = (pem: string, name: string): Uint8Array => {
  const der = parsePem(pem, name);
  if (!der.ok) throw new Error(`thief: the stolen file is no ${name} in PEM (${der.error.code})`);
  return new Uint8Array(der.value);
};

const withBit = (bytes: Uint8Array, at: number): Uint8Array => {
  const altered = new Uint8Array(bytes);
  altered[at] = (altered[at] ?? 0) ^ 1;
  return altered;
};

const cut = (pem: string): string => pem.slice(0, Math.floor(pem.length / 2));

/** Places in the file of a key, each of which is altered by one bit: `null` where the file is not of that form. */
const placesInKey = (der: Uint8Array, pem: string): Readonly<Record<string, number>> | null => {
  const envelope = parsePkcs8Envelope(pem);
  if (!envelope.ok) return null;
  const { salt, iv, encryptedKey } = envelope.value;
  const startOf = ({ bytes }: { readonly bytes: Uint8Array }): number =>
    Buffer.from(der).indexOf(Buffer.from(bytes));
  const sealed = startOf(encryptedKey);
  return {
    salt: startOf(salt),
    iv: startOf(iv),
    'first-block': sealed,
    // What an RSA key of 2048 bits has there: modulus, private exponent, primes (RFC 8017 appendix A.1.2).
    modulus: sealed + 16 * 8,
    'private-exponent': sealed + 16 * 25,
    'first-prime': sealed + 16 * 39,
    coefficient: sealed + 16 * 71,
    'last-block-but-one': der.length - 32,
    'last-block': der.length - 16,
  };
};

/** The stolen key with one bit altered, at each of several places (P5, P6). */
export const damagedKeys = (key: string): readonly FileAlteration[] => {
  const der = derOf(key, label);
  return Object.entries(placesInKey(der, key) ?? {}).map(([place, at]) => ({
    name: `bit-in-${place}`,
    file: 'key',
    text: toPem(label, withBit(der, at)),
  }));
};

/** DER of INTEGER 2048 and 1024: the iterations of target 5.3, and half of them. */
const iterations = { right: Buffer.from('02020800', 'hex'), fewer: Buffer.from('02020400', 'hex') };

const withFewerIterations = (key: string): string => {
  const der = Buffer.from(derOf(key, label));
  const at = der.indexOf(iterations.right);
  if (at >= 0) iterations.fewer.copy(der, at);
  return toPem(label, new Uint8Array(der));
};

/**
 * What a thief puts into a phone: files of another phone of the same passphrase, files of authorities of his own, a key of his own
 * in clear, files that are damaged or cut.
 */
export const replacements = (
  own: StolenFiles,
  other: StolenFiles,
  hostile: TrustCertificates,
): readonly FileAlteration[] => {
  const [leaf = new Uint8Array(1)] = certificatesInPem(own.certificate);
  const signed = toPem('CERTIFICATE', withBit(leaf, leaf.length - 1));
  return [
    { name: 'key-of-another', file: 'key', text: other.key },
    { name: 'key-of-the-thief', file: 'key', text: plainKey() },
    { name: 'key-with-fewer-iterations', file: 'key', text: withFewerIterations(own.key) },
    { name: 'key-cut', file: 'key', text: cut(own.key) },
    { name: 'certificate-of-another', file: 'certificate', text: other.certificate },
    { name: 'certificate-altered', file: 'certificate', text: signed },
    { name: 'certificate-cut', file: 'certificate', text: cut(own.certificate) },
    { name: 'root-replaced', file: 'root', text: hostile.root },
    { name: 'client-authority-replaced', file: 'clientAuthority', text: hostile.clientAuthority },
    { name: 'server-authority-replaced', file: 'serverAuthority', text: hostile.serverAuthority },
    { name: 'authorities-exchanged', file: 'serverAuthority', text: own.trust.clientAuthority },
  ];
};

const plainKey = (): string => freshKey().export({ type: 'pkcs8', format: 'pem' }).toString();

/** Passphrases that a thief tries first; `number` is the phone's. */
export const commonPassphrases = (number: string): readonly string[] => [
  '',
  'password',
  'motdepasse',
  '12345678',
  'azertyuiop',
  'qwertyuiop',
  '00000000',
  number,
  number.slice(1),
  `0${number.slice(3)}`,
];

/** Whether a passphrase opens a stolen key. */
export const opens = (key: string, passphrase: string): boolean => {
  try {
    createPrivateKey({ key, passphrase });
    return true;
  } catch {
    return false;
  }
};

/** Guesses passphrases offline for so many milliseconds on one core, by OpenSSL; how many it managed. */
export const measureGuesses = (
  key: string,
  milliseconds: number,
): { readonly guesses: number; readonly milliseconds: number } => {
  const start = performance.now();
  let guesses = 0;
  while (performance.now() - start < milliseconds) {
    opens(key, `guess number ${guesses}`);
    guesses += 1;
  }
  return { guesses, milliseconds: Math.round(performance.now() - start) };
};
