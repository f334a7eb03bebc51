import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parsePem, toPem } from './pem.ts';
import { scanPem } from './pem-scan.ts';

const der = Uint8Array.from({ length: 100 }, (_, index) => index);
const good = toPem('PRIVATE KEY', der);
const bodyAt = good.indexOf('\n') + 1;
const secondLineAt = bodyAt + 65;
const endAt = good.indexOf('-----END');
const codes = (text: string) => scanPem(text).faults.map(({ code, offset }) => [code, offset]);

/** Texts near to PEM: pieces of it, with other pieces between. */
const nearPem = fc
  .array(
    fc.oneof(
      fc.constantFrom(good, good.replaceAll('\n', '\r\n'), toPem('CERTIFICATE', der)),
      fc.constantFrom('\n', '\r\n', ' ', 'text\n', 'Proc-Type: 4,ENCRYPTED\n', '====', 'AAAA\n'),
      fc.constantFrom('-----BEGIN PRIVATE KEY-----\n', '-----END PRIVATE KEY-----\n', '-----'),
      fc.tuple(fc.nat(good.length), fc.nat(good.length)).map(([a, b]) => good.slice(a, b)),
    ),
    { maxLength: 4 },
  )
  .map((pieces) => pieces.join(''));

describe('scanPem', () => {
  it.each<[string, string, readonly (readonly [string, number])[]]>([
    ['nothing, of strict PEM', good, []],
    ['nothing, with CR LF', good.replaceAll('\n', '\r\n'), []],
    ['text before', `hello\n${good}`, [['pem-text', 0]]],
    ['text behind', `${good}\nhello`, [['pem-text', good.length]]],
    ['a second object', good + good, [['pem-count', good.length]]],
    ['a missing end', good.slice(0, endAt), [['pem-end', endAt]]],
    ['another end', good.replace('END PRIVATE', 'END PUBLIC'), [['pem-end', endAt]]],
    ['text behind the end', good.replace(/\n$/, ' \n'), [['pem-end', endAt]]],
    ['text behind the begin', good.replace('-----\n', '----- \n'), [['pem-begin', 0]]],
    ['no body', toPem('PRIVATE KEY', new Uint8Array()), [['pem-line', bodyAt]]],
    ['a stray character', good.replace(/\n(.{5})./, '\n$1*'), [['pem-base64', bodyAt + 5]]],
    ['a long line', good.replace(/(?<=\n.{64})\n/, ''), [['pem-line', bodyAt]]],
    [
      'headers',
      good.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'),
      [['pem-header', bodyAt]],
    ],
    [
      'blanks in the body, which it still reads',
      `${good.slice(0, secondLineAt)} ${good.slice(secondLineAt)}`,
      [
        ['pem-line', secondLineAt],
        ['pem-base64', secondLineAt],
      ],
    ],
  ])('names %s', (_, text, faults) => {
    expect(codes(text)).toEqual(faults);
  });

  it('reads what it names', () => {
    const text = `hello\n${good.replace('\n', '\nDEK-Info: AES-256-CBC,00\n\n')}\n${good}`;
    const { blocks } = scanPem(text);
    expect(blocks.map(({ label, der: read }) => [label, read])).toEqual([
      ['PRIVATE KEY', der],
      ['PRIVATE KEY', der],
    ]);
    expect([...(blocks[0]?.headers ?? [])]).toEqual([['DEK-Info', 'AES-256-CBC,00']]);
    expect(blocks.map(({ offset }) => text.slice(offset, offset + 10))).toEqual([
      '-----BEGIN',
      '-----BEGIN',
    ]);
  });

  test.prop([nearPem], { numRuns: 500 })('finds no fault exactly where strict PEM is', (text) => {
    const { blocks, faults } = scanPem(text);
    const [block] = blocks;
    const strict = parsePem(text, block?.label ?? 'PRIVATE KEY');
    expect(strict.ok).toBe(blocks.length === 1 && faults.length === 0);
    if (strict.ok) expect(block?.der).toEqual(strict.value);
    for (const { offset } of faults) expect(offset).toBeLessThanOrEqual(text.length);
  });

  it('is linear on the longest hostile texts', () => {
    for (const piece of ['-----BEGIN A-----\n', '-----', 'A: \n', '=', '-----BEGIN \n', ' \t\r'])
      expect(scanPem(piece.repeat(65_536 / piece.length)).blocks.length).toBeLessThan(4096);
  });
});

describe('scanPem says why', () => {
  const details = (text: string) =>
    scanPem(text).faults.map(({ code, offset, detail }) => [code, offset, detail]);
  const begin = '-----BEGIN PRIVATE KEY-----\n';
  const end = '-----END PRIVATE KEY-----\n';
  const line = 'A'.repeat(64);
  const body = (...lines: readonly string[]): string =>
    `${begin}${lines.map((each) => `${each}\n`).join('')}${end}`;
  const behind = begin.length + 65;

  it.each<[string, string, readonly (readonly [string, number, string?])[]]>([
    ['an end missing', begin + line, [['pem-end', begin.length + 64, 'no END PRIVATE KEY']]],
    [
      'an end missing before the next object',
      `${begin}${line}\n${good}`,
      [
        ['pem-end', behind, 'no END PRIVATE KEY'],
        ['pem-count', behind],
      ],
    ],
    [
      'another end',
      body(line).replace('END PRIVATE', 'END PUBLIC'),
      [['pem-end', behind, 'END PUBLIC KEY closes BEGIN PRIVATE KEY']],
    ],
    ['text behind the end', `${body(line).trimEnd()} x`, [['pem-end', behind, 'text behind END']]],
    ['no body', body(), [['pem-line', 0, 'no body']]],
    ['an empty body', body(''), [['pem-line', begin.length, 'a line of 0 characters']]],
    [
      'a last line too long',
      body('A'.repeat(68)),
      [['pem-line', begin.length, 'a line of 68 characters']],
    ],
    [
      'a first line too short',
      body('AAAA', line),
      [['pem-line', begin.length, 'a line of 4 characters']],
    ],
    [
      'a first line too long',
      body('A'.repeat(68), line),
      [['pem-line', begin.length, 'a line of 68 characters']],
    ],
    ['an empty last line', body(line, ''), [['pem-line', behind, 'a line of 0 characters']]],
    [
      'a character of no base64',
      body(line, 'AA*A'),
      [['pem-base64', behind + 2, 'base64-alphabet']],
    ],
    ['half a group of base64', body(line, 'AAA'), [['pem-base64', behind, 'base64-length']]],
    ['unused bits that are set', body(line, 'AAB='), [['pem-base64', behind, 'base64-canonical']]],
    ['nothing of three objects but the second', good + good + good, [['pem-count', good.length]]],
    ['nothing of a short last line', body(line, 'AAAA'), []],
    ['nothing of a full last line', body(line, line), []],
    ['nothing where no line break is behind the end', good.trimEnd(), []],
  ])('%s', (_, text, expected) => {
    expect(details(text)).toEqual(expected.map(([code, offset, detail]) => [code, offset, detail]));
  });

  it('a text is named once however many lines it has, and again behind an object', () => {
    const text = `a\nb\n\n${good}c\nd\n${good}e`;
    const first = text.indexOf('-----BEGIN');
    expect(codes(text)).toEqual([
      ['pem-text', 0],
      ['pem-text', first + good.length],
      ['pem-count', first + good.length + 4],
      ['pem-text', text.length - 1],
    ]);
  });

  it('an END without BEGIN is text', () => {
    expect(codes(end)).toEqual([['pem-text', 0]]);
    expect(scanPem(end).blocks).toEqual([]);
  });

  it.each(['', ' A', 'a', 'A_B', 'A\t'])('no label of RFC 7468 section 3: %j', (label) => {
    const { blocks, faults } = scanPem(good.replaceAll('PRIVATE KEY', label));
    expect(faults).toEqual([{ code: 'pem-begin', offset: 0 }]);
    expect(blocks).toMatchObject([{ label, der }]);
  });

  it.each(['A', '0', 'A 0', 'X509 CRL'])('a label of RFC 7468 section 3: %j', (label) => {
    expect(scanPem(good.replaceAll('PRIVATE KEY', label)).faults).toEqual([]);
  });

  it('a label has 64 characters at most', () => {
    const labelled = (length: number) =>
      scanPem(good.replaceAll('PRIVATE KEY', 'A'.repeat(length)));
    expect(labelled(64)).toMatchObject({ blocks: [{ der }], faults: [] });
    expect(labelled(65)).toMatchObject({ blocks: [], faults: [{ code: 'pem-text', offset: 0 }] });
  });

  it('BEGIN and END stand at the beginning of their lines', () => {
    expect(scanPem(` ${good}`)).toMatchObject({ blocks: [], faults: [{ code: 'pem-text' }] });
    const { blocks, faults } = scanPem(good.replace('\n-----END', '\n -----END'));
    expect([blocks.length, faults.map(({ code }) => code)]).toEqual([
      1,
      ['pem-line', 'pem-base64', 'pem-end'],
    ]);
  });

  it('CR LF are told from LF and from CR alone', () => {
    const crlf = good.replaceAll('\n', '\r\n');
    expect(scanPem(crlf)).toMatchObject({ blocks: [{ der }], faults: [], carriageReturns: true });
    expect(scanPem(good).carriageReturns).toBe(false);
    const alone = scanPem(`${good.trimEnd()}\r`);
    expect(alone.carriageReturns).toBe(false);
    expect(alone.faults.at(-1)).toMatchObject({ code: 'pem-end' });
  });
});

describe('header lines (RFC 1421 section 4.4)', () => {
  const headed = (...lines: readonly string[]) =>
    scanPem(good.replace('\n', `\n${lines.join('\n')}\n`));

  it('end with the blank line, and the body begins behind it', () => {
    const { blocks, faults } = headed('A: b', 'Some-Name:c: d', 'E:   f g', '');
    expect(faults).toEqual([{ code: 'pem-header', offset: bodyAt }]);
    expect(blocks).toMatchObject([{ der }]);
    expect([...(blocks[0]?.headers ?? [])]).toEqual([
      ['A', 'b'],
      ['Some-Name', 'c: d'],
      ['E', 'f g'],
    ]);
  });

  it('without a name are passed over', () => {
    const { blocks } = headed('A: b', 'continued', ': none', 'with blank: none', '\u00a0: c', '');
    expect([...(blocks[0]?.headers ?? [])]).toEqual([['A', 'b']]);
    expect(blocks).toMatchObject([{ der }]);
  });

  it('without a blank line behind leave no body', () => {
    const { blocks, faults } = headed('A: b');
    expect(faults.map(({ code }) => code)).toEqual(['pem-line', 'pem-header']);
    expect(blocks).toMatchObject([{ der: new Uint8Array() }]);
  });

  it('are none behind a line of the body', () => {
    const { blocks, faults } = headed('AAAA', 'A: b', '');
    expect(blocks).toMatchObject([{ der: null }]);
    expect(blocks[0]?.headers.size).toBe(0);
    expect(faults.map(({ code }) => code)).toEqual(['pem-line', 'pem-base64']);
  });
});

describe('a body that is no strict base64', () => {
  it.each([' ', '\t', '\r', ' \t'])('is read without blanks: %j', (blanks) => {
    const { blocks } = scanPem(good.replace(/\n(.{5})/, `\n$1${blanks}`));
    expect(blocks).toMatchObject([{ der }]);
  });

  it('is not read with anything else', () => {
    expect(scanPem(good.replace(/\n(.{5})/, '\n$1\u00a0')).blocks).toMatchObject([{ der: null }]);
    expect(scanPem(good.replace(/\n(.{5})./, '\n$1*')).blocks).toMatchObject([{ der: null }]);
  });
});
