import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { concat, fromLatin1, latin1, utf8 } from '../bytes.ts';
import { toPem } from './pem.ts';
import type { ProtectionFacts } from './protection-facts.ts';
import { contentName, maximumStoredFileSize, readStoredFile } from './stored-file.ts';
import {
  byOpenSsl,
  clearPem,
  encryptByHand,
  hex,
  identifier,
  integer,
  openssl,
  openSslTitle,
  passphrase,
  privateKey,
  tlv,
  topk8,
  type Recipe,
} from './testing/encrypted-keys.ts';

const cbc = ['-v2', 'aes-256-cbc'] as const;
const recipe: Recipe = {
  passphrase,
  salt: hex('0001020304050607'),
  iterations: 2048,
  prf: 'sha256',
  writesKeyLength: false,
  iv: new Uint8Array(16).fill(9),
};
const label = 'ENCRYPTED PRIVATE KEY';
const handMade = encryptByHand(recipe);

const protectionOf = (file: Uint8Array): ProtectionFacts => {
  const content = readStoredFile(file).objects[0]?.content;
  if (content?.kind !== 'encrypted-pkcs8' || !content.protection) throw new Error(content?.kind);
  return content.protection;
};

/** The names and numbers of a protection. */
const summaryOf = (file: Uint8Array) => {
  const { scheme, cipher, keyDerivation, prf, iterations, salt, iv, faults } = protectionOf(file);
  expect(faults).toEqual([]);
  return {
    scheme: scheme.name,
    ...(cipher && { cipher: cipher.name }),
    ...(keyDerivation && { derivation: keyDerivation.name }),
    ...(prf && { prf: prf.leftOut ? `${prf.name}, left out` : prf.name }),
    ...(iterations && { iterations: iterations.count }),
    salt: salt?.length,
    ...(iv && { iv: iv.length }),
  };
};

const pbkdf2 = { scheme: 'PBES2', cipher: 'aes-256-cbc', derivation: 'PBKDF2', salt: 8, iv: 16 };
const sha256 = { prf: 'hmacWithSHA256', iterations: 2048 };

describe('readStoredFile names every parameter', () => {
  it.skipIf(!openssl).each<[string, readonly string[], object]>([
    ['the target’s', cbc, { ...pbkdf2, ...sha256 }],
    ['AES-128', ['-v2', 'aes-128-cbc'], { ...pbkdf2, ...sha256, cipher: 'aes-128-cbc' }],
    ['3DES', ['-v2', 'des3'], { ...pbkdf2, ...sha256, cipher: 'des-ede3-cbc', iv: 8 }],
    ['Camellia', ['-v2', 'camellia256'], { ...pbkdf2, ...sha256, cipher: 'camellia-256-cbc' }],
    [
      'a PRF left out',
      [...cbc, '-v2prf', 'hmacWithSHA1'],
      { ...pbkdf2, ...sha256, prf: 'hmacWithSHA1, left out' },
    ],
    [
      'SHA-512',
      [...cbc, '-v2prf', 'hmacWithSHA512'],
      { ...pbkdf2, ...sha256, prf: 'hmacWithSHA512' },
    ],
    ['few iterations', [...cbc, '-iter', '1000'], { ...pbkdf2, ...sha256, iterations: 1000 }],
    ['many iterations', [...cbc, '-iter', '10000'], { ...pbkdf2, ...sha256, iterations: 10_000 }],
    [
      'scrypt',
      ['-scrypt'],
      { scheme: 'PBES2', cipher: 'aes-256-cbc', derivation: 'scrypt', salt: 8, iv: 16 },
    ],
    [
      'PKCS#12 3DES',
      ['-v1', 'PBE-SHA1-3DES'],
      { scheme: 'pbeWithSHAAnd3-KeyTripleDES-CBC', iterations: 2048, salt: 8 },
    ],
  ])(`of openssl’s key with %s${openSslTitle}`, (_, words, expected) => {
    expect(summaryOf(topk8(...words))).toEqual(expected);
    const derFile = readStoredFile(topk8(...words, '-outform', 'DER'));
    expect(derFile.encoding).toBe('der');
    expect(derFile.faults).toMatchObject([{ code: 'pem-begin', offset: 0 }]);
  });

  it('of PKCS#5 version 1, put together by hand', () => {
    const parameters = tlv(0x30, tlv(4, recipe.salt), integer(2048));
    const scheme = tlv(0x30, identifier('pbeWithMd5AndDes'), parameters);
    const file = tlv(0x30, scheme, tlv(4, new Uint8Array(64)));
    const expected = { scheme: 'pbeWithMD5AndDES-CBC', iterations: 2048, salt: 8 };
    expect(summaryOf(fromLatin1(toPem(label, file)))).toEqual(expected);
  });

  it('of node’s key, which is written as ours by hand but for salt, IV and contents', () => {
    const options = { type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase } as const;
    const byNode = new Uint8Array(privateKey.export(options));
    const { salt, iv } = protectionOf(byNode);
    if (!salt || !iv) throw new Error('fixture');
    expect(summaryOf(byNode)).toEqual({ ...pbkdf2, ...sha256, salt: salt.length });
    const again = encryptByHand({ ...recipe, salt: salt.bytes, iv: iv.bytes });
    expect(again).toEqual(byNode);
  });

  it('as node-forge reads it', () => {
    const pem = toPem(label, handMade);
    const { salt, iterations, iv, encryptedKey } = protectionOf(fromLatin1(pem));
    const text = ({ value }: forge.asn1.Asn1): string => (typeof value === 'string' ? value : '');
    const children = ({ value }: forge.asn1.Asn1): forge.asn1.Asn1[] =>
      Array.isArray(value) ? value : [];
    const root = forge.asn1.fromDer(latin1(handMade));
    const [scheme, encrypted] = children(root);
    const [derivation, encryption] = children(children(scheme ?? root)[1] ?? root);
    const [forgeSalt, count] = children(children(derivation ?? root)[1] ?? root);
    expect(forgeSalt?.value).toBe(latin1(salt?.bytes ?? new Uint8Array()));
    expect(Buffer.from(text(count ?? root), 'latin1').readUInt16BE()).toBe(iterations?.count);
    expect(children(encryption ?? root)[1]?.value).toBe(latin1(iv?.bytes ?? new Uint8Array()));
    expect(text(encrypted ?? root)).toHaveLength(encryptedKey.length);
    const opened = forge.pki.decryptRsaPrivateKey(pem, passphrase);
    expect(opened.n.bitLength()).toBe(2048);
  });
});

describe('readStoredFile tells by name', () => {
  const named = (file: Uint8Array): readonly string[] =>
    readStoredFile(file).objects.map(({ content }) => contentName(content));
  const certified = (...words: readonly string[]): Uint8Array =>
    byOpenSsl('req', '-x509', '-key', '/dev/stdin', '-subj', '/CN=x', '-days', '2', ...words);

  it.skipIf(!openssl)(`openssl’s other forms${openSslTitle}`, () => {
    const password = ['-passout', `pass:${passphrase}`];
    const traditional = byOpenSsl('rsa', '-traditional', '-aes256', ...password);
    expect(named(traditional)).toEqual([
      'traditional PEM encryption (RSA PRIVATE KEY, AES-256-CBC)',
    ]);
    expect(readStoredFile(traditional).faults).toMatchObject([{ code: 'pem-header', offset: 32 }]);
    expect(named(byOpenSsl('rsa', '-traditional'))).toEqual(['PKCS#1 in clear']);
    expect(named(byOpenSsl('rsa', '-traditional', '-outform', 'DER'))).toEqual(['PKCS#1 in clear']);
    expect(named(byOpenSsl('pkey', '-pubout'))).toEqual(['public key']);
    expect(named(byOpenSsl('pkey', '-pubout', '-outform', 'DER'))).toEqual(['public key']);
    expect(named(byOpenSsl('rsa', '-RSAPublicKey_out'))).toEqual(['PKCS#1 public key']);
    const ec = ['ecparam', '-name', 'prime256v1', '-genkey'] as const;
    expect(named(byOpenSsl(...ec))).toEqual(['EC parameters', 'SEC 1 in clear']);
    expect(named(byOpenSsl(...ec, '-noout', '-outform', 'DER'))).toEqual(['SEC 1 in clear']);
    expect(named(certified())).toEqual(['certificate']);
    expect(named(certified('-outform', 'DER'))).toEqual(['certificate']);
    expect(named(byOpenSsl('req', '-new', '-key', '/dev/stdin', '-subj', '/CN=x'))).toEqual([
      'certificate request',
    ]);
    const p12 = byOpenSsl('pkcs12', '-export', '-nocerts', '-inkey', '/dev/stdin', ...password);
    expect(named(p12)).toEqual(['PKCS#12']);
  });

  it.each<[string, Uint8Array]>([
    ['PKCS#8 in clear', utf8(clearPem)],
    ['PKCS#12', hex('3080 020103 3080 0609')],
    ['Java key store (JKS)', hex('feedfeed00000002')],
    ['Java key store (JCEKS)', hex('cececece00000002')],
    [
      'PuTTY key, version 3 (encryption: aes256-cbc)',
      utf8('PuTTY-User-Key-File-3: ssh-rsa\nEncryption: aes256-cbc\nComment: x\n'),
    ],
    ['SSH public key', utf8('ssh-rsa AAAAB3NzaC1yc2E= x')],
    ['JSON Web Key', utf8('{"kty":"RSA","d":"AA"}')],
    [
      'OpenSSH private key (encryption: aes256-ctr with bcrypt)',
      fromLatin1(
        toPem(
          'OPENSSH PRIVATE KEY',
          fromLatin1('openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt'),
        ),
      ),
    ],
    ['OpenSSH private key', fromLatin1(toPem('OPENSSH PRIVATE KEY', utf8('openssh-key-v1\0\0')))],
    ['OpenPGP private key', utf8(toPem('PGP PRIVATE KEY BLOCK', utf8('x')))],
    ['object labelled constructor', utf8(toPem('constructor', tlv(0x30)))],
    ['neither PEM nor DER', utf8('key')],
    ['DER of no known structure', tlv(0x30)],
    ['ASN.1 that is not DER', utf8('0123')],
  ])('%s', (name, file) => {
    expect(named(file)).toEqual([name]);
  });

  it('an empty file and one that is too long', () => {
    expect(readStoredFile(new Uint8Array())).toMatchObject({
      objects: [],
      faults: [{ code: 'file-empty', offset: 0 }],
    });
    expect(readStoredFile(new Uint8Array(maximumStoredFileSize + 1))).toMatchObject({
      objects: [],
      faults: [{ code: 'file-size', offset: maximumStoredFileSize }],
    });
  });

  it('every object of several, and a label that is not that of the content', () => {
    const mislabelled = toPem('PRIVATE KEY', handMade);
    const facts = readStoredFile(fromLatin1(`x\n${mislabelled}${clearPem}`));
    expect(facts.objects.map(({ content, offset }) => [contentName(content), offset])).toEqual([
      ['encrypted PKCS#8', 2],
      ['PKCS#8 in clear', 2 + mislabelled.length],
    ]);
    expect(facts.faults).toMatchObject([
      { code: 'pem-text', offset: 0 },
      { code: 'pem-count', offset: 2 + mislabelled.length },
    ]);
    expect(facts.objects[0]?.faults).toMatchObject([
      { code: 'pem-label', offset: 2, within: 'file' },
    ]);
  });
});

describe('readStoredFile explains faults of the DER at their offset', () => {
  const { salt, iterations, encryptedKey } = protectionOf(handMade);
  const at = (offset: number, bytes: string): Uint8Array => {
    const changed = Uint8Array.from(handMade);
    changed.set(hex(bytes), offset);
    return changed;
  };
  const rebuilt = (derivation: Uint8Array, encrypted = new Uint8Array(16)): Uint8Array => {
    const encryption = tlv(0x30, identifier('aes256Cbc'), tlv(4, recipe.iv));
    const parameters = tlv(0x30, tlv(0x30, identifier('pbkdf2'), derivation), encryption);
    return tlv(0x30, tlv(0x30, identifier('pbes2'), parameters), tlv(4, encrypted));
  };
  const prfOf = (name: 'hmacSha1' | 'hmacSha256', ...parameters: readonly Uint8Array[]) =>
    tlv(0x30, identifier(name), ...parameters);
  const saltAt = 32;
  const number = integer(2048);

  it('has the offsets of the fields it looks for', () => {
    expect([salt?.offset, iterations?.offset, encryptedKey.offset]).toEqual([34, 44, 93]);
  });

  it.each<[string, Uint8Array, string, number]>([
    [
      'an indefinite length',
      concat(hex('3080'), handMade.subarray(4), hex('0000')),
      'der-length',
      1,
    ],
    ['a length in too many bytes', concat(hex('308300'), handMade.subarray(2)), 'der-length', 1],
    ['a non-minimal integer', at(44, '02020008'), 'der-integer', 46],
    ['trailing bytes', concat(handMade, hex('00')), 'der-trailing', handMade.length],
    ['a truncated file', handMade.subarray(0, 500), 'der-end', 500],
    ['a constructed OCTET STRING', at(34, '24'), 'der-form', 34],
  ])('%s', (_, der, code, offset) => {
    const fault = { code, offset, within: 'der' };
    const inPem = fromLatin1(toPem(label, der));
    expect(readStoredFile(der).objects[0]?.faults).toMatchObject([fault]);
    expect(readStoredFile(inPem).objects[0]).toMatchObject({
      content: { kind: 'encrypted-pkcs8' },
      faults: [fault],
    });
  });

  it.each<[string, Uint8Array, string, number]>([
    ['no salt', rebuilt(tlv(0x30, number, number)), 'keystore-salt', saltAt],
    ['a salt from elsewhere', rebuilt(tlv(0x30, tlv(0x30), number)), 'keystore-salt', saltAt],
    ['no iterations', rebuilt(tlv(0x30, tlv(4, recipe.salt))), 'keystore-iterations', 30],
    [
      'negative iterations',
      rebuilt(tlv(0x30, tlv(4, recipe.salt), hex('0201ff'))),
      'keystore-iterations',
      42,
    ],
    [
      'another key length',
      rebuilt(tlv(0x30, tlv(4, recipe.salt), number, integer(16))),
      'keystore-key-length',
      46,
    ],
    [
      'a PRF without NULL',
      rebuilt(tlv(0x30, tlv(4, recipe.salt), number, prfOf('hmacSha256'))),
      'keystore-prf',
      46,
    ],
    [
      'the default PRF written',
      rebuilt(tlv(0x30, tlv(4, recipe.salt), number, prfOf('hmacSha1', tlv(5)))),
      'keystore-prf',
      46,
    ],
    [
      'an element too many',
      rebuilt(tlv(0x30, tlv(4, recipe.salt), number, prfOf('hmacSha256', tlv(5)), tlv(5))),
      'keystore-derivation',
      60,
    ],
    [
      'a broken block',
      rebuilt(tlv(0x30, tlv(4, recipe.salt), number), new Uint8Array(17)),
      'keystore-encrypted-key',
      77,
    ],
  ])('%s', (_, der, code, offset) => {
    expect(protectionOf(der).faults).toMatchObject([{ code, offset }]);
  });
});
