import { spawnSync } from 'node:child_process';
import { createCipheriv, generateKeyPairSync, pbkdf2Sync } from 'node:crypto';
import { concat, fromHex } from '../../bytes.ts';

/** Whether the openssl program can be run, and what to say in a test's title where it cannot. */
export const openssl = spawnSync('openssl', ['version']).status === 0;
export const openSslTitle = openssl ? '' : ' (skipped: openssl is not installed)';

/** What opens the keys made here. */
export const passphrase = 'correct horse';

/** An RSA key of 2048 bits. */
export const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The key in clear, PKCS#8 in PEM. */
export const clearPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Runs openssl on the key in clear and gives its standard output; throws what it says where it fails. */
export const byOpenSsl = (...words: readonly string[]): Uint8Array => {
  // Node's own standard input is a socket, which /dev/stdin cannot open.
  const piped = ['-c', 'cat | openssl "$@"', 'sh', ...words];
  const { status, stdout, stderr } = spawnSync('sh', piped, { input: clearPem });
  if (status !== 0) throw new Error(`openssl ${words[0]}: ${stderr.toString()}`);
  return new Uint8Array(stdout);
};

/** The key encrypted by `openssl pkcs8 -topk8`. */
export const topk8 = (...words: readonly string[]): Uint8Array =>
  byOpenSsl('pkcs8', '-topk8', '-passout', `pass:${passphrase}`, ...words);

/** Bytes of hexadecimal digits. */
export const hex = (digits: string): Uint8Array => {
  const bytes = fromHex(digits.replaceAll(' ', ''));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};

/** One DER element. */
export const tlv = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...parts);
  const { length } = content;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return concat(Uint8Array.of(tag, ...header), content);
};

/** A positive INTEGER below 2^31. */
export const integer = (value: number): Uint8Array => {
  const digits = value.toString(16);
  const bytes = hex(digits.padStart(digits.length + (digits.length % 2), '0'));
  return tlv(2, (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes);
};

/** Content octets of the object identifiers that keys are put together from. */
export const identifiers = {
  pbes2: '2a864886f70d01050d',
  pbkdf2: '2a864886f70d01050c',
  pbeWithMd5AndDes: '2a864886f70d010503',
  aes256Cbc: '60864801650304012a',
  hmacSha1: '2a864886f70d0207',
  hmacSha256: '2a864886f70d0209',
  hmacSha384: '2a864886f70d020a',
  hmacSha512: '2a864886f70d020b',
} as const;

/** An OBJECT IDENTIFIER. */
export const identifier = (name: keyof typeof identifiers): Uint8Array =>
  tlv(6, hex(identifiers[name]));

/** Everything about an encrypted key that a test may choose. */
export interface Recipe {
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Null leaves it out. */
  readonly prf: 'sha256' | 'sha384' | 'sha512' | null;
  readonly writesKeyLength: boolean;
  readonly iv: Uint8Array;
}

const prfs = { sha256: 'hmacSha256', sha384: 'hmacSha384', sha512: 'hmacSha512' } as const;

/** An EncryptedPrivateKeyInfo put together by hand, without OpenSSL's encoder (RFC 8018 appendix A.4). */
export const encryptByHand = (recipe: Recipe): Uint8Array => {
  const { salt, iterations, prf, iv } = recipe;
  const key = pbkdf2Sync(recipe.passphrase, salt, iterations, 32, prf ?? 'sha1');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const clear = privateKey.export({ type: 'pkcs8', format: 'der' });
  const encrypted = new Uint8Array(Buffer.concat([cipher.update(clear), cipher.final()]));
  const derivation = tlv(
    0x30,
    tlv(4, salt),
    integer(iterations),
    ...(recipe.writesKeyLength ? [integer(32)] : []),
    ...(prf === null ? [] : [tlv(0x30, identifier(prfs[prf]), tlv(5))]),
  );
  const parameters = tlv(
    0x30,
    tlv(0x30, identifier('pbkdf2'), derivation),
    tlv(0x30, identifier('aes256Cbc'), tlv(4, iv)),
  );
  return tlv(0x30, tlv(0x30, identifier('pbes2'), parameters), tlv(4, encrypted));
};
