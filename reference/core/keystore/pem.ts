import { fromBase64, toBase64 } from '../bytes.ts';
import { fault, ok, type Result } from '../result.ts';

/** One PEM object of a text. */
interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
  /** Where the block begins in the text, in characters. */
  readonly offset: number;
}

/** Strict PEM of RFC 7468 section 3: lines of 64 characters, LF, a final line break. */
export const toPem = (label: string, der: Uint8Array): string => {
  const lines = toBase64(der).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
};

const begin = /-----BEGIN ([A-Z0-9][A-Z0-9 ]*)-----\r?\n/y;

const parseBlock = (text: string, offset: number): Result<PemBlock & { readonly end: number }> => {
  begin.lastIndex = offset;
  const label = begin.exec(text)?.[1];
  if (label === undefined) return fault('pem-begin', offset);
  const bodyAt = begin.lastIndex;
  const endLine = `-----END ${label}-----`;
  const endAt = text.indexOf(endLine, bodyAt);
  if (endAt < 0) return fault('pem-end', text.length, `no END ${label}`);
  const lines = text.slice(bodyAt, endAt).split(/\r?\n/);
  if (lines.pop() !== '') return fault('pem-end', endAt, 'END is not at the start of a line');
  const long = lines.findIndex((line, index) =>
    index === lines.length - 1 ? line.length > 64 || line === '' : line.length !== 64,
  );
  if (long >= 0 || lines.length === 0) return fault('pem-line', bodyAt);
  const der = fromBase64(lines.join(''));
  if (!der.ok) return fault('pem-base64', bodyAt, der.error.code);
  const after = /^(\r?\n|$)/.exec(text.slice(endAt + endLine.length));
  if (after === null) return fault('pem-end', endAt, 'text behind END');
  const end = endAt + endLine.length + after[0].length;
  return ok({ label, der: der.value, offset, end });
};

/** Longest text that is read, in characters, and the most objects in one text. */
const limits = { text: 65_536, blocks: 8 } as const;

/** Reads a text of one or more PEM objects and nothing else; every object must carry the label. Offsets count characters. */
export const parsePemChain = (
  text: string,
  label: string,
): Result<readonly [Uint8Array, ...Uint8Array[]]> => {
  if (text.length > limits.text) return fault('pem-size', limits.text);
  const blocks: Uint8Array[] = [];
  let offset = 0;
  while (offset < text.length) {
    const block = parseBlock(text, offset);
    if (!block.ok) return block;
    if (block.value.label !== label) return fault('pem-label', offset, block.value.label);
    if (blocks.length === limits.blocks) return fault('pem-count', offset);
    blocks.push(block.value.der);
    offset = block.value.end;
  }
  const [first, ...rest] = blocks;
  return first === undefined ? fault('pem-begin', 0) : ok([first, ...rest]);
};

/** Reads a text of exactly one PEM object with this label. */
export const parsePem = (text: string, label: string): Result<Uint8Array> => {
  const chain = parsePemChain(text, label);
  if (!chain.ok) return chain;
  return chain.value.length === 1 ? ok(chain.value[0]) : fault('pem-count', 0);
};
