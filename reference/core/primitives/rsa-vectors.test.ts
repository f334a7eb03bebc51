import {
  constants,
  generateKeyPairSync,
  privateEncrypt,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../bytes.ts';
import { sha256 } from './hash.ts';
import { signRsaSha256, verifyRsaSha256 } from './rsa.ts';

// Signatures in the manner of Wycheproof's rsa_signature_2048_sha256, made anew with a fresh key: each padded block is put
// together by hand and given to the private key as it is.

const hex = (digits: string): Uint8Array => {
  const bytes = fromHex(digits.replaceAll(' ', ''));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};
const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const toBytes = (value: bigint, length: number): Uint8Array =>
  hex(value.toString(16).padStart(length * 2, '0'));

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulusOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url'));
const modulus = modulusOf(publicKey);
const n = toInteger(modulus);
const key = { modulus, exponent: 65_537n };
const message = utf8('123400');
const digest = sha256(message);

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...parts);
  return concat(Uint8Array.of(tag, content.length), content);
};
const oid = (digits: string): Uint8Array => tlv(6, hex(digits));
const sha256Oid = oid('608648016503040201');
const algorithm = tlv(0x30, sha256Oid, hex('0500'));
const info = (identifier: Uint8Array, value: Uint8Array = tlv(4, digest)): Uint8Array =>
  tlv(0x30, identifier, value);
const right = info(algorithm);

const filled = (length: number, byte = 0xff): Uint8Array => new Uint8Array(length).fill(byte);
/** A block of 256 bytes: 00 01 FF … FF 00 and this. */
const block = (tail: Uint8Array): Uint8Array =>
  concat(hex('0001'), filled(256 - 3 - tail.length), hex('00'), tail);
const put = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? value : byte));

const signBlock = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(
    privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, Buffer.from(bytes)),
  );

/** What OpenSSL, as node has it, says of the same signature. */
const byOpenSsl = (signature: Uint8Array): boolean =>
  verify('sha256', message, { key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature);

const hashOf = (name: string): Uint8Array =>
  new Uint8Array(sign(name, message, { key: privateKey, padding: constants.RSA_PKCS1_PADDING }));

const lead = block(right).length - right.length;
const blocks: Readonly<Record<string, Uint8Array>> = {
  'NULL missing': block(info(tlv(0x30, sha256Oid))),
  'NULL with a byte inside': block(info(tlv(0x30, sha256Oid, hex('050100')))),
  'NULL with its length in two bytes': block(info(tlv(0x30, sha256Oid, hex('058100')))),
  'NULL with a length to the end': block(info(tlv(0x30, sha256Oid, hex('0580')))),
  'empty SEQUENCE for NULL': block(info(tlv(0x30, sha256Oid, hex('3000')))),
  'empty OCTET STRING for NULL': block(info(tlv(0x30, sha256Oid, hex('0400')))),
  'two NULLs': block(info(tlv(0x30, sha256Oid, hex('05000500')))),
  'no algorithm identifier': block(tlv(0x30, tlv(4, digest))),
  'no DigestInfo, only the hash': block(digest),
  'no hash': block(tlv(0x30, algorithm, hex('0400'))),
  'hash of 31 bytes': block(info(algorithm, tlv(4, digest.slice(0, 31)))),
  'hash of 33 bytes': block(info(algorithm, tlv(4, digest, hex('00')))),
  'hash of zeros': block(info(algorithm, tlv(4, new Uint8Array(32)))),
  'hash with its first bit changed': block(
    info(algorithm, tlv(4, put(digest, 0, (digest[0] ?? 0) ^ 128))),
  ),
  'hash with its last bit changed': block(
    info(algorithm, tlv(4, put(digest, 31, (digest[31] ?? 0) ^ 1))),
  ),
  'hash as BIT STRING': block(info(algorithm, tlv(3, hex('00'), digest))),
  'hash in a constructed OCTET STRING': block(info(algorithm, tlv(0x24, tlv(4, digest)))),
  'length of the hash in two bytes': block(info(algorithm, concat(hex('048120'), digest))),
  'length of the hash in three bytes': block(info(algorithm, concat(hex('04820020'), digest))),
  'length of the hash up to the end': block(
    info(algorithm, concat(hex('2480'), tlv(4, digest), hex('0000'))),
  ),
  'length of the DigestInfo in two bytes': block(concat(hex('308131'), right.slice(2))),
  'length of the DigestInfo in five bytes': block(concat(hex('308400000031'), right.slice(2))),
  'length of the DigestInfo up to the end': block(concat(hex('3080'), right.slice(2), hex('0000'))),
  'length of the DigestInfo too small': block(put(right, 1, 0x30)),
  'length of the DigestInfo too large': block(put(right, 1, 0x32)),
  'length of the algorithm in two bytes': block(info(concat(hex('30810d'), algorithm.slice(2)))),
  'length of the identifier in two bytes': block(
    info(tlv(0x30, concat(hex('068109'), sha256Oid.slice(2)), hex('0500'))),
  ),
  'identifier of another hash, SHA-1': block(info(tlv(0x30, oid('2b0e03021a'), hex('0500')))),
  'identifier of another hash, SHA-384': block(
    info(tlv(0x30, oid('608648016503040202'), hex('0500'))),
  ),
  'identifier with a padded arc': block(info(tlv(0x30, oid('60864801650304028001'), hex('0500')))),
  'identifier of the signature, not of the hash': block(
    info(tlv(0x30, oid('2a864886f70d01010b'), hex('0500'))),
  ),
  'a SET for the DigestInfo': block(concat(hex('31'), right.slice(1))),
  'garbage behind the hash, inside': block(tlv(0x30, algorithm, tlv(4, digest), hex('0500'))),
  'garbage behind the DigestInfo': block(concat(right, hex('0500'))),
  'zeros behind the DigestInfo': block(concat(right, new Uint8Array(8))),
  'eight bytes of padding, the rest garbage': concat(
    hex('0001'),
    filled(8),
    hex('00'),
    right,
    filled(256 - 11 - right.length, 0xa5),
  ),
  'eight bytes of padding, the rest zeros': concat(
    hex('0001'),
    filled(8),
    hex('00'),
    right,
    filled(256 - 11 - right.length, 0),
  ),
  'no padding': concat(hex('000100'), right, filled(256 - 3 - right.length, 0)),
  'padding of zeros': concat(hex('0001'), filled(lead - 2, 0), right),
  'first byte of the padding FE': put(block(right), 2, 0xfe),
  'last byte of the padding FE': put(block(right), lead - 2, 0xfe),
  'a zero inside the padding': put(block(right), 100, 0),
  'no zero behind the padding': put(block(right), lead - 1, 0xff),
  'block type 0': put(block(right), 1, 0),
  'block type 2': put(block(right), 1, 2),
  'block type 255': put(block(right), 1, 255),
  'a block of zeros but for the DigestInfo': concat(filled(lead, 0), right),
};

const good = signRsaSha256(privateKey, message);
const s = toInteger(good);
const signatures: Readonly<Record<string, Uint8Array>> = {
  empty: new Uint8Array(),
  'one byte': hex('01'),
  '0': new Uint8Array(256),
  '1': toBytes(1n, 256),
  '2': toBytes(2n, 256),
  'modulus less 1': toBytes(n - 1n, 256),
  'the modulus': modulus,
  'modulus and 1': toBytes(n + 1n, 256),
  'all bits set': filled(256),
  'the modulus more, 257 bytes': toBytes(s + n, 257),
  'modulus less the signature': toBytes(n - s, 256),
  'the signature times 2': toBytes((s * 2n) % n, 256),
  'a zero byte before': concat(hex('00'), good),
  'a zero byte behind': concat(good, hex('00')),
  'the last byte left out': good.slice(0, -1),
  'the first byte left out': good.slice(1),
  'bytes reversed': good.toReversed(),
  'first bit changed': put(good, 0, (good[0] ?? 0) ^ 128),
  'last bit changed': put(good, 255, (good[255] ?? 0) ^ 1),
  'the signature twice': concat(good, good),
  'in DER, as an OCTET STRING': concat(hex('04820100'), good),
  'the padded block, not signed': block(right),
  'the hash alone': digest,
  'by SHA-1': hashOf('sha1'),
  'by SHA-224': hashOf('sha224'),
  'by SHA-384': hashOf('sha384'),
  'by SHA-512': hashOf('sha512'),
  'by MD5': hashOf('md5'),
  'by PSS': new Uint8Array(
    sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }),
  ),
  'of the hash of the hash': signRsaSha256(privateKey, digest),
};

describe('RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.2)', () => {
  it('accepts the one right block, as OpenSSL does', () => {
    expect(toHex(signBlock(block(right)))).toBe(toHex(good));
    expect([verifyRsaSha256(key, message, good), byOpenSsl(good)]).toEqual([true, true]);
  });

  it.each(Object.entries(blocks))('refuses, as OpenSSL does, a block with %s', (_, bytes) => {
    expect(bytes).toHaveLength(256);
    const signature = signBlock(bytes);
    expect([verifyRsaSha256(key, message, signature), byOpenSsl(signature)]).toEqual([
      false,
      false,
    ]);
  });

  it.each(Object.entries(signatures))('refuses, as OpenSSL does, the signature: %s', (_, bytes) => {
    expect([verifyRsaSha256(key, message, bytes), byOpenSsl(bytes)]).toEqual([false, false]);
  });

  it('refuses a signature and the modulus in 256 bytes, which is equal modulo the modulus', () => {
    // Half of all signatures of a modulus below 3/4 of 2^2048 have room for it; another message is tried until one has.
    for (let count = 0; count < 400; count += 1) {
      const text = utf8(`message ${count}`);
      const value = toInteger(signRsaSha256(privateKey, text)) + n;
      if (value >= 2n ** 2048n) continue;
      expect(verifyRsaSha256(key, text, toBytes(value, 256))).toBe(false);
      expect(verifyRsaSha256(key, text, toBytes(value - n, 256))).toBe(true);
      return;
    }
    expect(n).toBeGreaterThan((2n ** 2048n * 95n) / 100n);
  });

  it('a signature that begins with a zero byte has 256 bytes, and not 255', () => {
    for (let count = 0; ; count += 1) {
      const text = utf8(`message ${count}`);
      const signature = signRsaSha256(privateKey, text);
      if (signature[0] !== 0) continue;
      expect(signature).toHaveLength(256);
      expect(verifyRsaSha256(key, text, signature)).toBe(true);
      expect(verifyRsaSha256(key, text, signature.slice(1))).toBe(false);
      return;
    }
  });

  it('signs and verifies messages of every kind of length', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 4096]) {
      const text = filled(length, 7);
      const signature = signRsaSha256(privateKey, text);
      expect(verifyRsaSha256(key, text, signature)).toBe(true);
      expect(verifyRsaSha256(key, concat(text, hex('00')), signature)).toBe(false);
    }
  });
});

const cubeRoot = (value: bigint): bigint => {
  let low = 0n;
  let high = 1n << BigInt(Math.ceil(value.toString(2).length / 3) + 1);
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle ** 3n < value) low = middle + 1n;
    else high = middle;
  }
  return low;
};

describe('keys of other sizes and exponents', () => {
  it.each([
    ['1024 bits', 1024, 65_537],
    ['1025 bits', 1025, 65_537],
    ['2047 bits', 2047, 65_537],
    ['2048 bits, exponent 3', 2048, 3],
  ])('%s: the signature is as long as the modulus, rounded up', (_, modulusLength, exponent) => {
    const pair = generateKeyPairSync('rsa', { modulusLength, publicExponent: exponent });
    const own = { modulus: modulusOf(pair.publicKey), exponent: BigInt(exponent) };
    const signature = signRsaSha256(pair.privateKey, message);
    expect(signature).toHaveLength(Math.ceil(modulusLength / 8));
    expect(verifyRsaSha256(own, message, signature)).toBe(true);
    expect(verifyRsaSha256(own, message, concat(hex('00'), signature))).toBe(false);
    expect(verifyRsaSha256(key, message, signature)).toBe(false);
  });

  it('a cube root forges nothing where the exponent is 3 (CVE-2006-4339)', () => {
    const cube = { modulus, exponent: 3n };
    const head = concat(hex('0001'), filled(8), hex('00'), right);
    const target = toInteger(concat(head, new Uint8Array(256 - head.length))) + (1n << 1400n);
    const root = cubeRoot(target);
    expect(toHex(toBytes(root ** 3n, 256)).startsWith(toHex(head))).toBe(true);
    expect(verifyRsaSha256(cube, message, toBytes(root, 256))).toBe(false);
  });
});
