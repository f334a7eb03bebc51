import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, equal, fromHex } from '../bytes.ts';
import { parseDer, type DerNode } from '../pki/der.ts';
import { parsePkcs8Envelope, type StoredKeyParameters } from './envelope.ts';
import { parsePem, toPem } from './pem.ts';
import { checkProtection } from './protection.ts';
import { hex, identifier, tlv } from './testing/encrypted-keys.ts';

const label = 'ENCRYPTED PRIVATE KEY';
const openssl = spawnSync('openssl', ['version']).status === 0;
const openSslTitle = openssl ? '' : ' (skipped: openssl is not installed)';
const passphrase = 'correct horse';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const clear = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const encrypted = (cipher: string): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem', cipher, passphrase }).toString();
const good = encrypted('aes-256-cbc');

const byOpenSsl = (...args: readonly string[]): string =>
  spawnSync('openssl', ['pkcs8', '-topk8', '-passout', `pass:${passphrase}`, ...args], {
    input: clear,
    encoding: 'utf8',
  }).stdout;

const parsed = (pem: string): StoredKeyParameters => {
  const result = parsePkcs8Envelope(pem);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const codeOf = (pem: string): string => {
  const result = parsePkcs8Envelope(pem);
  return result.ok ? 'ok' : result.error.code;
};
const protectionOf = (pem: string): unknown => {
  const result = checkProtection(parsed(pem));
  return result.ok ? 'ok' : { code: result.error.code, detail: result.error.detail };
};
const derOf = (pem: string): Uint8Array => {
  const der = parsePem(pem, label);
  if (!der.ok) throw new Error(der.error.code);
  return der.value;
};

/** Encodes a node again with one descendant's bytes replaced, lengths corrected. */
const rebuilt = (node: DerNode, target: number, replacement: Uint8Array): Uint8Array => {
  if (node.offset === target) return replacement;
  if (node.children.length === 0) return node.bytes;
  const content = concat(...node.children.map((child) => rebuilt(child, target, replacement)));
  const { length } = content;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return concat(Uint8Array.of(node.tag, ...header), content);
};
const replaced = (at: (node: DerNode) => DerNode | undefined, hex: string): string => {
  const root = parseDer(derOf(good));
  const bytes = fromHex(hex);
  if (!root.ok || !bytes.ok) throw new Error('fixture');
  return toPem(label, rebuilt(root.value, at(root.value)?.offset ?? -1, bytes.value));
};
const pbes2 = (root: DerNode): DerNode | undefined => root.children[0]?.children[1];
const pbkdf2 = (root: DerNode): DerNode | undefined => pbes2(root)?.children[0]?.children[1];
const prfSha1 = '300c06082a864886f70d02070500';

describe('parsePkcs8Envelope', () => {
  it('reads what node writes as target 5.3 has it', () => {
    const { offset: _, ...prf } = parsed(good).prf;
    const stored = parsed(good);
    expect(prf).toEqual({ name: 'hmacWithSHA256', oid: '1.2.840.113549.2.9', leftOut: false });
    expect(stored.scheme.name).toBe('PBES2');
    expect(stored.keyDerivation.name).toBe('PBKDF2');
    expect(stored.iterations.count).toBe(2048);
    expect(stored.cipher.name).toBe('aes-256-cbc');
    expect(stored.iv.length).toBe(16);
    expect(stored.salt.length).toBeGreaterThanOrEqual(8);
    expect(protectionOf(good)).toBe('ok');
  });

  it('gives offsets at which the bytes are found', () => {
    const der = derOf(good);
    const { iv, salt, iterations } = parsed(good);
    for (const field of [iv, salt]) {
      const at = der.subarray(field.offset + 2, field.offset + 2 + field.length);
      expect(equal(at, field.bytes)).toBe(true);
    }
    expect([...der.subarray(iterations.offset, iterations.offset + 4)]).toEqual([2, 2, 8, 0]);
  });

  it.skipIf(!openssl)(`names what differs in keys made by openssl${openSslTitle}`, () => {
    const cbc = ['-v2', 'aes-256-cbc'];
    expect(protectionOf(byOpenSsl(...cbc, '-v2prf', 'hmacWithSHA256', '-iter', '2048'))).toBe('ok');
    expect(protectionOf(byOpenSsl(...cbc, '-v2prf', 'hmacWithSHA1'))).toEqual({
      code: 'protection-prf',
      detail: 'hmacWithSHA1 (left out)',
    });
    expect(protectionOf(byOpenSsl(...cbc, '-v2prf', 'hmacWithSHA512'))).toEqual({
      code: 'protection-prf',
      detail: 'hmacWithSHA512',
    });
    expect(protectionOf(byOpenSsl(...cbc, '-iter', '2047'))).toEqual({
      code: 'protection-iterations',
      detail: '2047',
    });
    expect(protectionOf(byOpenSsl('-v2', 'aes-128-cbc'))).toEqual({
      code: 'protection-cipher',
      detail: 'aes-128-cbc',
    });
    expect(parsePkcs8Envelope(byOpenSsl('-v1', 'PBE-SHA1-3DES'))).toMatchObject({
      error: { code: 'keystore-scheme', detail: 'pbeWithSHAAnd3-KeyTripleDES-CBC' },
    });
    expect(parsePkcs8Envelope(byOpenSsl('-scrypt'))).toMatchObject({
      error: { code: 'keystore-derivation', detail: 'scrypt' },
    });
  });

  it('names a left out pseudorandom function as HMAC-SHA1, and refuses it spelled out', () => {
    const leftOut = replaced(pbkdf2, '300e0408000102030405060702020800');
    expect(parsed(leftOut).prf).toMatchObject({ name: 'hmacWithSHA1', leftOut: true });
    expect(protectionOf(leftOut)).toMatchObject({ code: 'protection-prf' });
    const spelledOut = replaced(pbkdf2, `301c0408000102030405060702020800${prfSha1}`);
    expect(codeOf(spelledOut)).toBe('keystore-prf');
  });

  it.each([
    ['protection-salt', '301b04070001020304050602020800300c06082a864886f70d02090500'],
    ['protection-iterations', '301b0408000102030405060702017f300c06082a864886f70d02090500'],
  ])('reads and then refuses with %s', (code, hex) => {
    expect(protectionOf(replaced(pbkdf2, hex))).toMatchObject({ code });
  });

  it('refuses an IV of another length', () => {
    const iv = (root: DerNode): DerNode | undefined => pbes2(root)?.children[1]?.children[1];
    expect(protectionOf(replaced(iv, '04080001020304050607'))).toEqual({
      code: 'protection-iv',
      detail: '8 bytes',
    });
  });

  it.each([
    ['keystore-salt', '300702010102020800'],
    ['keystore-iterations', '300d04080001020304050607020100'],
    ['keystore-key-length', '30110408000102030405060702020800020110'],
    ['keystore-derivation', '0500'],
  ])('refuses with %s', (code, hex) => {
    expect(codeOf(replaced(pbkdf2, hex))).toBe(code);
  });

  it('says where and what, of the scheme, then the derivation, then the cipher, then anything else', () => {
    const refused = (der: Uint8Array): unknown => {
      const result = parsePkcs8Envelope(toPem(label, der));
      return result.ok ? 'ok' : result.error;
    };
    const algorithm = (digits: string): Uint8Array => tlv(0x30, tlv(6, hex(digits)), tlv(5));
    const sealed = (scheme: Uint8Array): Uint8Array => tlv(0x30, scheme, tlv(4));
    const built = (derivation: Uint8Array, cipher: Uint8Array): Uint8Array =>
      sealed(tlv(0x30, identifier('pbes2'), tlv(0x30, derivation, cipher)));
    expect(refused(sealed(algorithm('2a0304')))).toEqual({
      code: 'keystore-scheme',
      offset: 4,
      detail: '1.2.3.4',
    });
    expect(refused(built(algorithm('2a0305'), algorithm('2a0306')))).toEqual({
      code: 'keystore-derivation',
      offset: 19,
      detail: '1.2.3.5',
    });
    const pbkdf2Alone = tlv(0x30, identifier('pbkdf2'));
    expect(refused(built(pbkdf2Alone, algorithm('2a0306')))).toEqual({
      code: 'keystore-cipher',
      offset: 32,
      detail: '1.2.3.6',
    });
    const aes256 = tlv(0x30, identifier('aes256Cbc'));
    expect(refused(built(pbkdf2Alone, aes256))).toEqual({
      code: 'keystore-derivation',
      offset: 19,
      detail: 'malformed parameters of PBKDF2',
    });
    expect(refused(built(tlv(5), aes256))).toMatchObject({
      code: 'keystore-derivation',
      offset: 17,
    });
    expect(refused(built(pbkdf2Alone, tlv(5)))).toMatchObject({ code: 'keystore-derivation' });
  });

  it('refuses a key in clear and what is no envelope', () => {
    expect(codeOf(clear)).toBe('pem-label');
    const old = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(codeOf(old)).toBe('pem-label');
    expect(parsePkcs8Envelope(toPem(label, Uint8Array.of(0x30, 0)))).toEqual({
      ok: false,
      error: { code: 'keystore-form', offset: 0 },
    });
    expect(codeOf(toPem(label, Uint8Array.of(...derOf(good), 0)))).toBe('der-trailing');
  });

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 300 })(
    'never throws, whatever byte changes',
    (position, change) => {
      const der = Uint8Array.from(derOf(good));
      const index = position % der.length;
      der[index] = (der[index] ?? 0) ^ change;
      const result = parsePkcs8Envelope(toPem(label, der));
      expect(result.ok ? result.value.scheme.name : result.error.code).toMatch(
        /^(PBES2|der-|keystore-)/,
      );
    },
  );
});
