import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhoneParts } from '../../reference/client/parts.ts';
import { storedFileNames } from '../../reference/client/storage/files.ts';
import { storageRefusal, type StorageRefusalCode } from '../../reference/client/storage/refusal.ts';
import { openStoredKey, storeIdentity } from '../../reference/client/storage/storage.ts';
import { certificateFromPem } from './certificate-from-pem.ts';
import { pem, protectedKey, rightProtection, type Protection } from './key-files.ts';
import type { Mutant } from './mutant.ts';

type StoredKeyParts = Pick<PhoneParts, 'storeIdentity' | 'openStoredKey'>;

const keyFile = storedFileNames.privateKey;

/** Keeps what it should, the key under a salt or IV that is always the same. */
const underSame = (fixed: Pick<Protection, 'salt' | 'iv'>): Partial<StoredKeyParts> => ({
  async storeIdentity(folder, kept) {
    await storeIdentity(folder, kept);
    const key = protectedKey(kept.privateKey, kept.passphrase, { ...rightProtection, ...fixed });
    await writeFile(join(folder, keyFile), pem('ENCRYPTED PRIVATE KEY', key));
  },
});

/** The number is what protects the key; the passphrase is only compared with the one given before. */
const underNumber = (): StoredKeyParts => {
  const kept = new Map<string, { readonly passphrase: string; readonly number: string }>();
  return {
    async storeIdentity(folder, identity) {
      const [name] = certificateFromPem(identity.certificate).commonNames;
      const number = name?.kind === 'text' ? name.value : '';
      kept.set(folder, { passphrase: identity.passphrase, number });
      await storeIdentity(folder, { ...identity, passphrase: number });
    },
    openStoredKey(folder, passphrase, now) {
      const known = kept.get(folder);
      const given = known?.passphrase === passphrase ? known.number : passphrase;
      return openStoredKey(folder, given, now);
    },
  };
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

type Refused = Parameters<PhoneParts['openStoredKey']>;

/** What becomes of a refusal of some code when a key is opened. */
const openingUnless = (
  code: StorageRefusalCode,
  otherwise: (...given: Refused) => ReturnType<PhoneParts['openStoredKey']>,
): Pick<StoredKeyParts, 'openStoredKey'> => ({
  openStoredKey: (...given) =>
    openStoredKey(...given).catch((error: unknown) => {
      if (codeOf(error) === code) return otherwise(...given);
      throw error;
    }),
});

/** Opens with whatever is in the files. */
const openAnyway: PhoneParts['openStoredKey'] = async (folder, passphrase) => {
  const read = (name: keyof typeof storedFileNames): Promise<string> =>
    readFile(join(folder, storedFileNames[name]), 'utf8');
  const stored = await read('certificate');
  const trust = {
    root: await read('root'),
    clientAuthority: await read('clientAuthority'),
    serverAuthority: await read('serverAuthority'),
  };
  const certificate = certificateFromPem(stored);
  const [name] = certificate.commonNames;
  return {
    number: name?.kind === 'text' ? name.value : '',
    privateKey: createPrivateKey({ key: await read('privateKey'), passphrase }),
    certificate,
    certificateChain: stored + trust.clientAuthority,
    trust,
  };
};

/** Says of what does not open whether the padding was wrong, or what came out. */
const tellingDamage: PhoneParts['openStoredKey'] = async (folder, passphrase) => {
  const key = await readFile(join(folder, keyFile), 'utf8');
  const isPadding = ((): boolean => {
    try {
      createPrivateKey({ key, passphrase });
      return false;
    } catch (error) {
      return codeOf(error) === 'ERR_OSSL_BAD_DECRYPT';
    }
  })();
  throw isPadding
    ? storageRefusal('storage/wrong-passphrase', folder, 'the passphrase is wrong')
    : storageRefusal('storage/key-file', folder, 'the key file is damaged');
};

const sameBytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x5a);

/** Phones whose files give a thief what they should not, or that go on with what he put there. */
export const storedKeyThiefMutants: readonly Mutant[] = [
  {
    id: 'one-salt-for-all-keys',
    fault: 'every stored key has the same salt',
    claims: ['5.3.a', '5.3.b'],
    because: /two stored keys have the same salt/,
    parts: { phone: underSame({ salt: sameBytes(16) }) },
  },
  {
    id: 'one-iv-for-all-keys',
    fault: 'every stored key has the same IV',
    claims: ['5.3.a', '5.3.b'],
    because: /two stored keys have the same IV/,
    parts: { phone: underSame({ iv: sameBytes(16) }) },
  },
  {
    id: 'any-passphrase',
    fault: 'the phone makes a key whatever the passphrase',
    claims: ['3.1.b'],
    because: /a passphrase of no strength/,
    parts: { phone: { requirePassphrase: () => undefined } },
  },
  {
    id: 'key-under-number',
    fault: 'the stored key is encrypted under the phone’s number',
    claims: ['3.1.b'],
    because: /a common passphrase opens the stolen key/,
    parts: { phone: underNumber() },
  },
  {
    id: 'wrong-passphrase-in-log',
    fault: 'the phone logs the passphrase that did not open its key',
    claims: ['3.1.b'],
    because: /the passphrase was found in clear.*in log/,
    parts: {
      phone: openingUnless('storage/wrong-passphrase', (folder, passphrase) => {
        throw storageRefusal('storage/wrong-passphrase', folder, `not opened by ${passphrase}`);
      }),
    },
  },
  {
    id: 'damage-told-apart',
    fault: 'the phone tells a damaged key from a wrong passphrase',
    claims: ['3.1.b'],
    because: /a wrong passphrase and damaged bytes are answered differently/,
    parts: { phone: openingUnless('storage/wrong-passphrase', tellingDamage) },
  },
  {
    id: 'key-and-certificate-not-compared',
    fault: 'the phone opens a key that is not the certificate’s',
    claims: ['3.1.a'],
    because: /goes on with a changed file \("key-of-another"\)/,
    parts: { phone: openingUnless('storage/key-mismatch', openAnyway) },
  },
  {
    id: 'stored-certificates-not-verified',
    fault: 'the phone opens with stored certificates that do not verify',
    claims: ['3.1.a', '5.2.a'],
    because: /goes on with a changed file \("(?:certificate-altered|root-replaced)"\)/,
    parts: { phone: openingUnless('storage/chain', openAnyway) },
  },
];
