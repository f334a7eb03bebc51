import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../result.ts';
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
    ['sip:a@host;x="y"', 'sip/uri-character@13'],
    ['sip:a@host;x=%4', 'sip/parameter@12'],
    ['sip:a@host?a', 'sip/uri-headers@11'],
    ['sip:a@host?a=b&', 'sip/uri-headers@11'],
    ['sip:a@host:', 'sip/uri-host@6'],
    ['sip:a@-host', 'sip/uri-host@6'],
    ['sip:a@ho..st', 'sip/uri-host@6'],
    ['sip:a@1.2.3', 'sip/uri-host@6'],
    ['sip:a@256.1.1.1', 'sip/uri-host@6'],
    ['sip:a@[::1', 'sip/uri-host@6'],
  ])('refuses %s', (text, expected) => {
    expect(outcome(parseSipUri(text))).toBe(expected);
  });

  // RFC 3261 section 25.1 (paramchar) and 19.1.1; 'a/b' is no token, so no value of a header's parameter.
  it('takes every character of a parameter and of headers', () => {
    const uri = "sip:a@host;x=[a/b:c&d+e$f];!~*'()%41=-_.?Subject=a%20b&Route=%3Csip:c%3E&empty=";
    const read = parseSipUri(uri);
    expect(read.ok && read.value.parameters).toEqual([
      ['x', '[a/b:c&d+e$f]'],
      ["!~*'()%41", '-_.'],
    ]);
    expect(read.ok && read.value.headers).toBe('Subject=a%20b&Route=%3Csip:c%3E&empty=');
    expect(outcome(parseParameters(';x=a/b', 0))).toBe('sip/parameter@4');
  });

  // RFC 5954 section 4.1 and RFC 3986 section 3.2.2.
  it.each([
    ['[::]', true],
    ['[::1]', true],
    ['[2001:db8::9:1]', true],
    ['[2001:DB8:1:2:3:4:5:6]', true],
    ['[1:2:3:4:5:6:7::]', true],
    ['[::ffff:192.0.2.10]', true],
    ['[64:ff9b::192.0.2.33]', true],
    ['[1:2:3:4:5:6:192.0.2.1]', true],
    ['[1:2:3:4:5:6:7]', false],
    ['[1:2:3:4:5:6:7:8::]', false],
    ['[1::2::3]', false],
    ['[:::1]', false],
    ['[12345::]', false],
    ['[::192.0.2.256]', false],
    ['[192.0.2.1::]', false],
    ['[]', false],
    ['[g::]', false],
  ])('knows whether %s is an IPv6 reference', (reference, expected) => {
    expect(parseSipUri(`sip:a@${reference}:5061;transport=tls`).ok).toBe(expected);
    expect(parseVia(`SIP/2.0/TLS ${reference};branch=z9hG4bKx`).ok).toBe(expected);
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
    // RFC 3261 section 25.1: a quoted pair may be any ASCII character but a line end; blanks stand around ; and =.
    ['"\\\u0000\\\u0007" <sip:a@b> ;\ttag = x', '"\\\u0000\\\u0007"', 'sip:a@b', 'x'],
    [
      '"\u00c3\u00a9" <sip:a@[::1]:5061>;x="a;b\\"";tag=y',
      '"\u00c3\u00a9"',
      'sip:a@[::1]:5061',
      'y',
    ],
    // Section 20.10: outside brackets what follows the semicolon belongs to the header.
    ['sip:a@b;transport=tls', '', 'sip:a@b', undefined],
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
    ['"a\u0000b" <sip:a@b>', 'sip/display-name@0'],
    ['A, B <sip:a@b>', 'sip/display-name@0'],
    ['A; B <sip:a@b>', 'sip/display-name@0'],
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

  // The example of RFC 3261 section 20.42, and the other blanks that section 25.1 allows.
  it('reads blanks around slashes, colon, semicolon and equals', () => {
    const via = parseVia(
      'SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1',
    );
    expect(via.ok && formatVia(via.value)).toBe(
      'SIP/2.0/UDP first.example.com:4000;ttl=16;maddr=224.2.0.1;branch=z9hG4bKa7c6a8dlze.1',
    );
    const spread = parseVia('sip\t/2.0/ TLS [::1] : 5061 ; branch = z9hG4bKx');
    expect(spread.ok && sentBy(spread.value)).toBe('[::1]:5061');
  });

  it.each([
    ['SIP/2.0/TLS', 'sip/via@0'],
    ['SIP/2.0 TLS h', 'sip/via@0'],
    ['HTTP/1.1/TLS h', 'sip/via@0'],
    ['SIP/2.0/TLS h:99999', 'sip/via@12'],
    ['SIP/2.0/TLS h x', 'sip/via@12'],
    ['SIP/2.0/TLS h;;', 'sip/parameter@13'],
    ['SIP/2.0/TLS h;branch=', 'sip/parameter@20'],
  ])('refuses %s', (text, expected) => {
    expect(outcome(parseVia(text))).toBe(expected);
  });

  it('keeps the version of another protocol, and finds no branch in a cookie alone', () => {
    const other = parseVia('SIP/7.0/UDP c.example.com;branch=z9hG4bK');
    expect(other.ok && formatVia(other.value)).toBe('SIP/7.0/UDP c.example.com;branch=z9hG4bK');
    expect(other.ok && branchOf(other.value)).toBeUndefined();
  });

  it('does not call the same IPv6 address another one', () => {
    const via = parseVia('SIP/2.0/TLS [2001:DB8::1]:5061;branch=z9hG4bKx');
    expect(via.ok && formatVia(stampVia(via.value, '2001:db8::1', 1))).not.toContain('received');
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
    ['000000000000000009\tBYE', { sequence: 9, method: 'BYE' }],
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

  it('reads 64 parameters, and refuses the next', () => {
    const names = Array.from({ length: 65 }, (_, index) => `;p${index}`);
    expect(parseParameters(names.slice(1).join(''), 0).ok).toBe(true);
    expect(outcome(parseParameters(names.join(''), 0))).toBe(
      `sip/parameter@${names.slice(0, 64).join('').length}`,
    );
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
      '1'.repeat(60_000),
      'a-'.repeat(30_000),
      '1.'.repeat(30_000),
      ':'.repeat(60_000),
      '?a=b&'.repeat(12_000),
      '%41'.repeat(20_000),
    ]) {
      parseNameAddress(text);
      parseVia(`SIP/2.0/TLS h${text}`);
      parseSipUri(`sip:${text}`);
      parseSipUri(`sip:a@${text}`);
      parseSipUri(`sip:a@[${text}]`);
      parseSipUri(`sip:a@b;${text}`);
      parseSipUri(`sip:a@b${text}`);
      parseCSeq(text);
      splitOutside(text, ',');
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
