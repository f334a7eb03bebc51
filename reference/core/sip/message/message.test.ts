import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, equal, fromLatin1, latin1, utf8 } from '../../bytes.ts';
import {
  allHeaders,
  header,
  headerValues,
  listValues,
  makeRequest,
  parseMessage,
  prependHeader,
  replaceFirstValue,
  replaceHeader,
  serialize,
  soleHeader,
  withBody,
  withHeader,
  withoutHeader,
} from './message.ts';

const SAMPLE = [
  'INVITE sip:+33612345678@example.com;transport=tls SIP/2.0',
  'v: SIP/2.0/TLS 10.0.0.2:4000;branch=z9hG4bKa, SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKb',
  'Via : SIP/2.0/TLS 10.0.0.9;branch=z9hG4bKc',
  't: <sip:+33612345678@example.com>',
  'FROM:\t"A, \\"B\\"" <sip:+33687654321@example.com>;tag=x ',
  'Subject: folded',
  ' \tsubject',
  'i: abc@host',
  'CSeq: 1   INVITE',
  'Content-Length:  4',
  '',
  'body',
].join('\r\n');

const parsed = (text: string) => {
  const result = parseMessage(fromLatin1(text));
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

const refusal = (text: string, limits = {}) => {
  const result = parseMessage(fromLatin1(text), limits);
  return result.ok ? undefined : result.error;
};

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,11}$/);
const value = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,30}$/);
const rawHeader = fc
  .tuple(token, fc.constantFrom(':', ': ', ' : ', ':\t'), value, fc.array(value, { maxLength: 2 }))
  .filter(([name]) => !/^(content-length|l)$/i.test(name))
  .map(([name, colon, text, folds]) => [`${name}${colon}${text}`, ...folds].join('\r\n '));
const rawMessage = fc
  .tuple(
    fc.constantFrom('OPTIONS sip:+33612345678@h SIP/2.0', 'SIP/2.0 200 OK', 'sip/2.0 487 '),
    fc.array(rawHeader, { maxLength: 8 }),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([start, headers, body]) =>
    concat(
      fromLatin1([start, ...headers, `L:${body.length}`, '', ''].join('\r\n')),
      new Uint8Array(body),
    ),
  );

describe('parseMessage', () => {
  it('keeps every byte of a message with folds, compact names and odd blanks', () => {
    expect(latin1(serialize(parsed(SAMPLE)))).toBe(SAMPLE);
  });

  it('finds headers by any case and by compact form', () => {
    const message = parsed(SAMPLE);
    expect(header(message, 'to')).toBe('<sip:+33612345678@example.com>');
    expect(header(message, 'f')).toBe('"A, \\"B\\"" <sip:+33687654321@example.com>;tag=x');
    expect(headerValues(message, 'Via')).toHaveLength(2);
    expect(listValues(message, 'VIA').map((via) => via.slice(-1))).toEqual(['a', 'b', 'c']);
    expect(soleHeader(message, 'Via')).toBeUndefined();
    expect(header(message, 'Subject')).toBe('folded subject');
  });

  it('shows folds and blanks as received in allHeaders', () => {
    const pairs = allHeaders(parsed(SAMPLE));
    expect(pairs[4]).toEqual(['Subject', ' folded\r\n \tsubject']);
    expect(pairs[1]?.[1]).toBe(' SIP/2.0/TLS 10.0.0.9;branch=z9hG4bKc');
  });

  it.each([
    ['no end of head', 'OPTIONS sip:a SIP/2.0\r\n', 'sip/head-end'],
    ['bare LF', 'OPTIONS sip:a SIP/2.0\nA: b\r\n\r\n', 'sip/line-end'],
    ['bare CR', 'OPTIONS sip:a SIP/2.0\r\nA: b\rc\r\n\r\n', 'sip/line-end'],
    ['two spaces', 'OPTIONS  sip:a SIP/2.0\r\n\r\n', 'sip/start-line'],
    ['no version', 'OPTIONS sip:a\r\n\r\n', 'sip/start-line'],
    ['a Request-URI in brackets', 'OPTIONS <sip:a> SIP/2.0\r\n\r\n', 'sip/start-line'],
    ['a Request-URI without scheme', 'OPTIONS a@b SIP/2.0\r\n\r\n', 'sip/start-line'],
    ['a wrong escape', 'OPTIONS sip:%4 SIP/2.0\r\n\r\n', 'sip/start-line'],
    ['a trailing blank', 'OPTIONS sip:a SIP/2.0 \r\n\r\n', 'sip/start-line'],
    ['a status without blank', 'SIP/2.0 200\r\n\r\n', 'sip/start-line'],
    ['a leading line end', '\r\nOPTIONS sip:a SIP/2.0\r\n\r\n', 'sip/start-line'],
    ['an empty name', 'OPTIONS sip:a SIP/2.0\r\n: y\r\n\r\n', 'sip/header'],
    ['a name with a blank', 'OPTIONS sip:a SIP/2.0\r\nX y: z\r\n\r\n', 'sip/header'],
    ['four-digit status', 'SIP/2.0 2000 OK\r\n\r\n', 'sip/start-line'],
    ['no colon', 'OPTIONS sip:a SIP/2.0\r\nnothing\r\n\r\n', 'sip/header'],
    ['fold before any header', 'OPTIONS sip:a SIP/2.0\r\n x: y\r\n\r\n', 'sip/header'],
    ['negative length', 'OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n', 'sip/content-length'],
    ['two lengths', 'OPTIONS sip:a SIP/2.0\r\nl: 0\r\nl: 0\r\n\r\n', 'sip/content-length'],
    ['short body', 'OPTIONS sip:a SIP/2.0\r\nl: 3\r\n\r\nab', 'sip/content-length'],
    ['long body', 'OPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\nab', 'sip/content-length'],
  ])('refuses %s', (_name, text, code) => {
    expect(refusal(text)?.code).toBe(code);
  });

  // RFC 3261 sections 7.3.1 (blanks before the colon, folds, empty values), 7.3.3 (compact forms), 7.1 (version in any case).
  it('reads what the grammar allows', () => {
    const message = parsed(
      'OPTIONS tel:+1 sip/2.0\r\nS:\r\nk\t : a,\r\n\t,b\r\nY: z\r\nSupported: "c,d" \r\nL \t:\r\n 0003\r\n\r\nabc',
    );
    expect(message).toMatchObject({ method: 'OPTIONS', uri: 'tel:+1', version: 'sip/2.0' });
    expect(header(message, 'Subject')).toBe('');
    expect(listValues(message, 'supported')).toEqual(['a', 'b', '"c,d"']);
    expect(header(message, 'Identity')).toBe('z');
  });

  it('says where a Content-Length is wrong', () => {
    expect(refusal('OPTIONS sip:a SIP/2.0\r\nX: y\r\nl: x\r\n\r\n')?.offset).toBe(29);
    expect(refusal('OPTIONS sip:a SIP/2.0\r\nl: 0\r\nl: 0\r\n\r\n')?.offset).toBe(29);
  });

  it('refuses more than the limits allow, exactly', () => {
    const length = SAMPLE.length;
    expect(refusal(SAMPLE, { maximumBytes: length })).toBeUndefined();
    expect(refusal(SAMPLE, { maximumBytes: length - 1 })?.code).toBe('sip/too-large');
    expect(refusal(SAMPLE, { maximumHeaders: 8 })).toBeUndefined();
    expect(refusal(SAMPLE, { maximumHeaders: 7 })?.code).toBe('sip/header-count');
  });

  test.prop([rawMessage])('gives back the bytes of any message', (bytes) => {
    const result = parseMessage(bytes);
    expect(result.ok && equal(serialize(result.value), bytes)).toBe(true);
  });

  test.prop([rawMessage, fc.nat(), fc.nat(255)])(
    'returns a value that serialises to its input, or a fault with an offset inside it, for any changed byte',
    (bytes, position, byte) => {
      const changed = Uint8Array.from(bytes);
      changed[position % changed.length] = byte;
      const result = parseMessage(changed);
      if (result.ok) expect(equal(serialize(result.value), changed)).toBe(true);
      else expect(result.error.offset).toBeLessThanOrEqual(changed.length);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 200 })])('never throws on noise', (noise) => {
    expect(typeof parseMessage(new Uint8Array(noise)).ok).toBe('boolean');
  });
});

describe('changing messages', () => {
  it('keeps the bytes of every header it does not change', () => {
    const changed = withHeader(replaceHeader(parsed(SAMPLE), 'Subject', 'new'), 'X-New', 'y');
    expect(latin1(serialize(changed))).toBe(
      SAMPLE.replace('Subject: folded\r\n \tsubject', 'Subject: new').replace(
        'Content-Length:  4\r\n',
        'Content-Length:  4\r\nX-New: y\r\n',
      ),
    );
  });

  it('removes and replaces only the first value of a joined list', () => {
    const popped = replaceFirstValue(parsed(SAMPLE), 'Via', undefined);
    expect(listValues(popped, 'Via')).toEqual([
      'SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKb',
      'SIP/2.0/TLS 10.0.0.9;branch=z9hG4bKc',
    ]);
    const twice = replaceFirstValue(popped, 'Via', undefined);
    expect(headerValues(twice, 'Via')).toEqual(['SIP/2.0/TLS 10.0.0.9;branch=z9hG4bKc']);
    expect(listValues(replaceFirstValue(popped, 'v', 'Z'), 'Via')[0]).toBe('Z');
  });

  it.each([
    [',, A ,"x,y" B', 'new, "x,y" B'],
    ['<sip:a,b>,C', 'new, C'],
    ['A', 'new'],
  ])('replaces the first value of %s that is not empty', (list, expected) => {
    const message = parsed(`OPTIONS sip:a@b SIP/2.0\r\nVia: , ,\r\nVia: ${list}\r\n\r\n`);
    expect(headerValues(replaceFirstValue(message, 'Via', 'new'), 'Via')).toEqual([
      ', ,',
      expected,
    ]);
  });

  // 64 KB of blanks before a fold took 2.5 s, and everybody waited.
  it('reads folds in a time that grows with their length alone', () => {
    const line = (filler: string) => `OPTIONS sip:a@b SIP/2.0\r\nX: a${filler}b\r\n c\r\n\r\n`;
    const started = performance.now();
    const value = header(parsed(line(' '.repeat(60_000))), 'X');
    expect(header(parsed(line('\r\n \t'.repeat(15_000))), 'X')).toBe(`a${' '.repeat(15_000)}b c`);
    expect(performance.now() - started).toBeLessThan(500);
    expect(value).toBe(`a${' '.repeat(60_000)}b c`);
  });

  it('sets Content-Length with the body', () => {
    const changed = withBody(parsed(SAMPLE), utf8('longer body'));
    expect(header(changed, 'Content-Length')).toBe('11');
    expect(parseMessage(serialize(changed)).ok).toBe(true);
    expect(header(withoutHeader(changed, 'l'), 'Content-Length')).toBeUndefined();
  });

  it('puts a prepended header first', () => {
    expect(headerValues(prependHeader(parsed(SAMPLE), 'Via', 'new'), 'Via')[0]).toBe('new');
  });

  test.prop([rawMessage, token, value, fc.nat(8)])(
    'leaves the bytes of every other header alone',
    (bytes, name, text, index) => {
      const result = parseMessage(bytes);
      if (!result.ok) throw new Error(result.error.code);
      const message = result.value;
      const target = message.headers[index % message.headers.length]?.name ?? name;
      const others = (changed: typeof message, own: string) =>
        changed.headers.filter((each) => each.name.toLowerCase() !== own.toLowerCase());
      for (const changed of [
        replaceHeader(message, target, text),
        replaceFirstValue(message, target, text),
        replaceFirstValue(message, target, undefined),
        withoutHeader(message, target),
      ])
        expect(others(changed, target)).toEqual(others(message, target));
      expect(prependHeader(message, name, text).headers.slice(1)).toEqual(message.headers);
      expect(withHeader(message, name, text).headers.slice(0, -1)).toEqual(message.headers);
      expect(serialize(message)).toEqual(bytes);
    },
  );

  test.prop([fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ maxLength: 10 })])(
    'never lets a value or a name make a second header',
    (text, name) => {
      const message = makeRequest('OPTIONS', 'sip:a@b', [
        [`X${name}`, `${text}\r\nEvil: 1\u010aEvil: 2`],
      ]);
      const again = parseMessage(serialize(message));
      expect(again.ok && again.value.headers).toHaveLength(2);
    },
  );
});
