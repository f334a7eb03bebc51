import { readdirSync, readFileSync } from 'node:fs';
import { TargetFileError } from '../../devices/external/problem.ts';
import { parseTargetFile } from '../../devices/external/read.ts';
import { fromBase64, fromHex, latin1, toBase64, toHex, utf8 } from '../../reference/core/bytes.ts';
import { checkTopology } from '../../simulators/lab/topology/check.ts';
import { topologySchema } from '../../simulators/lab/topology/schema.ts';
import { usualTopology } from '../../simulators/lab/topology/standard.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { demand, sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const examples = new URL('../../docs/targets/', import.meta.url);

const targetGrammar: TextGrammar = {
  bases: readdirSync(examples)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    // Lines end with CRLF, so that changes of lines find them.
    .map((name) => utf8(readFileSync(new URL(name, examples), 'utf8').replaceAll('\n', '\r\n'))),
  words: [
    ...'name: kind: external reference version: - : "x" [ ] { } & * *a &a !!js null ~ 0 -1 1e9 65536 0x10 true # | > %'.split(
      ' ',
    ),
    '\r\n  ',
    '\r\n',
    '\t',
  ],
};

/** Kinds of what a target file is refused for. */
const kindOf = (message: string): string => {
  if (message.includes('this is no YAML')) return 'no YAML';
  if (message.includes('aliases are not taken')) return 'alias';
  if (message.includes('unknown field')) return 'unknown field';
  return message.includes('is missing') ? 'missing' : 'other';
};

/** Target files: a description, or one line about the first thing that is wrong. */
export const targetFile: FuzzTarget<MutatedCase> = {
  name: 'target-file',
  parsers: ['devices/external/read.ts#parseTargetFile'],
  cases: textCases(targetGrammar),
  check: (made) => {
    const text = latin1(textOfCase(targetGrammar, made));
    try {
      parseTargetFile('t.yaml', text);
      return 'ok';
    } catch (error) {
      if (!(error instanceof TargetFileError)) throw error;
      demand('one line', !/[\r\n]/.test(error.message), 'one line', () => error.message);
      demand('names the file', error.message.includes('t.yaml'), 't.yaml', () => error.message);
      return kindOf(error.message);
    }
  },
  reaches: ['ok', 'no YAML', 'alias', 'unknown field', 'missing', 'other'],
  file: (made) => ({ extension: 'yaml', bytes: textOfCase(targetGrammar, made) }),
  // YAML of 70,000 bytes; the parser is the library's.
  limit: 5000,
};

const topologyGrammar: TextGrammar = {
  bases: [utf8(JSON.stringify(usualTopology(), null, 1).replaceAll('\n', '\r\n'))],
  words: [
    '"testbed"',
    '"internet"',
    '10.0.0.0/8',
    '::/0',
    '"ipv4"',
    '"x"',
    '0',
    '33',
    'null',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
  ],
};

/** Descriptions of a lab: data with a schema, then checked as a whole. */
export const topologyFile: FuzzTarget<MutatedCase> = {
  name: 'topology',
  parsers: [
    'simulators/lab/topology/check.ts#checkTopology',
    'simulators/lab/topology/check.ts#readTopology',
    'simulators/lab/topology/schema.ts#topologySchema',
  ],
  cases: textCases(topologyGrammar),
  check: (made) => {
    const text = latin1(textOfCase(topologyGrammar, made));
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return 'no JSON';
    }
    const parsed = topologySchema.safeParse(data);
    if (!parsed.success) return 'schema';
    const checked = checkTopology(parsed.data);
    if (checked.ok) sameValue('checking changes nothing', parsed.data, checked.value);
    else
      for (const { at, problem } of checked.error)
        demand('a fault has a place and a reason', at !== '' && problem !== '', 'both', () => at);
    return checked.ok ? 'ok' : 'faults';
  },
  reaches: ['ok', 'no JSON', 'schema', 'faults'],
  file: (made) => ({ extension: 'json', bytes: textOfCase(topologyGrammar, made) }),
};

const encodings: TextGrammar = {
  bases: ['AAECAwQFBgc=', 'AAECAwQFBg==', '00ff10AbCd', '', 'AB==', '0'].map(utf8),
  words: ['=', '==', '===', '+/', '-_', '\r\n', ' ', '0', 'zz', 'AA'],
};

/** Hexadecimal and base64: one spelling for each value. */
export const byteTexts: FuzzTarget<MutatedCase> = {
  name: 'byte-texts',
  parsers: ['reference/core/bytes.ts#fromHex', 'reference/core/bytes.ts#fromBase64'],
  cases: textCases(encodings),
  check: (made) => {
    const text = latin1(textOfCase(encodings, made));
    const base64 = fromBase64(text);
    const hex = fromHex(text);
    if (base64.ok) {
      sameValue('base64 is canonical', text, toBase64(base64.value));
      sameBytes('differential: node', Buffer.from(text, 'base64'), base64.value);
    }
    if (hex.ok) sameValue('hex but for case', text.toLowerCase(), toHex(hex.value));
    return [base64.ok ? 'base64' : base64.error.code, hex.ok ? 'hex' : hex.error.code];
  },
  reaches: [
    'base64',
    'hex',
    'base64-alphabet',
    'base64-length',
    'base64-canonical',
    'hex-alphabet',
    'hex-length',
  ],
  file: (made) => ({ extension: 'txt', bytes: textOfCase(encodings, made) }),
};
