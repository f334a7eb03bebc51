import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../bytes.ts';
import { readDerContent } from './stored-content.ts';
import { hex, identifier, integer, tlv } from './testing/encrypted-keys.ts';

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...parts);
const integers = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, index) => integer(index + 1));
const octets = tlv(4, utf8('key'));
const bits = tlv(3, hex('00ff'));
const algorithm = sequence(identifier('pbkdf2'));
const zero = hex('020100');
const name = sequence();
const time = tlv(0x17, utf8('260101000000Z'));
const version = tlv(0xa0, integer(2));

describe('readDerContent tells keys in clear', () => {
  it('PKCS#8 (RFC 5958 section 2), with its algorithm', () => {
    const rsa = tlv(6, hex('2a864886f70d010101'));
    const der = sequence(zero, sequence(rsa, tlv(5)), octets);
    const expected = {
      content: {
        kind: 'key-in-clear',
        format: 'PKCS#8',
        der,
        algorithm: { name: 'RSA', oid: '1.2.840.113549.1.1.1', offset: 7 },
      },
      fault: null,
    };
    expect(readDerContent(der)).toEqual(expected);
    const withAttributes = sequence(zero, sequence(rsa, tlv(5)), octets, tlv(0xa0));
    expect(readDerContent(withAttributes)).toMatchObject({ content: { format: 'PKCS#8' } });
  });

  it.each<[string, Uint8Array]>([
    ['SEC 1', sequence(integer(1), octets)],
    ['SEC 1', sequence(integer(1), octets, tlv(0xa0, identifier('pbkdf2')))],
    ['PKCS#1', sequence(...integers(9))],
    ['DSA', sequence(...integers(6))],
  ])('%s (RFC 5915, RFC 8017)', (format, der) => {
    expect(readDerContent(der)).toEqual({
      content: { kind: 'key-in-clear', format, der, algorithm: null },
      fault: null,
    });
  });
});

describe('readDerContent tells what holds no private key', () => {
  it.each<[string, Uint8Array]>([
    ['public key', sequence(algorithm, bits)],
    ['PKCS#1 public key', sequence(...integers(2))],
    [
      'certificate request',
      sequence(sequence(zero, name, sequence(algorithm, bits), tlv(0xa0)), algorithm, bits),
    ],
    [
      'certificate',
      sequence(
        sequence(version, integer(5), algorithm, name, sequence(time, time), name, sequence()),
        algorithm,
        bits,
      ),
    ],
    [
      'certificate',
      sequence(
        sequence(integer(5), algorithm, name, sequence(time, time), name, sequence()),
        algorithm,
        bits,
      ),
    ],
    [
      'signed list',
      sequence(sequence(integer(1), algorithm, name, time, time, sequence()), algorithm, bits),
    ],
    ['signed list', sequence(sequence(algorithm, name, time), algorithm, bits)],
    ['signed list', sequence(sequence(integer(1), algorithm, name, time), algorithm, bits)],
    [
      'signed list',
      sequence(
        sequence(integer(1), algorithm, name, time, time, sequence(), tlv(0xa0)),
        algorithm,
        bits,
      ),
    ],
  ])('a %s', (what, der) => {
    expect(readDerContent(der)).toEqual({
      content: { kind: 'no-private-key', what, der },
      fault: null,
    });
  });

  it('PKCS#12 (RFC 7292 section 4) of version 3, whose keys it does not look for', () => {
    const foreign = { kind: 'foreign', format: 'PKCS#12', encryption: null };
    expect(readDerContent(sequence(integer(3), algorithm, sequence()))).toEqual({
      content: foreign,
      fault: null,
    });
    expect(readDerContent(sequence(integer(2), algorithm, sequence()))).toMatchObject({
      content: { kind: 'unknown' },
    });
  });
});

describe('readDerContent does not take for a key', () => {
  it.each<[string, Uint8Array]>([
    ['an empty SEQUENCE', sequence()],
    ['8 integers', sequence(...integers(8))],
    ['7 integers', sequence(...integers(7))],
    ['3 integers', sequence(...integers(3))],
    ['9 elements that are not all integers', sequence(...integers(8), octets)],
    ['a version and an algorithm without a key', sequence(zero, algorithm)],
    ['a version and a SEQUENCE that is no algorithm', sequence(zero, name, octets)],
    ['a version, a key and an algorithm in another order', sequence(octets, zero, algorithm)],
    ['a public key with more behind', sequence(algorithm, bits, bits)],
    ['a signed object with more behind', sequence(name, algorithm, bits, bits)],
    ['a signed object of other elements', sequence(name, octets, bits)],
    ['one integer', sequence(integer(3))],
  ])('%s', (_, der) => {
    expect(readDerContent(der)).toEqual({
      content: { kind: 'unknown', what: 'DER of no known structure' },
      fault: { code: 'keystore-form', offset: 0 },
    });
  });
});

describe('readDerContent reads past what is broken', () => {
  const key = sequence(integer(1), octets);

  it('bytes behind an object are named, and the object is read without them', () => {
    const fault = { code: 'der-trailing', offset: key.length };
    expect(readDerContent(concat(key, hex('00')))).toEqual({
      content: { kind: 'key-in-clear', format: 'SEC 1', der: key, algorithm: null },
      fault,
    });
    const scheme = sequence(tlv(6, hex('2a0304')));
    const encrypted = sequence(scheme, octets);
    expect(readDerContent(concat(encrypted, encrypted))).toMatchObject({
      content: { kind: 'encrypted-pkcs8', der: encrypted, protection: { faults: [] } },
      fault: { code: 'der-trailing', offset: encrypted.length },
    });
    expect(readDerContent(concat(sequence(), hex('00')))).toEqual({
      content: { kind: 'unknown', what: 'DER of no known structure' },
      fault: { code: 'der-trailing', offset: 2 },
    });
  });

  it.each(['3080 020103 3080', '3008 020103 30', '30820a00 020103 3082', '3084000000ff 020103 30'])(
    'PKCS#12 that may be BER: %s',
    (bytes) => {
      expect(readDerContent(hex(bytes))).toMatchObject({
        content: { kind: 'foreign', format: 'PKCS#12', encryption: null },
      });
    },
  );

  it.each([
    '3080 020102 3080',
    '3180 020103 3080',
    '3080 020103 0400',
    '30 020103 30',
    '0030 80 020103 3080',
    '308500000000ff 020103 30',
  ])('what is neither: %s', (bytes) => {
    const { content, fault } = readDerContent(hex(bytes));
    expect(content).toEqual({ kind: 'unknown', what: 'ASN.1 that is not DER' });
    expect(fault?.code).toMatch(/^der-/);
  });
});
