import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromLatin1, latin1, utf8 } from '../../reference/core/bytes.ts';
import { parsePkcs8Envelope } from '../../reference/core/keystore/envelope.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import { checkProtection } from '../../reference/core/keystore/protection.ts';
import { readStoredFile } from '../../reference/core/keystore/stored-file.ts';
import {
  clearPem,
  encryptByHand,
  hex,
  identifier,
  integer,
  passphrase,
  tlv,
  type Recipe,
} from '../../reference/core/keystore/testing/encrypted-keys.ts';
import type { Verdict } from '../../reports/model/verdict.ts';
import {
  targetPolicy,
  type Opening,
  type StoredKeyEvidence,
  type StoredKeyFile,
} from './evidence.ts';
import { judgeStoredKeys } from './judge.ts';
import { observationsOf } from './observations.ts';

const recipe: Recipe = {
  passphrase,
  salt: hex('0001020304050607'),
  iterations: 2048,
  prf: 'sha256',
  writesKeyLength: false,
  iv: new Uint8Array(16).fill(9),
};
const label = 'ENCRYPTED PRIVATE KEY';
const pemOf = (der: Uint8Array): Uint8Array => fromLatin1(toPem(label, der));
const made = (changes: Partial<Recipe>): Uint8Array =>
  pemOf(encryptByHand({ ...recipe, ...changes }));
const good = made({});

const rsa = (bits: number, exponent = 65537n) => ({ algorithm: 'RSA', bits, exponent });
const opened: Opening = {
  kind: 'opened',
  with: 'passphrase',
  publicKey: rsa(2048),
  belongs: null,
};
const shut: Opening = { kind: 'closed', why: 'no-passphrase', reason: 'it is shut; open it' };
const fileOf = (bytes: Uint8Array, opening: Opening = opened, name = 'a.pem'): StoredKeyFile => {
  const facts = readStoredFile(bytes);
  return { name, facts, openings: facts.objects.map(() => opening) };
};
const evidenceOf = (...files: readonly StoredKeyFile[]): StoredKeyEvidence => ({
  files,
  certificate: null,
  passphraseLength: null,
  guessCosts: [],
});
const verdictOn = (claim: string, evidence: StoredKeyEvidence): Verdict | undefined =>
  judgeStoredKeys(evidence).find((verdict) => verdict.claim === claim);
const kinds = (evidence: StoredKeyEvidence): string =>
  judgeStoredKeys(evidence)
    .map(({ claim, kind }) => `${claim} ${kind}`)
    .join(', ');

describe('judgeStoredKeys', () => {
  it.each<[string, Uint8Array, string]>([
    ['the target’s key', good, '5.3.a pass, 5.3.b pass, 6.1.a pass, 6.1.c pass'],
    [
      'CR LF',
      fromLatin1(latin1(good).replaceAll('\n', '\r\n')),
      '5.3.a pass, 5.3.b pass, 6.1.a pass, 6.1.c pass',
    ],
    ['DER', encryptByHand(recipe), '5.3.a fail, 5.3.b pass, 6.1.a pass, 6.1.c fail'],
    ['a key in clear', utf8(clearPem), '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c pass'],
    ['a PRF left out', made({ prf: null }), '5.3.a pass, 5.3.b fail, 6.1.a pass, 6.1.c pass'],
    ['SHA-512', made({ prf: 'sha512' }), '5.3.a pass, 5.3.b fail, 6.1.a pass, 6.1.c pass'],
    [
      '2047 iterations',
      made({ iterations: 2047 }),
      '5.3.a pass, 5.3.b fail, 6.1.a pass, 6.1.c pass',
    ],
    [
      'a salt of 7 bytes',
      made({ salt: new Uint8Array(7) }),
      '5.3.a pass, 5.3.b fail, 6.1.a pass, 6.1.c pass',
    ],
    ['text before', concat(utf8('x\n'), good), '5.3.a fail, 5.3.b pass, 6.1.a pass, 6.1.c fail'],
    ['two objects', concat(good, good), '5.3.a fail, 5.3.b pass, 6.1.a pass, 6.1.c fail'],
    [
      'a key in clear behind it',
      concat(good, utf8(clearPem)),
      '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c fail',
    ],
    [
      'another label',
      fromLatin1(toPem('PRIVATE KEY', encryptByHand(recipe))),
      '5.3.a fail, 5.3.b pass, 6.1.a pass, 6.1.c fail',
    ],
    [
      'trailing bytes',
      pemOf(concat(encryptByHand(recipe), hex('00'))),
      '5.3.a fail, 5.3.b pass, 6.1.a pass, 6.1.c pass',
    ],
    [
      'a truncated DER',
      pemOf(encryptByHand(recipe).subarray(0, 300)),
      '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c pass',
    ],
    [
      'PBES2 without parameters',
      pemOf(tlv(0x30, tlv(0x30, identifier('pbes2')), tlv(4, new Uint8Array(16)))),
      '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c pass',
    ],
    [
      'PKCS#5 v1',
      pemOf(
        tlv(
          0x30,
          tlv(0x30, identifier('pbeWithMd5AndDes'), tlv(0x30, tlv(4, recipe.salt), integer(2048))),
          tlv(4, new Uint8Array(16)),
        ),
      ),
      '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c pass',
    ],
    ['a Java key store', hex('feedfeed'), '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c fail'],
    ['no key at all', utf8('key'), '5.3.a fail, 5.3.b fail, 6.1.a pass, 6.1.c fail'],
  ])('on %s', (_, bytes, expected) => {
    expect(kinds(evidenceOf(fileOf(bytes)))).toBe(expected);
  });

  it('tells the file, the field, its offset, what was expected and what was found', () => {
    const evidence = evidenceOf(fileOf(good), fileOf(made({ prf: null }), opened, 'b.pem'));
    expect(verdictOn('5.3.b', evidence)).toEqual({
      claim: '5.3.b',
      kind: 'fail',
      reason:
        'b.pem: PRF hmacWithSHA1 (1.2.840.113549.2.7), left out: the default at byte 32 of the DER: left out of the file, which means HMAC-SHA1 (RFC 8018 appendix A.2)',
      expected: 'PRF hmacWithSHA256',
      observed: 'b.pem: PRF hmacWithSHA1 (1.2.840.113549.2.7), left out: the default',
      evidence: ['b.pem'],
    });
  });

  it('judges the size of the key that was opened, of the certificate, and of public keys', () => {
    const small = { ...opened, publicKey: rsa(1024) };
    const odd = { ...opened, publicKey: rsa(2048, 3n) };
    const ec = {
      ...opened,
      publicKey: { algorithm: 'EC (prime256v1)', bits: null, exponent: null },
    };
    for (const opening of [small, odd, ec])
      expect(verdictOn('6.1.a', evidenceOf(fileOf(good, opening)))?.kind).toBe('fail');
    expect(verdictOn('6.1.a', evidenceOf(fileOf(good, shut)))).toMatchObject({
      kind: 'inconclusive',
      reason: 'a.pem: public key unknown: it is shut; open it',
    });
    const certificate = { name: 'c.pem', publicKey: rsa(1024) };
    expect(verdictOn('6.1.a', { ...evidenceOf(fileOf(good, shut)), certificate })).toMatchObject({
      kind: 'fail',
      reason: 'c.pem: certificate’s key RSA 1024, exponent 65537',
    });
  });

  it('says nothing of a key where there is only a certificate or public key', () => {
    const bytes = fromLatin1(toPem('PUBLIC KEY', hex('3003 0201 00')));
    const evidence = evidenceOf(fileOf(bytes, { kind: 'public', publicKey: rsa(2048) }));
    expect(kinds(evidence)).toBe('5.3.a inconclusive, 5.3.b inconclusive, 6.1.a pass, 6.1.c pass');
  });

  it.each<[string, Opening, Verdict['kind']]>([
    ['belongs', { ...opened, belongs: true }, 'pass'],
    ['belongs to another', { ...opened, belongs: false }, 'fail'],
    ['was not opened', shut, 'inconclusive'],
  ])('judges 3.1.a with a certificate: the key %s', (_, opening, kind) => {
    const certificate = { name: 'c.pem', publicKey: rsa(2048) };
    const evidence = { ...evidenceOf(fileOf(good, opening)), certificate };
    expect(verdictOn('3.1.a', evidence)?.kind).toBe(kind);
    expect(verdictOn('3.1.a', evidenceOf(fileOf(good, opening)))).toBeUndefined();
  });

  it('holds the same facts against another policy', () => {
    const evidence = evidenceOf(fileOf(made({ prf: 'sha512', iterations: 3000 })));
    const policy = { ...targetPolicy, prf: 'hmacWithSHA512', iterations: 3000 };
    expect(judgeStoredKeys(evidence, policy).every(({ kind }) => kind === 'pass')).toBe(true);
    expect(judgeStoredKeys(evidenceOf(fileOf(good)), policy)).toMatchObject([
      { claim: '5.3.a', kind: 'pass' },
      { claim: '5.3.b', kind: 'fail', expected: 'PRF hmacWithSHA512; iterations 3000' },
      { claim: '6.1.a', kind: 'pass' },
      { claim: '6.1.c', kind: 'pass' },
    ]);
  });

  const der = encryptByHand(recipe);

  test.prop([fc.array(fc.tuple(fc.nat(110), fc.nat(255)), { maxLength: 2 }), fc.nat(2)], {
    numRuns: 400,
  })('passes 5.3 exactly where the reference’s own phone takes the file', (changes, shape) => {
    const changed = Uint8Array.from(der);
    for (const [position, byte] of changes) changed[position] = byte;
    const text = toPem(shape === 1 ? 'PRIVATE KEY' : label, changed) + (shape === 2 ? 'x' : '');
    const strict = parsePkcs8Envelope(text);
    const accepted = strict.ok && checkProtection(strict.value).ok;
    const verdicts = judgeStoredKeys(evidenceOf(fileOf(fromLatin1(text))));
    const passed = verdicts
      .filter(({ claim }) => claim.startsWith('5.3'))
      .every(({ kind }) => kind === 'pass');
    expect(passed).toBe(accepted);
  });
});

describe('observationsOf', () => {
  const ids = (evidence: StoredKeyEvidence): readonly string[] =>
    observationsOf(evidence).map(({ id }) => id);

  it('remarks on a salt or IV that different keys share, and not on copies', () => {
    const copies = evidenceOf(fileOf(good), fileOf(good, opened, 'copy.pem'));
    expect(ids(copies)).toEqual(['O12']);
    const other = fileOf(made({ passphrase: 'another' }), opened, 'b.pem');
    expect(ids(evidenceOf(fileOf(good), other))).toEqual(['P1/shared-salt', 'P1/shared-iv', 'O12']);
    expect(observationsOf(evidenceOf(fileOf(good), other))[0]?.text).toContain('a.pem, b.pem: ');
    expect(judgeStoredKeys(evidenceOf(fileOf(good), other)).map(({ kind }) => kind)).not.toContain(
      'fail',
    );
  });

  it('remarks on empty and short passphrases that opened a key', () => {
    const empty = { ...opened, with: 'empty passphrase' } as const;
    expect(ids(evidenceOf(fileOf(good, empty)))).toContain('P3/empty-passphrase');
    const of = (passphraseLength: number, opening: Opening) =>
      ids({ ...evidenceOf(fileOf(good, opening)), passphraseLength });
    expect(of(7, opened)).toContain('P3/short-passphrase');
    expect(of(8, opened)).not.toContain('P3/short-passphrase');
    expect(of(7, shut)).not.toContain('P3/short-passphrase');
  });

  it('has the cost of a guess with its unit', () => {
    const guessCosts = [{ prf: 'hmacWithSHA256', iterations: 2048, milliseconds: 0.5 }];
    expect(observationsOf({ ...evidenceOf(fileOf(good)), guessCosts })[0]).toMatchObject({
      id: 'P3/guess-cost',
      value: 0.5,
      unit: 'ms',
      text: expect.stringContaining('2000 guesses a second'),
    });
  });
});
