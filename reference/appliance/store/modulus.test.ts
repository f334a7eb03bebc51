import { fc, test } from '@fast-check/vitest';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { modulusOf } from './modulus.ts';

describe('the modulus of a public key', () => {
  const { spki } = newTestKey();

  it('is the one that node:crypto reads', () => {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const { n = '' } = key.export({ format: 'jwk' });
    expect(modulusOf(spki)).toEqual(new Uint8Array(Buffer.from(n, 'base64url')));
  });

  it('is none for a key of another kind', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(
      modulusOf(new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))),
    ).toBeUndefined();
  });

  test.prop([fc.nat(spki.length - 1), fc.nat(255)])(
    'is read from any bytes without throwing',
    (at, byte) => {
      const damaged = Uint8Array.from(spki);
      damaged[at] = byte;
      expect([undefined, 'object']).toContain(modulusOf(damaged) && typeof modulusOf(damaged));
      expect(modulusOf(spki.subarray(0, at))).toBeUndefined();
    },
  );
});
