import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../bytes.ts';
import { parseDer } from '../pki/der.ts';
import { readProtection, type ProtectionFacts } from './protection-facts.ts';
import { hex, identifier, integer, tlv } from './testing/encrypted-keys.ts';

const none = new Uint8Array();
const octets = (length: number): Uint8Array => tlv(4, new Uint8Array(length).fill(7));
const oid = (digits: string): Uint8Array => tlv(6, hex(digits));
const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...parts);

const salt = octets(8);
const iv = octets(16);
const aes256 = identifier('aes256Cbc');
const aes128 = oid('608648016503040102');
const tripleDes = oid('2a864886f70d0307');
const aes256Gcm = oid('60864801650304012e');
const scrypt = oid('2b06010401da47040b');
const unknown = oid('2a0304');
const sha256Prf = sequence(identifier('hmacSha256'), tlv(5));

const read = (der: Uint8Array): ProtectionFacts | null => {
  const root = parseDer(der);
  if (!root.ok) throw new Error(root.error.code);
  return readProtection(root.value);
};
const factsOf = (der: Uint8Array): ProtectionFacts => {
  const facts = read(der);
  if (!facts) throw new Error('no EncryptedPrivateKeyInfo');
  return facts;
};
/** Where an element stands in the file; it must stand there once. */
const offsetOf = (der: Uint8Array, part: Uint8Array): number => {
  const at = Buffer.from(der).indexOf(part);
  expect([toHex(part), at < 0, Buffer.from(der).lastIndexOf(part)]).toEqual([
    toHex(part),
    false,
    at,
  ]);
  return at;
};

const pbkdf2 = (...parameters: readonly Uint8Array[]): Uint8Array =>
  sequence(identifier('pbkdf2'), sequence(...parameters));
const goodDerivation = pbkdf2(salt, integer(2048), sha256Prf);
const goodCipher = sequence(aes256, iv);
const protectedBy = (scheme: Uint8Array, encrypted = octets(32)): Uint8Array =>
  sequence(scheme, encrypted);
const pbes2 = (
  derivation = goodDerivation,
  cipher = goodCipher,
  encrypted = octets(32),
): Uint8Array =>
  protectedBy(sequence(identifier('pbes2'), sequence(derivation, cipher)), encrypted);

const nothing = {
  keyDerivation: null,
  prf: null,
  iterations: null,
  salt: null,
  keyLength: null,
  scrypt: null,
  cipher: null,
  iv: null,
};
const underived = { prf: null, iterations: null, salt: null, keyLength: null, scrypt: null };

describe('an EncryptedPrivateKeyInfo (RFC 5958 section 3)', () => {
  it.each<[string, Uint8Array]>([
    ['another tag than SEQUENCE', tlv(0xa0, sequence(unknown), octets(8))],
    ['an empty one', sequence()],
    ['no encrypted data', sequence(sequence(unknown))],
    ['encrypted data that is no OCTET STRING', sequence(sequence(unknown), integer(1))],
    ['an element too many', sequence(sequence(unknown), octets(8), tlv(5))],
    ['no algorithm identifier', sequence(unknown, octets(8))],
    ['an algorithm in under another tag', sequence(tlv(0xa0, unknown), octets(8))],
    ['an algorithm without identifier', sequence(sequence(), octets(8))],
    ['an algorithm that begins otherwise', sequence(sequence(integer(1)), octets(8))],
    ['an algorithm of two parameters', sequence(sequence(unknown, tlv(5), tlv(5)), octets(8))],
  ])('is not %s', (_, der) => {
    expect(read(der)).toBeNull();
  });

  it('gives every field with its offset', () => {
    const number = integer(2048);
    const der = pbes2();
    const at = (part: Uint8Array): number => offsetOf(der, part);
    expect(factsOf(der)).toEqual({
      scheme: { name: 'PBES2', oid: '1.2.840.113549.1.5.13', offset: at(identifier('pbes2')) },
      keyDerivation: {
        name: 'PBKDF2',
        oid: '1.2.840.113549.1.5.12',
        offset: at(identifier('pbkdf2')),
      },
      prf: {
        name: 'hmacWithSHA256',
        oid: '1.2.840.113549.2.9',
        offset: at(identifier('hmacSha256')),
        leftOut: false,
      },
      iterations: { count: 2048, offset: at(number) },
      salt: { length: 8, bytes: new Uint8Array(8).fill(7), offset: at(salt) },
      keyLength: null,
      scrypt: null,
      cipher: { name: 'aes-256-cbc', oid: '2.16.840.1.101.3.4.1.42', offset: at(aes256) },
      iv: { length: 16, bytes: new Uint8Array(16).fill(7), offset: at(iv) },
      encryptedKey: { length: 32, bytes: new Uint8Array(32).fill(7), offset: at(octets(32)) },
      faults: [],
    });
  });

  it('of a scheme without a name here is told by the object identifier, and nothing of it is judged', () => {
    const der = protectedBy(sequence(unknown, integer(1)), octets(0));
    expect(factsOf(der)).toEqual({
      ...nothing,
      scheme: { name: '1.2.3.4', oid: '1.2.3.4', offset: offsetOf(der, unknown) },
      encryptedKey: { length: 0, bytes: none, offset: der.length - 2 },
      faults: [],
    });
  });
});

describe('PBES2 (RFC 8018 appendix A.4)', () => {
  const code = 'keystore-scheme';
  const detail = 'malformed parameters';
  it.each<[string, readonly Uint8Array[]]>([
    ['left out', []],
    ['NULL', [tlv(5)]],
    ['under another tag', [tlv(0xa0, goodDerivation, goodCipher)]],
    ['of one element', [sequence(goodDerivation)]],
    ['of three elements', [sequence(goodDerivation, goodCipher, tlv(5))]],
  ])('names parameters %s', (_, parameters) => {
    const der = protectedBy(sequence(identifier('pbes2'), ...parameters));
    const facts = factsOf(der);
    expect(facts).toMatchObject({ ...nothing, scheme: { name: 'PBES2' } });
    expect(facts.faults).toEqual([{ code, offset: facts.scheme.offset, detail }]);
  });

  it.each<[string, Uint8Array, string]>([
    ['a derivation that is no algorithm', octets(3), 'keystore-derivation'],
    ['a derivation in under another tag', tlv(0xa0, identifier('pbkdf2')), 'keystore-derivation'],
  ])('names %s and reads the cipher all the same', (_, derivation, code) => {
    const der = pbes2(derivation);
    const facts = factsOf(der);
    expect(facts).toMatchObject({
      ...underived,
      keyDerivation: null,
      cipher: { name: 'aes-256-cbc' },
    });
    expect(facts.faults).toEqual([
      { code, offset: offsetOf(der, derivation), detail: 'no algorithm identifier' },
    ]);
  });

  it('names a cipher that is no algorithm, and reads the derivation all the same', () => {
    const der = pbes2(goodDerivation, octets(3), octets(5));
    const facts = factsOf(der);
    expect(facts).toMatchObject({ cipher: null, iv: null, iterations: { count: 2048 } });
    expect(facts.faults).toEqual([
      {
        code: 'keystore-cipher',
        offset: offsetOf(der, octets(3)),
        detail: 'no algorithm identifier',
      },
    ]);
  });

  it('judges no parameters of a derivation that it does not know', () => {
    const facts = factsOf(pbes2(sequence(unknown, sequence(integer(0)))));
    expect(facts).toMatchObject({ ...underived, keyDerivation: { name: '1.2.3.4' }, faults: [] });
  });

  it('names several faults in the order of the file', () => {
    const facts = factsOf(pbes2(pbkdf2(integer(1), octets(1)), sequence(aes256), octets(17)));
    expect(facts.faults.map(({ code }) => code)).toEqual([
      'keystore-salt',
      'keystore-iterations',
      'keystore-iv',
      'keystore-encrypted-key',
    ]);
    expect(facts).toMatchObject({ salt: null, iterations: null, iv: null });
  });
});

describe('PBKDF2 (RFC 8018 appendix A.2)', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['left out', []],
    ['NULL', [tlv(5)]],
    ['under another tag', [tlv(0xa0, salt, integer(1))]],
  ])('names parameters %s', (_, parameters) => {
    const der = pbes2(sequence(identifier('pbkdf2'), ...parameters));
    const facts = factsOf(der);
    expect(facts).toMatchObject({ ...underived, keyDerivation: { name: 'PBKDF2' } });
    expect(facts.faults).toEqual([
      {
        code: 'keystore-derivation',
        offset: offsetOf(der, identifier('pbkdf2')),
        detail: 'malformed parameters of PBKDF2',
      },
    ]);
  });

  it('a PRF left out is HMAC-SHA1, at the offset of the parameters', () => {
    const parameters = sequence(salt, integer(2048), integer(32));
    const der = pbes2(sequence(identifier('pbkdf2'), parameters));
    expect(factsOf(der)).toMatchObject({
      prf: {
        name: 'hmacWithSHA1',
        oid: '1.2.840.113549.2.7',
        offset: offsetOf(der, parameters),
        leftOut: true,
      },
      keyLength: { count: 32, offset: offsetOf(der, integer(32)) },
      faults: [],
    });
  });

  it.each<[string, Uint8Array, string, object | null]>([
    ['that is no algorithm', octets(3), 'no algorithm identifier', null],
    [
      'without parameters',
      sequence(identifier('hmacSha512')),
      'hmacWithSHA512 without its NULL parameters',
      { name: 'hmacWithSHA512', leftOut: false },
    ],
    [
      'with other parameters',
      sequence(identifier('hmacSha512'), octets(0)),
      'hmacWithSHA512 without its NULL parameters',
      { name: 'hmacWithSHA512', leftOut: false },
    ],
    [
      'that is the default (X.690 section 11.5)',
      sequence(identifier('hmacSha1'), tlv(5)),
      'hmacWithSHA1',
      { name: 'hmacWithSHA1', leftOut: false },
    ],
  ])('names a PRF %s', (_, prf, detail, read) => {
    const der = pbes2(pbkdf2(salt, integer(2048), prf));
    const facts = factsOf(der);
    expect([facts.prf]).toMatchObject([read]);
    expect(facts.faults).toEqual([{ code: 'keystore-prf', offset: offsetOf(der, prf), detail }]);
  });

  it('names the one element too many', () => {
    const der = pbes2(pbkdf2(salt, integer(2048), integer(32), sha256Prf, octets(3)));
    expect(factsOf(der).faults).toEqual([
      {
        code: 'keystore-derivation',
        offset: offsetOf(der, octets(3)),
        detail: 'an element too many',
      },
    ]);
  });

  it.each<[string, number | null]>([
    ['0201 01', 1],
    ['0201 7f', 127],
    ['0202 0080', 128],
    ['0203 010203', 66_051],
    ['0206 7fffffffffff', 2 ** 47 - 1],
    ['0207 00800000000000', null],
    ['0201 00', null],
    ['0201 80', null],
    ['0202 ff7f', null],
    ['0401 01', null],
  ])('iterations %s: %j', (bytes, count) => {
    const parameters = sequence(salt, hex(bytes), sha256Prf);
    const der = pbes2(sequence(identifier('pbkdf2'), parameters));
    const facts = factsOf(der);
    const offset = offsetOf(der, hex(bytes));
    expect(facts.iterations).toEqual(count === null ? null : { count, offset });
    expect(facts.faults).toEqual(
      count === null
        ? [{ code: 'keystore-iterations', offset, detail: 'no INTEGER from 1 to 2^47-1' }]
        : [],
    );
  });

  it('puts what is missing where it is missing from', () => {
    const parameters = sequence();
    const der = pbes2(sequence(identifier('pbkdf2'), parameters));
    const offset = offsetOf(der, concat(identifier('pbkdf2'), parameters)) + 11;
    expect(factsOf(der).faults).toEqual([
      { code: 'keystore-salt', offset, detail: 'no OCTET STRING' },
      { code: 'keystore-iterations', offset, detail: 'no INTEGER from 1 to 2^47-1' },
    ]);
  });
});

describe('the key length', () => {
  const ciphers = [
    ['aes-256-cbc', aes256, 16, 32],
    ['aes-192-cbc', oid('608648016503040116'), 16, 24],
    ['aes-128-cbc', aes128, 16, 16],
    ['des-ede3-cbc', tripleDes, 8, 24],
  ] as const;

  it.each(ciphers)('written must be that of %s', (name, cipher, block, keyLength) => {
    const withLength = (length: Uint8Array): ProtectionFacts =>
      factsOf(pbes2(pbkdf2(salt, integer(1), length), sequence(cipher, octets(block))));
    expect(withLength(integer(keyLength))).toMatchObject({ cipher: { name }, faults: [] });
    const other = withLength(integer(keyLength + 1));
    expect(other.faults).toEqual([
      {
        code: 'keystore-key-length',
        offset: other.keyLength?.offset,
        detail: String(keyLength + 1),
      },
    ]);
    expect(withLength(hex('020100'))).toMatchObject({
      keyLength: null,
      faults: [{ code: 'keystore-key-length', detail: 'no INTEGER from 1 to 2^47-1' }],
    });
  });

  it.each(ciphers)('%s encrypts whole blocks, at least one', (_, cipher, block) => {
    const faultsOf = (length: number) =>
      factsOf(pbes2(goodDerivation, sequence(cipher, octets(block)), octets(length))).faults;
    expect([faultsOf(block), faultsOf(5 * block)]).toEqual([[], []]);
    for (const length of [0, block - 1, block + block / 2]) {
      const detail = `${length} bytes, no whole blocks of ${block}`;
      expect(faultsOf(length)).toMatchObject([{ code: 'keystore-encrypted-key', detail }]);
    }
  });

  it('of ciphers that are no blocks in CBC mode is not judged, nor their length or IV', () => {
    const facts = factsOf(
      pbes2(pbkdf2(salt, integer(1), integer(5)), sequence(aes256Gcm, sequence()), octets(17)),
    );
    expect(facts).toMatchObject({ cipher: { name: 'aes-256-gcm' }, iv: null, faults: [] });
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['left out', []],
    ['NULL', [tlv(5)]],
  ])('an IV %s is named', (_, parameters) => {
    const der = pbes2(goodDerivation, sequence(tripleDes, ...parameters));
    expect(factsOf(der)).toMatchObject({
      cipher: { name: 'des-ede3-cbc' },
      iv: null,
      faults: [
        { code: 'keystore-iv', offset: offsetOf(der, tripleDes), detail: 'no OCTET STRING' },
      ],
    });
  });
});

describe('scrypt (RFC 7914 section 7.1)', () => {
  const made = (...parameters: readonly Uint8Array[]): Uint8Array =>
    pbes2(sequence(scrypt, sequence(...parameters)));
  const numbers = [integer(16_384), integer(8), integer(3)] as const;

  it('gives N, r and p, and the key length where it is written', () => {
    const der = made(salt, ...numbers);
    const expected = {
      cost: 16_384,
      blockSize: 8,
      parallelization: 3,
      offset: offsetOf(der, numbers[0]),
    };
    expect(factsOf(der)).toMatchObject({
      ...underived,
      keyDerivation: { name: 'scrypt' },
      salt: { length: 8 },
      scrypt: expected,
      faults: [],
    });
    expect(factsOf(made(salt, ...numbers, integer(32)))).toMatchObject({
      keyLength: { count: 32 },
      scrypt: { cost: 16_384 },
      faults: [],
    });
    expect(factsOf(made(salt, ...numbers, integer(16))).faults).toMatchObject([
      { code: 'keystore-key-length', detail: '16' },
    ]);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['no N', []],
    ['no r', [integer(16_384)]],
    ['no p', [integer(16_384), integer(8)]],
    ['N of 0', [hex('020100'), integer(8), integer(3)]],
    ['r of 0', [integer(16_384), hex('020100'), integer(3)]],
    ['p of 0', [integer(16_384), integer(8), hex('020100')]],
    ['a key length of 0', [...numbers, hex('020100')]],
    ['an element too many', [...numbers, integer(32), integer(1)]],
  ])('names %s', (_, parameters) => {
    const der = made(salt, ...parameters);
    const facts = factsOf(der);
    expect(facts).toMatchObject({ ...underived, salt: { length: 8 } });
    expect(facts.faults).toMatchObject([
      { code: 'keystore-derivation', detail: 'malformed parameters of scrypt' },
    ]);
    expect(facts.faults[0]?.offset).toBe(offsetOf(der, sequence(salt, ...parameters)));
  });

  it('names a missing salt and reads on', () => {
    expect(factsOf(made(tlv(5), ...numbers))).toMatchObject({
      salt: null,
      scrypt: { cost: 16_384 },
      faults: [{ code: 'keystore-salt' }],
    });
  });

  it('names parameters that are another tag than SEQUENCE', () => {
    expect(factsOf(pbes2(sequence(scrypt, octets(3)))).faults).toMatchObject([
      { code: 'keystore-derivation', detail: 'malformed parameters of scrypt' },
    ]);
  });
});

describe('schemes of PKCS#5 version 1 and PKCS#12 (RFC 8018 appendix A.3)', () => {
  const old = (...parameters: readonly Uint8Array[]): Uint8Array =>
    protectedBy(sequence(identifier('pbeWithMd5AndDes'), ...parameters), octets(9));

  it('have a salt and a count', () => {
    const der = old(sequence(salt, integer(1000)));
    expect(factsOf(der)).toMatchObject({
      ...nothing,
      scheme: { name: 'pbeWithMD5AndDES-CBC' },
      salt: { length: 8, offset: offsetOf(der, salt) },
      iterations: { count: 1000, offset: offsetOf(der, integer(1000)) },
      faults: [],
    });
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['left out', []],
    ['NULL', [tlv(5)]],
    ['under another tag', [tlv(0xa0, salt, integer(1))]],
    ['of three elements', [sequence(salt, integer(1), tlv(5))]],
  ])('names parameters %s', (_, parameters) => {
    const facts = factsOf(old(...parameters));
    expect(facts).toMatchObject({ ...nothing, encryptedKey: { length: 9 } });
    const { offset } = facts.scheme;
    expect(facts.faults).toEqual([
      { code: 'keystore-scheme', offset, detail: 'malformed parameters' },
    ]);
  });

  it('names salt and count that are missing', () => {
    const facts = factsOf(old(sequence()));
    expect(facts).toMatchObject(nothing);
    expect(facts.faults).toMatchObject([
      { code: 'keystore-salt' },
      { code: 'keystore-iterations' },
    ]);
  });
});
