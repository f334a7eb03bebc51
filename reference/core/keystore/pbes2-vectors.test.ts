import { createCipheriv, createPrivateKey, generateKeyPairSync, pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStoredKey } from '../../client/storage/storage.ts';
import { concat, toHex, utf8 } from '../bytes.ts';
import { sha256 } from '../primitives/hash.ts';
import { parsePkcs8Envelope } from './envelope.ts';
import { toPem } from './pem.ts';
import { checkProtection } from './protection.ts';
import { hex, identifier, integer, privateKey, tlv } from './testing/encrypted-keys.ts';

describe('PBKDF2 with HMAC-SHA256, as keys are opened with it', () => {
  it.each([
    [
      'RFC 7914 section 11, first',
      'passwd',
      'salt',
      1,
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
        '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    ],
    [
      'RFC 7914 section 11, second',
      'Password',
      'NaCl',
      80_000,
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56' +
        'a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
    ],
    [
      'RFC 6070, first, with SHA-256',
      'password',
      'salt',
      1,
      '120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b',
    ],
    [
      'RFC 6070, second, with SHA-256',
      'password',
      'salt',
      2,
      'ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43',
    ],
    [
      'RFC 6070, third, with SHA-256',
      'password',
      'salt',
      4096,
      'c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a',
    ],
    [
      'RFC 6070, sixth, with SHA-256',
      'pass\0word',
      'sa\0lt',
      4096,
      '89b69d0516f829893c696226650a8687',
    ],
  ])('%s', (_, passphrase, salt, iterations, expected) => {
    const length = Math.floor(expected.length / 2);
    const key = pbkdf2Sync(passphrase, salt, iterations, length, 'sha256');
    expect(toHex(new Uint8Array(key))).toBe(expected);
  });
});

const passphrase = 'correct horse';
const salt = hex('0001020304050607');
const iv = new Uint8Array(16).fill(9);
const sha256Prf = tlv(0x30, identifier('hmacSha256'), tlv(5));
const clearKey = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
const oid = (digits: string): Uint8Array => tlv(6, hex(digits));
const none = new Uint8Array();

/** What of an encrypted key is other than right; each element is DER of its own. */
interface Protected {
  readonly passphrase: string | Uint8Array;
  readonly saltBytes: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly number: Uint8Array;
  readonly keyLength: Uint8Array;
  readonly prf: Uint8Array;
  readonly hash: 'sha1' | 'sha256' | 'sha512';
  readonly cipher: 'aes-256-cbc' | 'aes-192-cbc' | 'aes-128-cbc';
  readonly cipherOid: Uint8Array;
  readonly iv: Uint8Array;
  /** What is encrypted, padding included: whole blocks. */
  readonly padded: Uint8Array;
  /** A last change to the encrypted bytes. */
  readonly encrypted: (bytes: Uint8Array) => Uint8Array;
}

const paddedTo = (clear: Uint8Array): Uint8Array => {
  const missing = 16 - (clear.length % 16);
  return concat(clear, new Uint8Array(missing).fill(missing));
};
/** The padded key with other bytes at its end. */
const paddedWith = (...last: readonly number[]): Uint8Array => {
  const bytes = paddedTo(clearKey);
  bytes.set(last, bytes.length - last.length);
  return bytes;
};

/** An EncryptedPrivateKeyInfo (RFC 5958 section 3, RFC 8018 appendix A.4) that is right but for this. */
const protect = (change: Partial<Protected> = {}): Uint8Array => {
  const cipherName = change.cipher ?? 'aes-256-cbc';
  const {
    saltBytes = salt,
    iterations = 2048,
    hash = 'sha256',
    padded = paddedTo(clearKey),
  } = change;
  const bytes = cipherName === 'aes-256-cbc' ? 32 : cipherName === 'aes-192-cbc' ? 24 : 16;
  const key = pbkdf2Sync(change.passphrase ?? passphrase, saltBytes, iterations, bytes, hash);
  const cipher = createCipheriv(cipherName, key, iv).setAutoPadding(false);
  const encrypted = new Uint8Array(cipher.update(padded));
  const derivation = tlv(
    0x30,
    change.salt ?? tlv(4, saltBytes),
    change.number ?? integer(iterations),
    change.keyLength ?? none,
    change.prf ?? sha256Prf,
  );
  const scheme = tlv(
    0x30,
    tlv(0x30, identifier('pbkdf2'), derivation),
    tlv(0x30, change.cipherOid ?? identifier('aes256Cbc'), change.iv ?? tlv(4, iv)),
  );
  const encryptedKey = change.encrypted?.(encrypted) ?? encrypted;
  return tlv(0x30, tlv(0x30, identifier('pbes2'), scheme), tlv(4, encryptedKey));
};

const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte));
const elliptic = new Uint8Array(
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'der',
  }),
);
const saltOf = (length: number) => ({ saltBytes: new Uint8Array(length).fill(5) });
/** Longer than a block of SHA-256. */
const longPassphrase = 'correct horse battery staple, correct horse battery staple, and more of it';

const folder = mkdtempSync(join(tmpdir(), 'discretio-pbes2-'));
beforeAll(() => {
  for (const name of ['certificate', 'root', 'client-authority', 'server-authority'])
    writeFileSync(join(folder, `${name}.pem`), 'none');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** How far a phone gets: past its key it finds that the certificates here are none. */
const byPhone = async (der: Uint8Array): Promise<string> => {
  writeFileSync(join(folder, 'private-key.pem'), toPem('ENCRYPTED PRIVATE KEY', der));
  const refusal: unknown = await openStoredKey(folder, passphrase, 0).catch(
    (error: unknown) => error,
  );
  const code = refusal instanceof Error && 'code' in refusal ? String(refusal.code) : 'none';
  return code === 'storage/certificate-file' ? 'opened' : code.replace('storage/', '');
};

const byParsers = (der: Uint8Array): string => {
  const envelope = parsePkcs8Envelope(toPem('ENCRYPTED PRIVATE KEY', der));
  const checked = envelope.ok ? checkProtection(envelope.value) : envelope;
  return checked.ok ? 'ok' : checked.error.code;
};

type Row = readonly [title: string, change: Partial<Protected>, parsers: string, phone: string];

const parameters: readonly Row[] = [
  ['control', {}, 'ok', 'opened'],
  [
    'PRF left out, which is HMAC-SHA1',
    { prf: none, hash: 'sha1' },
    'protection-prf',
    'key-protection',
  ],
  ['PRF left out, key of HMAC-SHA256', { prf: none }, 'protection-prf', 'key-protection'],
  [
    'PRF HMAC-SHA1 spelled out',
    { prf: tlv(0x30, identifier('hmacSha1'), tlv(5)), hash: 'sha1' },
    'keystore-prf',
    'key-file',
  ],
  [
    'PRF HMAC-SHA512',
    { prf: tlv(0x30, identifier('hmacSha512'), tlv(5)), hash: 'sha512' },
    'protection-prf',
    'key-protection',
  ],
  ['PRF without NULL', { prf: tlv(0x30, identifier('hmacSha256')) }, 'keystore-prf', 'key-file'],
  [
    'PRF that nobody knows',
    { prf: tlv(0x30, oid('2a0304'), tlv(5)) },
    'protection-prf',
    'key-protection',
  ],
  ['PRF twice', { prf: concat(sha256Prf, sha256Prf) }, 'keystore-derivation', 'key-file'],
  ['0 iterations', { number: hex('020100') }, 'keystore-iterations', 'key-file'],
  ['-1 iterations', { number: hex('0201ff') }, 'keystore-iterations', 'key-file'],
  ['1 iteration', { iterations: 1 }, 'protection-iterations', 'key-protection'],
  ['2047 iterations', { iterations: 2047 }, 'protection-iterations', 'key-protection'],
  ['2049 iterations', { iterations: 2049 }, 'protection-iterations', 'key-protection'],
  [
    '2^31-1 iterations',
    { number: integer(2 ** 31 - 1) },
    'protection-iterations',
    'key-protection',
  ],
  [
    '2^32+2048 iterations',
    { number: hex('02050100000800') },
    'protection-iterations',
    'key-protection',
  ],
  ['2^63 iterations', { number: hex('0209008000000000000000') }, 'keystore-iterations', 'key-file'],
  ['iterations in too many bytes', { number: hex('0203000800') }, 'der-integer', 'key-file'],
  ['iterations left out', { number: none }, 'keystore-iterations', 'key-file'],
  ['empty salt', saltOf(0), 'protection-salt', 'key-protection'],
  ['salt of 7 bytes', saltOf(7), 'protection-salt', 'key-protection'],
  ['salt of 16 bytes', saltOf(16), 'ok', 'opened'],
  ['salt of 1024 bytes', saltOf(1024), 'ok', 'opened'],
  ['salt from another source', { salt: tlv(0x30, oid('2a0304')) }, 'keystore-salt', 'key-file'],
  ['salt in two pieces', { salt: tlv(0x24, tlv(4, salt)) }, 'der-form', 'key-file'],
  ['key length 32 spelled out', { keyLength: integer(32) }, 'ok', 'opened'],
  ['key length 16', { keyLength: integer(16) }, 'keystore-key-length', 'key-file'],
  ['key length 33', { keyLength: integer(33) }, 'keystore-key-length', 'key-file'],
  ['key length 0', { keyLength: hex('020100') }, 'keystore-key-length', 'key-file'],
  [
    'key length behind the PRF',
    { prf: concat(sha256Prf, integer(32)) },
    'keystore-derivation',
    'key-file',
  ],
  ['IV of 8 bytes', { iv: tlv(4, iv.slice(8)) }, 'protection-iv', 'key-protection'],
  ['IV of 17 bytes', { iv: tlv(4, iv, Uint8Array.of(9)) }, 'protection-iv', 'key-protection'],
  ['IV empty', { iv: tlv(4) }, 'protection-iv', 'key-protection'],
  ['IV left out', { iv: none }, 'keystore-iv', 'key-file'],
  ['NULL for an IV', { iv: tlv(5) }, 'keystore-iv', 'key-file'],
  [
    'AES-128',
    { cipher: 'aes-128-cbc', cipherOid: oid('608648016503040102') },
    'protection-cipher',
    'key-protection',
  ],
  [
    'AES-192',
    { cipher: 'aes-192-cbc', cipherOid: oid('608648016503040116') },
    'protection-cipher',
    'key-protection',
  ],
  [
    'AES-256 in ECB mode, as named',
    { cipherOid: oid('608648016503040129') },
    'keystore-cipher',
    'key-file',
  ],
  [
    'AES-256 in GCM mode, as named',
    { cipherOid: oid('60864801650304012e') },
    'keystore-cipher',
    'key-file',
  ],
];

const contents: readonly Row[] = [
  ['no encrypted bytes', { encrypted: () => none }, 'keystore-encrypted-key', 'key-file'],
  [
    'a broken last block',
    { encrypted: (all) => all.slice(0, -1) },
    'keystore-encrypted-key',
    'key-file',
  ],
  ['the last block left out', { encrypted: (all) => all.slice(0, -16) }, 'ok', 'wrong-passphrase'],
  ['the first block left out', { encrypted: (all) => all.slice(16) }, 'ok', 'wrong-passphrase'],
  ['a block more', { encrypted: (all) => concat(all, all.slice(0, 16)) }, 'ok', 'wrong-passphrase'],
  ['last byte changed', { encrypted: (all) => flip(all, -1) }, 'ok', 'wrong-passphrase'],
  ['first byte changed', { encrypted: (all) => flip(all, 0) }, 'ok', 'wrong-passphrase'],
  [
    'a byte of the exponents changed',
    { encrypted: (all) => flip(all, 700) },
    'ok',
    'wrong-passphrase',
  ],
  ['IV changed', { iv: tlv(4, flip(iv, 0)) }, 'ok', 'wrong-passphrase'],
  ['salt changed', { salt: tlv(4, flip(salt, 0)) }, 'ok', 'wrong-passphrase'],
  ['padding of 0', { padded: paddedWith(0) }, 'ok', 'wrong-passphrase'],
  ['padding of 17', { padded: paddedWith(17) }, 'ok', 'wrong-passphrase'],
  ['padding of 255', { padded: paddedWith(255) }, 'ok', 'wrong-passphrase'],
  ['padding of unequal bytes', { padded: paddedWith(3, 1, 3) }, 'ok', 'wrong-passphrase'],
  [
    'padding that cuts the key by a block',
    { padded: concat(clearKey.slice(0, 1200), new Uint8Array(16).fill(16)) },
    'ok',
    'wrong-passphrase',
  ],
  ['one block of padding alone', { padded: new Uint8Array(16).fill(16) }, 'ok', 'wrong-passphrase'],
  ['zeros', { padded: new Uint8Array(1216) }, 'ok', 'wrong-passphrase'],
  ['text', { padded: paddedTo(utf8('no key')) }, 'ok', 'wrong-passphrase'],
  ['key of another passphrase', { passphrase: 'correct Horse' }, 'ok', 'wrong-passphrase'],
  [
    'passphrase with a line break behind',
    { passphrase: `${passphrase}\n` },
    'ok',
    'wrong-passphrase',
  ],
  [
    'passphrase in UTF-16',
    { passphrase: new Uint8Array(Buffer.from(passphrase, 'utf16le')) },
    'ok',
    'wrong-passphrase',
  ],
  // HMAC fills a short key up with zeros (RFC 2104 section 2): both passphrases are one key.
  ['passphrase with a NUL behind', { passphrase: `${passphrase}\0` }, 'ok', 'opened'],
];

describe('PBES2 (RFC 8018 section 6.2), put together by hand', () => {
  it.each([...parameters, ...contents])('%s', async (_, change, parsers, phone) => {
    const der = protect(change);
    expect([byParsers(der), await byPhone(der)]).toEqual([parsers, phone]);
  });

  it('a key of an elliptic curve opens here, and is refused where it has to fit the certificate', async () => {
    const der = protect({ padded: paddedTo(elliptic) });
    expect([byParsers(der), await byPhone(der)]).toEqual(['ok', 'opened']);
  });

  it('a passphrase longer than a block is its hash (RFC 2104 section 2)', () => {
    const hashed = sha256(utf8(longPassphrase));
    const pem = toPem('ENCRYPTED PRIVATE KEY', protect({ passphrase: hashed }));
    const opened = createPrivateKey({ key: pem, passphrase: longPassphrase });
    expect(new Uint8Array(opened.export({ type: 'pkcs8', format: 'der' }))).toEqual(clearKey);
  });
});
