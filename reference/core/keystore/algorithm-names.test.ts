import { describe, expect, it } from 'vitest';
import { algorithmName } from './algorithm-names.ts';

/** An arc, and the names of the object identifiers below it, by the documents that assign them. */
const assigned: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    'pkcs-5 (RFC 8018 appendix C)',
    '1.2.840.113549.1.5',
    {
      '1': 'pbeWithMD2AndDES-CBC',
      '3': 'pbeWithMD5AndDES-CBC',
      '4': 'pbeWithMD2AndRC2-CBC',
      '6': 'pbeWithMD5AndRC2-CBC',
      '10': 'pbeWithSHA1AndDES-CBC',
      '11': 'pbeWithSHA1AndRC2-CBC',
      '12': 'PBKDF2',
      '13': 'PBES2',
      '14': 'PBMAC1',
    },
  ],
  [
    'pkcs-12PbeIds (RFC 7292 appendix C)',
    '1.2.840.113549.1.12.1',
    {
      '1': 'pbeWithSHAAnd128BitRC4',
      '2': 'pbeWithSHAAnd40BitRC4',
      '3': 'pbeWithSHAAnd3-KeyTripleDES-CBC',
      '4': 'pbeWithSHAAnd2-KeyTripleDES-CBC',
      '5': 'pbeWithSHAAnd128BitRC2-CBC',
      '6': 'pbeWithSHAAnd40BitRC2-CBC',
    },
  ],
  ['scrypt (RFC 7914 section 7)', '1.3.6.1.4.1.11591.4', { '11': 'scrypt' }],
  ['HMAC-MD5 (RFC 8018 appendix B.1 of old)', '1.3.6.1.5.5.8.1', { '1': 'hmacWithMD5' }],
  [
    'digestAlgorithm of rsadsi (RFC 8018 appendix B.1)',
    '1.2.840.113549.2',
    {
      '7': 'hmacWithSHA1',
      '8': 'hmacWithSHA224',
      '9': 'hmacWithSHA256',
      '10': 'hmacWithSHA384',
      '11': 'hmacWithSHA512',
      '12': 'hmacWithSHA512-224',
      '13': 'hmacWithSHA512-256',
    },
  ],
  [
    'hashAlgs of NIST',
    '2.16.840.1.101.3.4.2',
    {
      '13': 'hmacWithSHA3-224',
      '14': 'hmacWithSHA3-256',
      '15': 'hmacWithSHA3-384',
      '16': 'hmacWithSHA3-512',
    },
  ],
  [
    'encryptionAlgorithm of rsadsi (RFC 8018 appendix B.2)',
    '1.2.840.113549.3',
    { '2': 'rc2-cbc', '4': 'rc4', '7': 'des-ede3-cbc' },
  ],
  ['desCBC of OIW (RFC 8018 appendix B.2)', '1.3.14.3.2', { '7': 'des-cbc' }],
  [
    'aes of NIST (RFC 3565 section 4.1)',
    '2.16.840.1.101.3.4.1',
    Object.fromEntries(
      [128, 192, 256].flatMap((bits, size) =>
        (['ecb', 'cbc', 'ofb', 'cfb', 'wrap', 'gcm'] as const).flatMap((mode, index) =>
          mode === 'wrap' ? [] : [[`${size * 20 + index + 1}`, `aes-${bits}-${mode}`]],
        ),
      ),
    ),
  ],
  [
    'camellia (RFC 3657 section 3)',
    '1.2.392.200011.61.1.1.1',
    { '2': 'camellia-128-cbc', '3': 'camellia-192-cbc', '4': 'camellia-256-cbc' },
  ],
  [
    'aria (RFC 5794 appendix B)',
    '1.2.410.200046.1.1',
    { '2': 'aria-128-cbc', '7': 'aria-192-cbc', '12': 'aria-256-cbc' },
  ],
  ['seed (RFC 4010 section 2)', '1.2.410.200004.1', { '4': 'seed-cbc' }],
  ['sm4 (GM/T 0006)', '1.2.156.10197.1.104', { '2': 'sm4-cbc' }],
  ['pkcs-1 (RFC 8017 appendix C)', '1.2.840.113549.1.1', { '1': 'RSA', '10': 'RSASSA-PSS' }],
  ['pkcs-3', '1.2.840.113549.1.3', { '1': 'Diffie-Hellman' }],
  ['DSA (RFC 3279 section 2.3.2)', '1.2.840.10040.4', { '1': 'DSA' }],
  ['id-ecPublicKey (RFC 5480 section 2.1.1)', '1.2.840.10045.2', { '1': 'EC' }],
  [
    'RFC 8410 section 3',
    '1.3.101',
    { '110': 'X25519', '111': 'X448', '112': 'Ed25519', '113': 'Ed448' },
  ],
];

describe('algorithmName', () => {
  it.each(assigned)('knows %s', (_, arc, names) => {
    const found = Object.keys(names).map((last) => [last, algorithmName(`${arc}.${last}`)]);
    expect(Object.fromEntries(found)).toEqual(names);
  });

  it.each(['1.2.3', '2.16.840.1.101.3.4.1.5', '1.2.840.113549.1.5.2'])(
    'leaves %s as it is, of which it knows no name',
    (oid) => expect(algorithmName(oid)).toBe(oid),
  );
});
