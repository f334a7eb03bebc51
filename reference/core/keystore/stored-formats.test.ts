import { describe, expect, it } from 'vitest';
import { concat, fromLatin1, utf8 } from '../bytes.ts';
import { toPem } from './pem.ts';
import { contentName, maximumStoredFileSize, readStoredFile } from './stored-file.ts';
import { clearPem, hex, integer, tlv } from './testing/encrypted-keys.ts';

const named = (file: Uint8Array): readonly string[] =>
  readStoredFile(file).objects.map(({ content }) => contentName(content));
const nameOf = (text: string): string => named(fromLatin1(text)).join();
const armoured = (label: string, ...lines: readonly string[]): string =>
  `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`;
const unknownDer = tlv(0x30);

describe('what a label promises (RFC 7468), where the body cannot be read', () => {
  const clear = (format: string) => ({ kind: 'key-in-clear', format, der: null, algorithm: null });
  const foreign = (format: string) => ({ kind: 'foreign', format, encryption: null });
  const none = (what: string) => ({ kind: 'no-private-key', what, der: null });
  it.each<[string, object]>([
    ['ENCRYPTED PRIVATE KEY', { kind: 'encrypted-pkcs8', der: null, protection: null }],
    ['PRIVATE KEY', clear('PKCS#8')],
    ['RSA PRIVATE KEY', clear('PKCS#1')],
    ['EC PRIVATE KEY', clear('SEC 1')],
    ['DSA PRIVATE KEY', clear('DSA')],
    ['PGP PRIVATE KEY BLOCK', foreign('OpenPGP private key')],
    ['OPENSSH PRIVATE KEY', foreign('OpenSSH private key')],
    ['PKCS12', foreign('PKCS#12')],
    ['CERTIFICATE', none('certificate')],
    ['X509 CERTIFICATE', none('certificate')],
    ['TRUSTED CERTIFICATE', none('trusted certificate')],
    ['CERTIFICATE REQUEST', none('certificate request')],
    ['NEW CERTIFICATE REQUEST', none('certificate request')],
    ['X509 CRL', none('signed list')],
    ['PUBLIC KEY', none('public key')],
    ['RSA PUBLIC KEY', none('PKCS#1 public key')],
    ['EC PARAMETERS', none('EC parameters')],
    ['DH PARAMETERS', none('Diffie-Hellman parameters')],
    ['PKCS7', none('PKCS#7 object')],
    ['SOMETHING', { kind: 'unknown', what: 'object labelled SOMETHING' }],
  ])('%s', (label, content) => {
    const facts = readStoredFile(utf8(armoured(label, '*')));
    expect(facts.objects).toEqual([{ content, label, offset: 0, faults: [] }]);
    expect(facts.faults.map(({ code }) => code)).toContain('pem-base64');
  });
});

describe('a label and a content that do not agree', () => {
  const key = tlv(0x30, integer(1), tlv(4, utf8('key')));

  it.each([
    ['CERTIFICATE', 'labelled CERTIFICATE, holds SEC 1 in clear'],
    ['SOMETHING', 'labelled SOMETHING, holds SEC 1 in clear'],
  ])('the content counts, and %s is named', (label, detail) => {
    const file = utf8(`x\n${toPem(label, concat(key, hex('00')))}`);
    expect(readStoredFile(file).objects).toMatchObject([
      {
        content: { kind: 'key-in-clear', format: 'SEC 1' },
        label,
        offset: 2,
        faults: [
          { code: 'pem-label', offset: 2, detail, within: 'file' },
          { code: 'der-trailing', offset: key.length, within: 'der' },
        ],
      },
    ]);
  });

  it('a content of no known structure is what the label promises, and only keys need to be DER', () => {
    const faults = [{ code: 'keystore-form', offset: 0, within: 'der' }];
    const read = (label: string) => readStoredFile(utf8(toPem(label, unknownDer))).objects;
    expect(read('EC PRIVATE KEY')).toMatchObject([{ content: { format: 'SEC 1' }, faults }]);
    expect(read('EC PARAMETERS')).toMatchObject([
      { content: { what: 'EC parameters' }, faults: [] },
    ]);
    const what = 'object labelled SOMETHING';
    expect(read('SOMETHING')).toMatchObject([{ content: { kind: 'unknown', what }, faults }]);
  });

  it('the right label is no fault', () => {
    const file = utf8(toPem('EC PRIVATE KEY', key));
    const offset = 0;
    expect(readStoredFile(file)).toMatchObject({
      encoding: 'pem',
      objects: [{ label: 'EC PRIVATE KEY', offset, faults: [] }],
      faults: [],
      carriageReturns: false,
    });
    expect(
      readStoredFile(utf8(toPem('EC PRIVATE KEY', key).replaceAll('\n', '\r\n'))),
    ).toMatchObject({ faults: [], carriageReturns: true });
  });
});

describe('the encryption of RFC 1421', () => {
  const headed = (...headers: readonly string[]): string =>
    nameOf(armoured('RSA PRIVATE KEY', ...headers, '', 'AAAA'));

  it.each<[string, readonly string[]]>([
    ['DES-EDE3-CBC', ['Proc-Type: 4,ENCRYPTED', 'DEK-Info: DES-EDE3-CBC,0123456789ABCDEF']],
    ['DES-EDE3-CBC', ['DEK-Info: DES-EDE3-CBC', 'Proc-Type: 4,ENCRYPTED']],
    ['no DEK-Info', ['Proc-Type: 4,ENCRYPTED']],
    ['x'.repeat(64), ['Proc-Type: 4,ENCRYPTED', `DEK-Info: ${'x'.repeat(65)},00`]],
  ])('with %s', (cipher, headers) => {
    expect(headed(...headers)).toBe(`traditional PEM encryption (RSA PRIVATE KEY, ${cipher})`);
  });

  it.each<[string, readonly string[]]>([
    ['another Proc-Type', ['Proc-Type: 4,MIC-ONLY', 'DEK-Info: DES-EDE3-CBC,00']],
    ['no Proc-Type', ['DEK-Info: DES-EDE3-CBC,00']],
    ['more behind it', ['Proc-Type: 4,ENCRYPTED not']],
  ])('is not there with %s', (_, headers) => {
    expect(headed(...headers)).toBe('PKCS#1 in clear');
  });
});

describe('files of other formats', () => {
  it.each<[string, string]>([
    ['Java key store (JKS)', '\xfe\xed\xfe\xed'],
    ['Java key store (JCEKS)', '\xce\xce\xce\xce\0'],
    ['Bouncy Castle key store', '\0\0\0\x01\0\0\0\x14x'],
    ['Bouncy Castle key store', '\0\0\0\x02\0\0\0\x14x'],
    ['neither PEM nor DER', '\0\0\0\x03\0\0\0\x14x'],
    ['Microsoft PVK key', '\x1e\xf1\xb5\xb0\0'],
    ['neither PEM nor DER', 'x\xfe\xed\xfe\xed'],
    ['PuTTY key, version 2', 'PuTTY-User-Key-File-2: ssh-rsa\nComment: x\n'],
    ['PuTTY key, version 2 (encryption: none)', 'PuTTY-User-Key-File-2: x\nEncryption: none\n'],
    ['PuTTY key, version 12', 'PuTTY-User-Key-File-12: x\n'],
    ['PuTTY key, version 3 (encryption: aes)', 'PuTTY-User-Key-File-3: x\r\nEncryption: aes\r\n'],
    ['PuTTY key, version 3', 'PuTTY-User-Key-File-3: x\nEncryption: two words\n'],
    ['PuTTY key, version 3', `PuTTY-User-Key-File-3: x\nEncryption: ${'x'.repeat(65)}\n`],
    ['PuTTY key, version 3', 'PuTTY-User-Key-File-3: x\nNo-Encryption: aes\n'],
    ['neither PEM nor DER', 'PuTTY-User-Key-File-x: x\n'],
    ['neither PEM nor DER', 'PuTTY-User-Key-File-1234: x\n'],
    ['neither PEM nor DER', 'A PuTTY-User-Key-File-3: x\n'],
    ['ssh.com private key', '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment'],
    ['SSH public key', '---- BEGIN SSH2 PUBLIC KEY ----\n'],
    ['neither PEM nor DER', 'x ---- BEGIN SSH2 PUBLIC KEY ----\n'],
    ['SSH public key', 'ssh-ed25519 AAAAC3'],
    ['SSH public key', 'ecdsa-sha2-nistp256 AAAAE2'],
    ['SSH public key', 'sk-ssh-ed25519@openssh.com AAAAGn'],
    ['neither PEM nor DER', 'x ssh-ed25519 AAAAC3'],
    ['neither PEM nor DER', 'ssh- AAAAC3'],
    ['JSON Web Key', ' \n{\n "d": "AA", "kty" : "RSA" }'],
    ['JSON Web Key', '{"kty":"EC"}'],
    ['neither PEM nor DER', '{"d":"AA"}'],
    ['neither PEM nor DER', '["kty":'],
    ['neither PEM nor DER', 'x {"kty":"EC"}'],
    ['neither PEM nor DER', '{"kty" "EC"}'],
  ])('%s: %j', (name, text) => {
    expect(nameOf(text)).toBe(name);
    expect(readStoredFile(fromLatin1(text))).toMatchObject({
      encoding: 'other',
      objects: [{ label: null, offset: 0, faults: [] }],
      faults: [{ code: 'pem-begin', offset: 0, detail: 'no armour', within: 'file' }],
      carriageReturns: false,
    });
  });

  it('what is no private key has no DER to show, and what is foreign no more than its name', () => {
    const contentOf = (text: string) => readStoredFile(fromLatin1(text)).objects[0]?.content;
    expect(contentOf('ssh-rsa AAAA')).toEqual({
      kind: 'no-private-key',
      what: 'SSH public key',
      der: null,
    });
    expect(contentOf('{"kty":"EC"}')).toEqual({
      kind: 'foreign',
      format: 'JSON Web Key',
      encryption: null,
    });
    expect(contentOf('x')).toEqual({ kind: 'unknown', what: 'neither PEM nor DER' });
  });
});

describe('an OpenSSH key (PROTOCOL.key)', () => {
  const length = (count: number): Uint8Array => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, count);
    return bytes;
  };
  const string = (text: string): Uint8Array => concat(length(text.length), fromLatin1(text));
  const magic = fromLatin1('openssh-key-v1\0');
  const openSsh = (...parts: readonly Uint8Array[]): string =>
    nameOf(toPem('OPENSSH PRIVATE KEY', concat(...parts)));
  const long = 'x'.repeat(64);

  it.each<[string, readonly Uint8Array[]]>([
    ['none', [magic, string('none'), string('none'), string('')]],
    ['aes256-ctr with bcrypt', [magic, string('aes256-ctr'), string('bcrypt')]],
    ['none-such with none', [magic, string('none-such'), string('none')]],
    [`${long} with a`, [magic, string(long), string('a')]],
  ])('says its encryption: %s', (encryption, parts) => {
    expect(openSsh(...parts)).toBe(`OpenSSH private key (encryption: ${encryption})`);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['another magic', [fromLatin1('openssh-key-v2\0'), string('none'), string('none')]],
    ['no cipher', [magic]],
    ['an empty cipher', [magic, string(''), string('none')]],
    ['no derivation', [magic, string('none')]],
    ['half a length', [magic, string('none'), new Uint8Array(3)]],
    ['a cipher that is cut off', [magic, length(5), fromLatin1('none')]],
    ['a length of more than 64', [magic, string(`${long}x`), string('none')]],
    [
      'a length whose low byte alone fits',
      [magic, hex('01000004'), fromLatin1('none'), string('a')],
    ],
    ['a cipher with a blank', [magic, string('no ne'), string('none')]],
    ['a derivation with a line break', [magic, string('none'), string('no\n')]],
    ['a cipher with a byte from beyond ASCII', [magic, string('n\xf6ne'), string('none')]],
  ])('says nothing of it with %s', (_, parts) => {
    expect(openSsh(...parts)).toBe('OpenSSH private key');
  });
});

describe('limits', () => {
  it('reads the first 8 objects of a file', () => {
    expect(named(utf8(clearPem.repeat(8)))).toHaveLength(8);
    expect(named(utf8(clearPem.repeat(9)))).toHaveLength(8);
  });

  it('reads a file of the greatest size, and says of what it refuses only the size', () => {
    const size = maximumStoredFileSize;
    expect(readStoredFile(new Uint8Array(size))).toMatchObject({
      size,
      objects: [{ content: { kind: 'unknown' } }],
    });
    const refused = { encoding: 'other', objects: [], carriageReturns: false } as const;
    expect(readStoredFile(new Uint8Array(size + 1))).toEqual({
      ...refused,
      size: size + 1,
      faults: [{ code: 'file-size', offset: size, within: 'file' }],
    });
    expect(readStoredFile(new Uint8Array())).toEqual({
      ...refused,
      size: 0,
      faults: [{ code: 'file-empty', offset: 0, within: 'file' }],
    });
  });

  it('takes a file for DER by its first byte', () => {
    const der = tlv(0x30, integer(1), tlv(4, utf8('key')));
    expect(readStoredFile(der)).toMatchObject({
      size: der.length,
      encoding: 'der',
      objects: [{ content: { format: 'SEC 1' }, label: null, offset: 0, faults: [] }],
      faults: [{ code: 'pem-begin', offset: 0, detail: 'no armour', within: 'file' }],
      carriageReturns: false,
    });
    expect(readStoredFile(tlv(0x31, integer(1)))).toMatchObject({ encoding: 'other' });
  });
});
