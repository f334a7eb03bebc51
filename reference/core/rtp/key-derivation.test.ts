import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import vectors from './fixtures/session-keys.json' with { type: 'json' };
import { deriveSessionKeys, type SessionKeys } from './key-derivation.ts';

const bytesOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex);
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};

const derive = (masterKey: string, masterSalt: string) =>
  deriveSessionKeys({ masterKey: bytesOf(masterKey), masterSalt: bytesOf(masterSalt) });

const inHex = (keys: SessionKeys) => ({
  cipherKey: toHex(keys.cipherKey),
  authenticationKey: toHex(keys.authenticationKey),
  salt: toHex(keys.salt),
});

describe('session keys (RFC 3711 section 4.3)', () => {
  it('are those of appendix B.3', () => {
    const keys = derive('e1f97a0d3e018be0d64fa32c06de4139', '0ec675ad498afeebb6960b3aabe6');
    expect(inHex(keys.rtp)).toEqual({
      cipherKey: 'c61e7a93744f39ee10734afe3ff7a087',
      authenticationKey: 'cebe321f6ff7716b6fd4ab49af256a156d38baa4',
      salt: '30cbbc08863d8c85d49db34a9ae1',
    });
  });

  it.each(vectors)('are those of $exchange, $direction', (vector) => {
    const keys = derive(vector.masterKey, vector.masterSalt);
    expect(inHex(keys.rtp)).toEqual(vector.rtp);
    expect(inHex(keys.rtcp)).toEqual(vector.rtcp);
  });
});
