import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newTestKey, type TestKey } from '../../core/pki/testing/hierarchy.ts';
import { modulusOf } from '../store/modulus.ts';
import { loadDebianWeakKeys } from './debian-weak-keys.ts';
import { findWeakness } from './key-checks.ts';
import { closePrimesKey, halfRocaKey, modulusWithFactor, rocaKey } from './testing/weak-keys.ts';

const modulus = (key: TestKey): Uint8Array => modulusOf(key.spki) ?? new Uint8Array();
const weaknessOf = (key: TestKey) => findWeakness(modulus(key), undefined);

describe('known weaknesses of RSA keys', () => {
  it('finds none in sound keys', () => {
    for (let count = 0; count < 5; count += 1) expect(weaknessOf(newTestKey())).toBeUndefined();
    expect(weaknessOf(halfRocaKey())).toBeUndefined();
  });

  it('finds keys of CVE-2017-15361 (ROCA)', () => {
    for (let count = 0; count < 3; count += 1) expect(weaknessOf(rocaKey())).toBe('roca');
  });

  it('finds primes close together', () => {
    expect(weaknessOf(closePrimesKey())).toBe('close-primes');
  });

  it.each([2n, 3n, 691n, 997n])('finds the factor %s', (factor) => {
    expect(findWeakness(modulusWithFactor(factor), undefined)).toBe('small-factor');
  });
});

describe('Debian’s weak keys (CVE-2008-0166)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-weak-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (...lines: readonly string[]): string => {
    const file = join(folder, 'blacklist.RSA-2048');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  };
  const weak = newTestKey();
  const fingerprint = (): string => {
    const text = `Modulus=${Buffer.from(modulus(weak)).toString('hex').toUpperCase()}\n`;
    return createHash('sha1').update(text).digest('hex').slice(-20);
  };

  it('finds a key on the list, and no other', () => {
    const list = loadDebianWeakKeys(write('# a comment', fingerprint(), '0'.repeat(20)));
    expect(list.size).toBe(2);
    expect(findWeakness(modulus(weak), list)).toBe('debian');
    expect(findWeakness(modulus(newTestKey()), list)).toBeUndefined();
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasOpenssl)(
    `has the fingerprint of openssl-vulnkey(1)${hasOpenssl ? '' : ' (skipped: no openssl)'}`,
    () => {
      const input = weak.privateKey.export({ type: 'pkcs8', format: 'pem' });
      const printed = execFileSync('openssl', ['rsa', '-noout', '-modulus'], {
        input,
        stdio: 'pipe',
      });
      expect(createHash('sha1').update(printed).digest('hex').slice(-20)).toBe(fingerprint());
    },
  );

  it('refuses a file that is missing or no list, in one line', () => {
    expect(() => loadDebianWeakKeys(join(folder, 'none'))).toThrow(
      /^weak keys \/[^\n]+: ENOENT; [^\n]+$/,
    );
    expect(() => loadDebianWeakKeys(write('# list', 'no fingerprint'))).toThrow(
      /line 2 is no fingerprint/,
    );
    expect(() => loadDebianWeakKeys(write('F'.repeat(20)))).toThrow(/line 1/);
  });
});
