import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, toBase64, utf8 } from '../../../reference/core/bytes.ts';
import { searchSecrets } from './secret-search.ts';

const value = fc.uint8Array({ minLength: 8, maxLength: 64 });

describe('the search for secrets', () => {
  test.prop([value])('finds all its planted copies and nothing in an empty place', (secret) => {
    const result = searchSecrets(
      [{ name: 'key', value: secret }],
      [{ name: 'empty', bytes: new Uint8Array() }],
    );
    expect(result.found).toEqual([]);
    expect(result.control.found).toBe(result.control.planted);
  });

  test.prop([value, fc.uint8Array(), fc.uint8Array()])(
    'finds a secret inside a PEM body, wherever it stands',
    (secret, before, behind) => {
      const body = toBase64(concat(before, secret, behind)).replace(/.{64}/g, '$&\r\n');
      const { found } = searchSecrets(
        [{ name: 'key', value: secret }],
        [{ name: 'file', bytes: utf8(body) }],
      );
      expect(found).toMatchObject([{ needle: 'key', place: 'file' }]);
    },
  );

  it('does not name the secret in what it returns', () => {
    const result = searchSecrets(
      [{ name: 'passphrase', value: utf8('correct horse') }],
      [{ name: 'log', bytes: utf8('passphrase=correct horse') }],
    );
    expect(result.found).toEqual([{ needle: 'passphrase', place: 'log', encoding: 'raw' }]);
    expect(JSON.stringify(result)).not.toContain('correct horse');
  });
});
