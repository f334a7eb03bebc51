import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Result } from '../result.ts';
import { parseCSeq } from './cseq.ts';
import { splitOutside } from './lists.ts';
import { parseNameAddress, tagOf } from './name-address.ts';
import { formatParameters, parameter, parseParameters } from './parameters.ts';
import { isNumber, parseSipUri, userOf } from './uri.ts';
import { branchOf, formatVia, parseVia, sentBy, stampVia } from './via.ts';

const outcome = <Value>(result: Result<Value>) =>
  result.ok ? result.value : `${result.error.code}@${result.error.offset}`;

const token = fc.stringMatching(/^[A-Za-z0-9!%*_+.-]{1,8}$/);
const quoted = fc.stringMatching(/^"([ -!#-[\]-~]|\\["\\])*"$/);
const parameters = fc.uniqueArray(
  fc.tuple(token, fc.option(fc.oneof(token, quoted), { nil: undefined })),
  {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 4,
  },
);
const host = fc.constantFrom('example.com', '10.0.0.1', '[2001:db8::1]', 'h');
const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '<',
        '>',
        ';',
        ',',
        '=',
        ':',
        '@',
        'sip:',
        'a',
        ' ',
        '[',
        'SIP/2.0/TLS ',
      ),
      {
        maxLength: 20,
      },
    )
    .map((parts) => parts.join('')),
);

describe('parseSipUri', () => {
  it('reads user, host, port and parameters, and decodes nothing', () => {
    expect(
      outcome(parseSipUri('sip:%2B33612345678:pw@Example.com:5061;transport=tls?a=b')),
    ).toEqual({
      scheme: 'sip',
      user: '%2B33612345678',
      host: 'Example.com',
      port: 5061,
      parameters: [['transport', 'tls']],
      headers: 'a=b',
    });
    expect(userOf('sip:+33612345678@host;transport=tls')).toBe('+33612345678');
    expect(userOf('sip:host')).toBeUndefined();
  });

  it.each([
    ['tel:+33612345678', 'sip/uri-scheme@0'],
    ['sip:', 'sip/uri-host@4'],
    ['sip:@host', 'sip/uri-user@4'],
    ['sip:a b@host', 'sip/uri-character@5'],
    ['sip:a@host ;x', 'sip/uri-character@10'],
    ['sip:a%2@host', 'sip/uri-user@4'],
    ['sip:a@b@host', 'sip/uri-host@6'],
    ['sip:a@host:0', 'sip/uri-host@6'],
    ['sip:a@host:65536', 'sip/uri-host@6'],
    ['sip:a@host;x=1;X=2', 'sip/parameter@14'],
    ['sip:a@host;', 'sip/parameter@10'],
  ])('refuses %s', (text, expected) => {
    expect(outcome(parseSipUri(text))).toBe(expected);
  });

  it.each([
    ['+33612345678', true],
    ['+12', true],
    ['+123456789012345', true],
    ['+1', false],
    ['+1234567890123456', false],
    ['+03', false],
    ['33612345678', false],
    ['%2B33612345678', false],
    ['+33612345678\n', false],
  ])('knows whether %j is a number', (text, expected) => {
    expect(isNumber(text)).toBe(expected);
  });
});

describe('parseNameAddress', () => {
  it.each([
    ['<sip:a@b>;tag=x', '', 'sip:a@b', 'x'],
    ['"A <b>, \\"c\\"" <sip:a@b;p=1>;x;tag=y', '"A <b>, \\"c\\""', 'sip:a@b;p=1', 'y'],
    ['Two words <sip:a@b>', 'Two words', 'sip:a@b', undefined],
    ['sip:a@b;tag=z', '', 'sip:a@b', 'z'],
    ['tel:+33612345678', '', 'tel:+33612345678', undefined],
  ])('reads %s', (text, displayName, uri, tag) => {
    const result = parseNameAddress(text);
    if (!result.ok) throw new Error(result.error.code);
    expect(result.value).toMatchObject({ displayName, uri });
    expect(tagOf(result.value)).toBe(tag);
  });

  it.each([
    ['', 'sip/address@0'],
    ['"open <sip:a@b>', 'sip/display-name@0'],
    ['<sip:a@b', 'sip/address@0'],
    ['<sip:a b>', 'sip/address@0'],
    ['<sip:a@b>x', 'sip/parameter@9'],
    ['<sip:a@b>;tag=1;tag=2', 'sip/parameter@15'],
    ['sip:a@b?x=y', 'sip/address@0'],
    ['sip:a@b, sip:c@d', 'sip/address@0'],
  ])('refuses %s', (text, expected) => {
    expect(outcome(parseNameAddress(text))).toBe(expected);
  });

  test.prop([fc.oneof(quoted, fc.constant('')), host, parameters])(
    'gives back what was written',
    (displayName, place, written) => {
      const uri = `sip:+33612345678@${place}`;
      const text = `${displayName}<${uri}>${formatParameters(written)}`;
      expect(outcome(parseNameAddress(text))).toEqual({ displayName, uri, parameters: written });
      expect(splitOutside(`${text},${text}`, ',')).toEqual([text, text]);
    },
  );
});

describe('parseVia', () => {
  it('reads, stamps and writes', () => {
    const via = parseVia('SIP / 2.0/tls [::1]:5061 ;branch=z9hG4bKx;rport');
    if (!via.ok) throw new Error(via.error.code);
    expect(sentBy(via.value)).toBe('[::1]:5061');
    expect(branchOf(via.value)).toBe('z9hG4bKx');
    expect(formatVia(stampVia(via.value, '10.0.0.9', 4000))).toBe(
      'SIP/2.0/TLS [::1]:5061;branch=z9hG4bKx;received=10.0.0.9;rport=4000',
    );
  });

  it('overwrites a received that the sender wrote, and knows no branch without the cookie', () => {
    const via = parseVia('SIP/2.0/TLS 10.0.0.1;received=6.6.6.6;branch=old');
    if (!via.ok) throw new Error(via.error.code);
    expect(formatVia(stampVia(via.value, '10.0.0.1', 1))).toBe('SIP/2.0/TLS 10.0.0.1;branch=old');
    expect(branchOf(via.value)).toBeUndefined();
  });

  test.prop([host, fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }), parameters])(
    'gives back what was written',
    (place, port, written) => {
      const via = { transport: 'TLS', host: place, port, parameters: written };
      expect(outcome(parseVia(formatVia(via)))).toEqual(via);
    },
  );
});

describe('smaller parts', () => {
  it.each([
    ['1 INVITE', { sequence: 1, method: 'INVITE' }],
    ['2147483647   BYE', { sequence: 2_147_483_647, method: 'BYE' }],
    ['2147483648 BYE', 'sip/cseq@0'],
    ['-1 BYE', 'sip/cseq@0'],
    ['1', 'sip/cseq@0'],
    ['1 IN VITE', 'sip/cseq@0'],
  ])('CSeq %s', (text, expected) => {
    expect(outcome(parseCSeq(text))).toEqual(expected);
  });

  it('tells a parameter without value from an absent one', () => {
    const parsed = parseParameters(';LR;a="x;y"', 0);
    if (!parsed.ok) throw new Error(parsed.error.code);
    expect(parameter(parsed.value, 'lr')).toBeNull();
    expect(parameter(parsed.value, 'A')).toBe('"x;y"');
    expect(parameter(parsed.value, 'b')).toBeUndefined();
  });

  test.prop([noise])('every parser is total, its offsets inside the text', (text) => {
    for (const parse of [parseSipUri, parseNameAddress, parseVia, parseCSeq]) {
      const result: Result<unknown> = parse(text);
      expect(result.ok || result.error.offset <= text.length).toBe(true);
    }
    expect(splitOutside(text, ',').length).toBeGreaterThan(0);
  });

  it('stays linear on hostile text', () => {
    const started = performance.now();
    for (const text of [
      '"\\'.repeat(30_000),
      ';a'.repeat(20_000),
      ' \t'.repeat(30_000),
      '<'.repeat(60_000),
    ]) {
      parseNameAddress(text);
      parseVia(`SIP/2.0/TLS h${text}`);
      parseSipUri(`sip:${text}`);
      splitOutside(text, ',');
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
