import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePkcs8Envelope } from '../../reference/core/keystore/envelope.ts';
import { forgeAuthority, forgeClient, freshKey, toPem } from './certificate-forger.ts';
import { createHostileAuthorities } from './hostile-authorities.ts';
import {
  commonPassphrases,
  damagedKeys,
  measureGuesses,
  opens,
  replacements,
} from './key-thief.ts';

const passphrase = 'a passphrase';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
  .toString();
const { trust, root } = createHostileAuthorities(Uint8Array.of(127, 0, 0, 1));
const authority = forgeAuthority(root.certificate);
const certificate = toPem(
  'CERTIFICATE',
  forgeClient('+33639986005', authority.key, authority.certificate).certificate,
);
const own = { key, certificate, trust };

const bytesOf = (pem: string): Buffer =>
  Buffer.from(pem.replaceAll(/-----.*?-----|\s/g, ''), 'base64');

describe('a stolen key', () => {
  it('opens with its passphrase, and with none that is common', () => {
    expect(opens(key, passphrase)).toBe(true);
    const common = commonPassphrases('+33639986005');
    expect(common).toContain('0639986005');
    expect(common.filter((guess) => opens(key, guess))).toEqual([]);
  });

  it('is damaged by one bit at a time, and stays an encrypted key', () => {
    const damaged = damagedKeys(key);
    expect(damaged).toHaveLength(9);
    const right = bytesOf(key);
    for (const { text } of damaged) {
      const bytes = bytesOf(text);
      expect(bytes.filter((byte, at) => byte !== right[at])).toHaveLength(1);
      expect(parsePkcs8Envelope(text).ok).toBe(true);
    }
  });

  it('still opens when bits of its private numbers are altered: the encryption has no integrity', () => {
    const opened = damagedKeys(key).filter(({ text }) => opens(text, passphrase));
    expect(opened.map(({ name }) => name)).toContain('bit-in-private-exponent');
  });

  it('is guessed at, at least once', () => {
    expect(measureGuesses(key, 1).guesses).toBeGreaterThan(0);
  });

  it('has no places to be damaged in where it is no such key', () => {
    const plain = freshKey().export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => damagedKeys(plain)).toThrow(/no ENCRYPTED PRIVATE KEY/);
  });
});

it('replacements are other texts than the phone’s own, fewer iterations among them', () => {
  const changes = replacements(
    own,
    { ...own, key: 'other', certificate: 'other' },
    { ...trust, root: 'hostile', clientAuthority: 'hostile', serverAuthority: 'hostile' },
  );
  const before = { key, certificate, ...trust };
  expect(changes.filter(({ file, text }) => before[file] === text)).toEqual([]);
  const fewer = changes.find(({ name }) => name === 'key-with-fewer-iterations')?.text ?? '';
  const envelope = parsePkcs8Envelope(fewer);
  expect(envelope.ok && envelope.value.iterations.count).toBe(1024);
});
