import type * as fc from 'fast-check';
import { equal, fromLatin1, latin1, toHex } from '../../reference/core/bytes.ts';
import { scanPem } from '../../reference/core/keystore/pem-scan.ts';
import { parsePem, parsePemChain, toPem } from '../../reference/core/keystore/pem.ts';
import { clearKey, fixtureKeys } from '../fixtures.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { smallRandom } from '../generators/small-random.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { strictBase64 } from '../models/csl-headers.ts';
import { demand, sameBytes } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const label = 'ENCRYPTED PRIVATE KEY';

const octets = (length: number): Uint8Array => smallRandom(length).octets(length);

const sized = [0, 1, 2, 47, 48, 49, 95, 96, 97, 300].map((length) => toPem(label, octets(length)));

const unix = [...fixtureKeys, clearKey, ...sized, (sized[3] ?? '') + (sized[4] ?? '')];

/** Texts of both line ends: the grammar's lines end with CR LF. */
const grammar: TextGrammar = {
  bases: [...unix, ...unix.map((text) => text.replaceAll('\n', '\r\n'))].map(fromLatin1),
  words: [
    '-----BEGIN ',
    '-----END ',
    '-----',
    '----',
    label,
    'PRIVATE KEY',
    'encrypted',
    '\n',
    '\r',
    '\r\n',
    ' ',
    '\t',
    '=',
    '==',
    'A',
    '/',
    '+',
    '-',
    '_',
    ':',
    'Proc-Type: 4,ENCRYPTED\n',
    '\0',
    '\u00a0',
    '\u0085',
    '\f',
    '\u00e9',
    `-----BEGIN ${label}-----\n`,
    `-----END ${label}-----\n`,
    'A'.repeat(64),
    `${'B'.repeat(64)}\n`,
    'C'.repeat(66_000),
  ],
};

/** Strict PEM of one object by a grammar of its own (RFC 7468 section 3): the octets, or null where the text is none. */
const modelPem = (text: string): Uint8Array | null => {
  const strict =
    /^-----BEGIN ENCRYPTED PRIVATE KEY-----\r?\n((?:[^\r\n]{64}\r?\n)*[^\r\n]{1,64}\r?\n)-----END ENCRYPTED PRIVATE KEY-----(?:\r?\n)?$/;
  const body = strict.exec(text)?.[1];
  return body === undefined ? null : strictBase64(body.replaceAll(/\r?\n/g, ''));
};

const verdictOf = (text: string, parser: typeof parsePem): readonly string[] => {
  const read = parser(text, label);
  const model = text.length > 65_536 ? null : modelPem(text);
  const expected = model === null ? 'refused' : 'accepted';
  demand('differential: a grammar of RFC 7468', read.ok === (model !== null), expected, () =>
    read.ok ? 'accepted' : read.error,
  );
  if (!read.ok) {
    const { code, offset } = read.error;
    demand('offsets', offset >= 0 && offset <= text.length, 'inside the text', () => offset);
    return [code];
  }
  sameBytes('differential: a grammar of RFC 7468', model ?? new Uint8Array(), read.value);
  const written = toPem(label, read.value).trimEnd();
  demand('canonical', written === text.replaceAll('\r\n', '\n').trimEnd(), written, () => text);
  return ['ok'];
};

/** The lenient reading: it finds no fault exactly where the strict one accepts, whatever the label. */
const scanAgrees = (text: string): readonly string[] => {
  const { blocks, faults } = scanPem(text);
  for (const { code, offset } of faults)
    demand('offsets', offset >= 0 && offset <= text.length, `${code} inside`, () => offset);
  const [block, ...more] = blocks;
  const flawless = block !== undefined && more.length === 0 && faults.length === 0;
  const strict = parsePem(text, block?.label ?? label);
  const sized = text.length <= 65_536;
  if (sized)
    demand('the two readings agree', strict.ok === flawless, `strict: ${strict.ok}`, () => faults);
  if (strict.ok && block)
    demand(
      'the two readings agree',
      block.der !== null && equal(block.der, strict.value),
      toHex(strict.value),
      () => block.der,
    );
  return faults.map(({ code }) => `scan ${code}`);
};

const chainAgrees = (text: string, parser: typeof parsePem): void => {
  const [chain, single] = [parsePemChain(text, label), parser(text, label)];
  const one = chain.ok && chain.value.length === 1;
  demand('one object is a chain of one', single.ok === one, String(one), () => single);
};

/** PEM; `parser` is the real one but for tests. */
export const pemTarget = (parser: typeof parsePem = parsePem): FuzzTarget<MutatedCase> => ({
  name: 'pem',
  parsers: [
    'reference/core/keystore/pem.ts#parsePem',
    'reference/core/keystore/pem.ts#parsePemChain',
    'reference/core/keystore/pem-scan.ts#scanPem',
  ],
  cases: textCases(grammar) satisfies fc.Arbitrary<MutatedCase>,
  check(made) {
    const text = latin1(textOfCase(grammar, made));
    chainAgrees(text, parser);
    return [...verdictOf(text, parser), ...scanAgrees(text)];
  },
  reaches: [
    'ok',
    ...'begin end line base64 label count size'.split(' ').map((code) => `pem-${code}`),
    ...'text begin header line base64 end count'.split(' ').map((code) => `scan pem-${code}`),
  ],
  file: (made) => ({ extension: 'pem', bytes: textOfCase(grammar, made) }),
});

/** PEM as keys and certificates are armoured in. */
export const pem = pemTarget();
