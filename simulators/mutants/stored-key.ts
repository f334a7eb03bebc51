import { generateKeyPairSync } from 'node:crypto';
import { storedFileNames } from '../../reference/client/storage/files.ts';
import {
  keepingFiles,
  pem,
  protectedKey,
  rightFiles,
  rightProtection,
  type Files,
  type Kept,
  type Protection,
} from './key-files.ts';
import type { Mutant } from './mutant.ts';

const keyFile = storedFileNames.privateKey;

/** Everything right but the protection of the key. */
const underProtection = (different: Partial<Protection>) => ({
  phone: keepingFiles((kept) => ({
    ...rightFiles(kept),
    [keyFile]: pem(
      'ENCRYPTED PRIVATE KEY',
      protectedKey(kept.privateKey, kept.passphrase, { ...rightProtection, ...different }),
    ),
  })),
});

/** Everything right but some files. */
const withFiles = (different: (kept: Kept) => Files) => ({
  phone: keepingFiles((kept) => ({ ...rightFiles(kept), ...different(kept) })),
});

const plainKey = ({ privateKey }: Kept): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const strangerKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

/** Phones that keep their key otherwise than they should. */
export const storedKeyMutants: readonly Mutant[] = [
  {
    id: 'key-of-1000-iterations',
    fault: 'the stored key is protected with 1000 iterations of PBKDF2',
    claims: ['5.3.b'],
    because: /hmacWithSHA256, 1000 iterations/,
    parts: underProtection({ iterations: 1000 }),
  },
  {
    id: 'key-under-sha1',
    fault: 'the stored key names no PRF, which means HMAC-SHA1',
    claims: ['5.3.b'],
    because: /hmacWithSHA1 \(left out/,
    parts: underProtection({ prf: 'left out' }),
  },
  {
    id: 'key-under-sha512',
    fault: 'the stored key is derived with HMAC-SHA512',
    claims: ['5.3.b'],
    because: /hmacWithSHA512/,
    parts: underProtection({ prf: 'sha512' }),
  },
  {
    id: 'key-under-aes-128',
    fault: 'the stored key is encrypted with AES-128-CBC',
    claims: ['5.3.a'],
    because: /aes-128-cbc/,
    parts: underProtection({ cipher: 'aes-128-cbc' }),
  },
  {
    id: 'key-beside-in-clear',
    fault: 'a copy of the private key in clear is left beside the encrypted one',
    claims: ['3.1.b', '5.3.a', '5.3.b'],
    because: /private exponent of|no such file/,
    parts: withFiles((kept) => ({ 'private-key.tmp': plainKey(kept) })),
  },
  {
    id: 'passphrase-in-a-file',
    fault: 'the passphrase is kept in a settings file',
    claims: ['3.1.b'],
    because: /passphrase of/,
    parts: withFiles(({ passphrase }) => ({ 'settings.json': JSON.stringify({ passphrase }) })),
  },
  {
    id: 'another-key-stored',
    fault: 'the stored key is not the certificate’s',
    claims: ['3.1.a'],
    because: /private-key\.pem|does not|belong|another/,
    parts: withFiles(({ passphrase }) => ({
      [keyFile]: pem(
        'ENCRYPTED PRIVATE KEY',
        protectedKey(strangerKey(), passphrase, rightProtection),
      ),
    })),
  },
  {
    id: 'certificates-as-der',
    fault: 'the authorities’ certificates are kept as DER, not as PEM',
    claims: ['6.1.c'],
    because: /PEM/,
    parts: withFiles(({ trust }) => ({
      [storedFileNames.root]: Buffer.from(trust.root.replaceAll(/-----.*?-----|\s/g, ''), 'base64'),
    })),
  },
  {
    id: 'two-certificates-stored',
    fault: 'the phone keeps the client authority in place of the server authority',
    claims: ['5.2.b'],
    because: /server/,
    parts: withFiles(({ trust }) => ({ [storedFileNames.serverAuthority]: trust.clientAuthority })),
  },
];
