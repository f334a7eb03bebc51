import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseCommand } from './commands.ts';
import { passwordStrength } from './password.ts';
import { fill, languageOf, reasonOf, wordsOf } from './words.ts';

describe('a command of a screen', () => {
  it.each([
    { do: 'request-enrolment', number: '+33639985001', password: 'x' },
    { do: 'mute', on: true },
    { do: 'answer' },
  ])('%o is read', (command) => {
    expect(parseCommand(JSON.stringify(command))).toEqual({ ok: true, value: command });
  });

  it.each([
    ['{', 'command/json'],
    ['{"do":"explode"}', 'command/form'],
    ['{"do":"answer","more":1}', 'command/form'],
    ['{"do":"mute","on":"yes"}', 'command/form'],
    [JSON.stringify({ do: 'dial', number: '1'.repeat(257) }), 'command/form'],
    ['null', 'command/form'],
  ])('%s is refused', (text, code) => {
    expect(parseCommand(text)).toMatchObject({ ok: false, error: { code } });
  });

  test.prop([fc.oneof(fc.string(), fc.json())])('of any kind never throws', (text) => {
    expect(typeof parseCommand(text).ok).toBe('boolean');
  });
});

describe('the hint about a password', () => {
  it.each([
    ['', 'too-short'],
    ['Tr0ub4d', 'too-short'],
    ['aaaaaaaaaaaaaaaaaaaa', 'weak'],
    ['12345678901234567890', 'weak'],
    ['abcdefghijklmnop', 'weak'],
    ['password', 'weak'],
    ['Tr0ub4dor&3', 'fair'],
    ['rain falls on zinc roofs', 'strong'],
  ])('%s: %s', (password, strength) => expect(passwordStrength(password)).toBe(strength));

  test.prop([fc.string({ unit: 'grapheme' })])(
    'is never more than too-short below 8',
    (password) => {
      expect(passwordStrength(password) === 'too-short').toBe(Array.from(password).length < 8);
    },
  );
});

describe('words', () => {
  it.each([
    [['fr-CA', 'en'], 'fr'],
    [['de', 'fr'], 'fr'],
    [['de'], 'en'],
    [[], 'en'],
    [['constructor'], 'en'],
  ] as const)('for a browser of %j are in %s', (wanted, language) =>
    expect(languageOf(wanted)).toBe(language),
  );

  const codes = [
    'hung-up',
    'csl/identity',
    'csl/from-chain',
    'csl/tag',
    'csl/media',
    'csl/time',
    'csl/revoked',
    'csl/revocation-unavailable',
    'sip/404',
    'sip/480',
    'sip/486',
    'sip/603',
    'sip/408',
    'sip/403',
    'sip/488',
    'sip/connection-lost',
    'sip/500',
    'sip/revoked',
    'storage/wrong-passphrase',
    'storage/key-file',
    'tls/connect',
    'tls/issuer',
    'network/unreachable',
    'enrolment/token-digits',
    'enrolment/token-wrong',
    'enrolment/token-expired',
    'enrolment/key-weak',
    'service/unavailable',
    'dial/number',
    'dial/self',
    'phone/fault',
  ];

  it.each(['en', 'fr'] as const)('in %s explain every code, without the code', (language) => {
    const words = wordsOf(language);
    for (const code of codes) {
      const text = reasonOf(code, words);
      expect(text, code).not.toBe(words['why unknown']);
      expect(text).not.toContain('/');
    }
    expect(reasonOf('something/else', words)).toBe(words['why unknown']);
    expect(reasonOf('toString', words)).toBe(words['why unknown']);
  });

  it('have the same gaps in both languages', () => {
    const gapsOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort();
    const french = wordsOf('fr');
    for (const [name, text] of Object.entries(wordsOf('en')))
      expect(gapsOf(french[name as keyof typeof french]), name).toEqual(gapsOf(text));
    expect(fill('{a} and {b}', { a: 'x' })).toBe('x and ');
  });
});
