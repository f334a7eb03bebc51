import { createDecipheriv, createPrivateKey, pbkdf2Sync } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { concat, fromLatin1, utf8 } from '../bytes.ts';
import { parsePkcs8Envelope } from './envelope.ts';
import { scanPem } from './pem-scan.ts';
import { toPem } from './pem.ts';
import type { ProtectionFacts } from './protection-facts.ts';
import { readStoredFile } from './stored-file.ts';
import { clearPem, encryptByHand, hex, passphrase } from './testing/encrypted-keys.ts';

const label = 'ENCRYPTED PRIVATE KEY';
const handMade = encryptByHand({
  passphrase,
  salt: hex('0001020304050607'),
  iterations: 2048,
  prf: 'sha256',
  writesKeyLength: false,
  iv: new Uint8Array(16).fill(9),
});

const protectionOf = (file: Uint8Array): ProtectionFacts => {
  const content = readStoredFile(file).objects[0]?.content;
  if (content?.kind !== 'encrypted-pkcs8' || !content.protection) throw new Error(content?.kind);
  return content.protection;
};

const recipes = fc.record({
  passphrase: fc.string({ minLength: 1, maxLength: 12 }),
  salt: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  iterations: fc.integer({ min: 1, max: 3000 }),
  prf: fc.constantFrom('sha256', 'sha384', 'sha512', null),
  writesKeyLength: fc.boolean(),
  iv: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

const digests: Readonly<Record<string, string>> = {
  hmacWithSHA1: 'sha1',
  hmacWithSHA224: 'sha224',
  hmacWithSHA256: 'sha256',
  hmacWithSHA384: 'sha384',
  hmacWithSHA512: 'sha512',
};

/** Whether the key opens with the parameters that our parser named, without OpenSSL's reading of them. */
const opensByHand = (facts: ProtectionFacts, word: string): boolean => {
  const digest = digests[facts.prf?.name ?? ''];
  if (!digest || !facts.salt || !facts.iterations || !facts.iv) return false;
  try {
    const key = pbkdf2Sync(word, facts.salt.bytes, facts.iterations.count, 32, digest);
    const cipher = createDecipheriv('aes-256-cbc', key, facts.iv.bytes);
    const clear = Buffer.concat([cipher.update(facts.encryptedKey.bytes), cipher.final()]);
    return createPrivateKey({ key: clear, format: 'der', type: 'pkcs8' }).type === 'private';
  } catch {
    return false;
  }
};

const opensByNode = (pem: string, word: string): boolean => {
  try {
    return createPrivateKey({ key: pem, passphrase: word }).type === 'private';
  } catch {
    return false;
  }
};

describe('readStoredFile', () => {
  test.prop([recipes], { numRuns: 40 })('reads what is written, and node opens it', (made) => {
    const pem = toPem(label, encryptByHand(made));
    const facts = protectionOf(fromLatin1(pem));
    expect(facts.faults).toEqual([]);
    expect(facts.salt?.bytes).toEqual(made.salt);
    expect(facts.iv?.bytes).toEqual(made.iv);
    expect(facts.iterations?.count).toBe(made.iterations);
    expect(facts.prf?.leftOut).toBe(made.prf === null);
    expect(facts.keyLength?.count ?? null).toBe(made.writesKeyLength ? 32 : null);
    expect([opensByHand(facts, made.passphrase), opensByNode(pem, made.passphrase)]).toEqual([
      true,
      true,
    ]);
  });

  test.prop([fc.oneof(fc.nat(99), fc.nat(handMade.length - 1)), fc.integer({ min: 1, max: 255 })], {
    numRuns: 400,
  })('agrees with node:crypto on whether a changed file opens', (position, change) => {
    const der = Uint8Array.from(handMade);
    der[position] = (der[position] ?? 0) ^ change;
    const pem = toPem(label, der);
    const strict = parsePkcs8Envelope(pem);
    fc.pre(strict.ok && strict.value.cipher.name === 'aes-256-cbc');
    const facts = protectionOf(fromLatin1(pem));
    fc.pre((facts.iterations?.count ?? 0) < 50_000);
    expect(opensByHand(facts, passphrase)).toBe(opensByNode(pem, passphrase));
  });

  const clearDer = scanPem(clearPem).blocks[0]?.der ?? new Uint8Array();
  const samples = [handMade, clearDer, utf8(clearPem), fromLatin1(toPem(label, handMade))];

  test.prop(
    [
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.nat(),
      fc.uint8Array({ maxLength: 8 }),
    ],
    { numRuns: 500 },
  )('never throws, and every fault lies within the file', (sample, changes, cut, tail) => {
    const changed = Uint8Array.from(sample);
    for (const [position, byte] of changes) changed[position % changed.length] = byte;
    const file = concat(changed.subarray(0, changed.length - (cut % 3) * 100), tail);
    const facts = readStoredFile(file);
    expect(facts.objects.length).toBeGreaterThan(0);
    const faults = [...facts.faults, ...facts.objects.flatMap((object) => object.faults)];
    for (const { code, offset } of faults) {
      expect(code).toMatch(/^(pem|der|keystore)-/);
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(file.length);
    }
  });
});
