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
