import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../bytes.ts';
import { hmacSha1 } from './aes.ts';
import { aes256GcmDecrypt } from './gcm.ts';
import { hkdfSha256, hmacSha256, sha1, sha256 } from './hash.ts';
import { prfSha384 } from './prf.ts';
import { tableHmacSha1 } from './tables.ts';

const hex = (digits: string): Uint8Array => {
  const bytes = fromHex(digits.replaceAll(/\s/g, ''));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const counted = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('SHA-1 and SHA-256 (FIPS 180-4, examples of NIST)', () => {
  const twoBlocks = 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq';
  it.each([
    [
      '',
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    ],
    [
      'abc',
      'a9993e364706816aba3e25717850c26c9cd0d89d',
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ],
    [
      twoBlocks,
      '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %j', (text, short, long) => {
    expect([toHex(sha1(utf8(text))), toHex(sha256(utf8(text)))]).toEqual([short, long]);
  });
});

const authenticated = {
  hello: utf8('Hi There'),
  question: utf8('what do ya want for nothing?'),
  truncation: utf8('Test With Truncation'),
  largeKey: utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
};

describe('HMAC-SHA256 (RFC 4231 section 4)', () => {
  const largeBoth = utf8(
    'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
  );
  it.each<[number, Uint8Array, Uint8Array, string]>([
    [
      1,
      filled(20, 0x0b),
      authenticated.hello,
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      2,
      utf8('Jefe'),
      authenticated.question,
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      3,
      filled(20, 0xaa),
      filled(50, 0xdd),
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    ],
    [
      4,
      counted(1, 25),
      filled(50, 0xcd),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [5, filled(20, 0x0c), authenticated.truncation, 'a3b6167473100ee06e0c796c2955552b'],
    [
      6,
      filled(131, 0xaa),
      authenticated.largeKey,
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      7,
      filled(131, 0xaa),
      largeBoth,
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('test case %i', (_, key, data, expected) => {
    expect(toHex(hmacSha256(key, data)).slice(0, expected.length)).toBe(expected);
  });
});

describe('HMAC-SHA1 (RFC 2202 section 3)', () => {
  const largeBoth = utf8(
    'Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data',
  );
  const cases: readonly (readonly [number, Uint8Array, Uint8Array, string])[] = [
    [2, utf8('Jefe'), authenticated.question, 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    [3, filled(20, 0xaa), filled(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    [4, counted(1, 25), filled(50, 0xcd), '4c9007f4026250c6bc8414f9bf50c86c2d7235da'],
    [5, filled(20, 0x0c), authenticated.truncation, '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
    [6, filled(80, 0xaa), authenticated.largeKey, 'aa4ae5e15272d00e95705637ce8a3b55ed402112'],
    [7, filled(80, 0xaa), largeBoth, 'e8e99d0f45237d786d6bbaa7965c7808bbff1a91'],
  ];
  it.each(cases)('test case %i', (_, key, data, expected) => {
    expect(toHex(hmacSha1(key)(data))).toBe(expected);
  });
  it.each(cases.filter(([, key]) => key.length <= 64))(
    'test case %i, with tables, which take keys of one block',
    (_, key, data, expected) => {
      const words = tableHmacSha1(key).mac(data, 0, data.length, null);
      const digits = [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0'));
      expect(digits.join('')).toBe(expected);
    },
  );
});

describe('HKDF-SHA256 (RFC 5869 appendix A)', () => {
  const secret = filled(22, 0x0b);
  const none = new Uint8Array();
  it.each<[string, Uint8Array, Uint8Array, Uint8Array, string]>([
    [
      'A.1',
      secret,
      counted(0x00, 0x0c),
      counted(0xf0, 0xf9),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      'A.2',
      counted(0x00, 0x4f),
      counted(0x60, 0xaf),
      counted(0xb0, 0xff),
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
        '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
        'cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
    [
      'A.3',
      secret,
      none,
      none,
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ])('%s', (_, input, salt, info, expected) => {
    expect(toHex(hkdfSha256(input, salt, info, expected.length / 2))).toBe(expected);
  });

  it('takes no salt for one of 32 zero bytes (section 2.2), and a shorter output for a beginning', () => {
    const long = hkdfSha256(secret, none, none, 255 * 32);
    expect(hkdfSha256(secret, new Uint8Array(32), none, 255 * 32)).toEqual(long);
    for (const length of [1, 31, 32, 33])
      expect(hkdfSha256(secret, none, none, length)).toEqual(long.slice(0, length));
  });

  it('gives no more than 255 blocks (section 2.3)', () => {
    expect(() => hkdfSha256(secret, none, none, 255 * 32 + 1)).toThrow(RangeError);
  });
});

describe('PRF of TLS 1.2 with SHA-384, as published on the list of the TLS working group', () => {
  it('gives the 148 bytes', () => {
    const output = prfSha384(
      hex('b80b733d6ceefcdc71566ea48e5567df'),
      'test label',
      hex('cd665cf6a8447dd6ff8b27555edb7465'),
      148,
    );
    expect(toHex(output)).toBe(
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd' +
        'e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd' +
        '8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425' +
        '9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6' +
        '91c8f3a26854308d5eaa3be85e0990703d73e56f',
    );
  });
});

describe('AES-256-GCM (the mode’s own specification, test cases 13 to 16)', () => {
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
  const nonce = hex('cafebabefacedbaddecaf888');
  const plain = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
  );
  const sealed = hex(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad',
  );
  const additional = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  const tag = hex('76fc6ece0f4e1768cddf8853bb2d551b');
  const none = new Uint8Array();

  it.each<[number, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]>([
    [13, filled(32, 0), filled(12, 0), none, none, hex('530f8afbc74536b9a963b4f1c4cb738b')],
    [
      14,
      filled(32, 0),
      filled(12, 0),
      none,
      filled(16, 0),
      hex('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919'),
    ],
    [15, key, nonce, none, plain, concat(sealed, hex('b094dac5d93471bdec1a502270e3cc6c'))],
    [16, key, nonce, additional, plain.slice(0, 60), concat(sealed.slice(0, 60), tag)],
  ])('test case %i', (_, ownKey, ownNonce, data, expected, message) => {
    expect(aes256GcmDecrypt(ownKey, ownNonce, data, message)).toEqual({
      ok: true,
      value: expected,
    });
  });

  const good = concat(sealed.slice(0, 60), tag);
  const changed = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  it.each<[string, string, Uint8Array, Uint8Array, Uint8Array]>([
    ['first bit of the tag', 'gcm-tag', nonce, additional, changed(good, 60)],
    ['last bit of the tag', 'gcm-tag', nonce, additional, changed(good, 75)],
    ['first bit of the text', 'gcm-tag', nonce, additional, changed(good, 0)],
    ['additional data', 'gcm-tag', nonce, changed(additional, 19), good],
    ['additional data left out', 'gcm-tag', nonce, none, good],
    ['nonce', 'gcm-tag', changed(nonce, 0), additional, good],
    ['tag of 12 bytes', 'gcm-tag', nonce, additional, good.slice(0, -4)],
    ['tag of zeros', 'gcm-tag', nonce, additional, concat(good.slice(0, 60), filled(16, 0))],
    ['15 bytes in all', 'gcm-length', nonce, additional, good.slice(0, 15)],
    ['nonce of 8 bytes', 'gcm-length', nonce.slice(0, 8), additional, good],
    ['nonce empty', 'gcm-length', none, additional, good],
    ['nonce of 16 bytes', 'gcm-length', concat(nonce, filled(4, 0)), additional, good],
  ])('refuses another %s', (_, code, ownNonce, data, message) => {
    expect(aes256GcmDecrypt(key, ownNonce, data, message)).toMatchObject({ error: { code } });
  });
  it.each([0, 16, 24, 31, 33])('refuses a key of %i bytes', (length) => {
    const other = filled(length, 7);
    expect(aes256GcmDecrypt(other, nonce, additional, good)).toMatchObject({
      error: { code: 'gcm-length' },
    });
  });
});
