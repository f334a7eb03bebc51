import { constants, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../bytes.ts';
import { sha256 } from './hash.ts';
import { signRsaSha256, verifyRsaSha256 } from './rsa.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
const { n = '' } = publicKey.export({ format: 'jwk' });
const modulus = new Uint8Array(Buffer.from(n, 'base64url'));
const keys = [{ spki }, { modulus, exponent: 65_537n }];
const message = utf8('message');

const digestInfo = new Uint8Array(Buffer.from('3031300d060960864801650304020105000420', 'hex'));

/** What the private key makes of a padded block of one's own making. */
const signBlock = (block: Uint8Array): Uint8Array =>
  new Uint8Array(
    privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, Buffer.from(block)),
  );

const block = (head: Uint8Array, tail: Uint8Array): Uint8Array =>
  concat(head, new Uint8Array(256 - head.length - tail.length).fill(0xff), tail);

const digest = sha256(message);
const zero = new Uint8Array(1);

describe.each(keys)('RSASSA-PKCS1-v1_5 with SHA-256, key %#', (key) => {
  test.prop([fc.uint8Array()], { numRuns: 10 })('verifies what OpenSSL signs', (bytes) => {
    const signature = signRsaSha256(privateKey, bytes);
    expect(signature).toEqual(new Uint8Array(sign('sha256', bytes, privateKey)));
    expect(verifyRsaSha256(key, bytes, signature)).toBe(true);
    expect(verifyRsaSha256(key, concat(bytes, zero), signature)).toBe(false);
  });

  it('accepts the one block', () => {
    const good = block(new Uint8Array([0, 1]), concat(zero, digestInfo, digest));
    expect(verifyRsaSha256(key, message, signBlock(good))).toBe(true);
  });

  it.each([
    [
      'garbage behind the digest',
      block(new Uint8Array([0, 1]), concat(zero, digestInfo, digest, zero)),
    ],
    [
      'short padding and garbage',
      concat(
        new Uint8Array([0, 1]),
        new Uint8Array(8).fill(255),
        zero,
        digestInfo,
        digest,
        new Uint8Array(256 - 62).fill(0),
      ).slice(0, 256),
    ],
    ['the digest alone', block(new Uint8Array([0, 1]), concat(zero, digest))],
    ['block type 2', block(new Uint8Array([0, 2]), concat(zero, digestInfo, digest))],
    [
      'no NULL in the DigestInfo',
      block(
        new Uint8Array([0, 1]),
        concat(
          zero,
          new Uint8Array(Buffer.from('302f300b0609608648016503040201', 'hex')),
          new Uint8Array([4, 32]),
          digest,
        ),
      ),
    ],
  ])('refuses %s', (_, altered) => {
    expect(verifyRsaSha256(key, message, signBlock(altered))).toBe(false);
  });

  it('refuses another hash, another padding, another length', () => {
    const sha1 = new Uint8Array(sign('sha1', message, privateKey));
    const pss = new Uint8Array(
      sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }),
    );
    const good = signRsaSha256(privateKey, message);
    for (const signature of [sha1, pss, good.slice(1), concat(zero, good), new Uint8Array()])
      expect(verifyRsaSha256(key, message, signature)).toBe(false);
  });

  it('refuses a signature not below the modulus', () => {
    expect(verifyRsaSha256(key, message, new Uint8Array(256).fill(255))).toBe(false);
  });
});

it('a key that is none, or not RSA, verifies nothing', () => {
  const signature = signRsaSha256(privateKey, message);
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const other = new Uint8Array(elliptic.export({ format: 'der', type: 'spki' }));
  for (const key of [
    { spki: new Uint8Array() },
    { spki: other },
    { modulus: new Uint8Array(), exponent: 0n },
    { modulus: new Uint8Array(256), exponent: 3n },
  ])
    expect(verifyRsaSha256(key, message, signature)).toBe(false);
});
