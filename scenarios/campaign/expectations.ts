import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { claimById } from '../claims/catalogue.ts';
import { expectedOutcomeSchema, type ExpectedOutcome } from './expectation.ts';
import { readBySchema } from '../../reference/core/read-by-schema.ts';

const fileSchema = z.strictObject({ expectations: z.array(expectedOutcomeSchema) });

/** Bytes; a thousand entries are shorter. */
const maximumLength = 1_048_576;

const wayOut =
  'each entry has claim or scenario, kind, reason, link and expires; scenarios/campaign/README.md shows one';

const problem = (path: string, reason: string): Error =>
  new Error(`expectations ${path}: ${reason}; ${wayOut}`);

const readText = async (path: string): Promise<string> => {
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw problem(path, `the file cannot be read (${code})`);
  });
  if (bytes.length > maximumLength)
    throw problem(path, `${bytes.length} bytes are more than ${maximumLength}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem(path, 'it is not UTF-8');
  }
};

const lineOf = (document: Document, lines: LineCounter, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};

const fieldOf = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'the whole file' : path.map(String).join('.');

/** Aliases could make a short file expand without bounds. */
const valueOf = (path: string, document: Document): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw problem(path, 'aliases are not taken');
  }
};

/**
 * Reads what is known of a target: YAML or JSON, an object with the list `expectations`. Rejects with one line that names the
 * file, the line, the field and the reason.
 */
export const readExpectations = async (path: string): Promise<readonly ExpectedOutcome[]> => {
  const lines = new LineCounter();
  const document = parseDocument(await readText(path), {
    lineCounter: lines,
    prettyErrors: false,
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const what = fault.code.toLowerCase().replaceAll('_', ' ');
    throw problem(`${path}:${line}`, `column ${col}: this is no YAML (${what})`);
  }
  const at = (field: readonly PropertyKey[], reason: string): Error =>
    problem(`${path}:${lineOf(document, lines, field)}`, `${fieldOf(field)}: ${reason}`);
  const parsed = readBySchema(fileSchema, valueOf(path, document));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw at(issue?.path ?? [], issue?.message ?? 'unexpected');
  }
  const { expectations } = parsed.data;
  for (const [index, { claim, scenario }] of expectations.entries()) {
    if (claim !== undefined && !claimById(claim))
      throw at(['expectations', index, 'claim'], `there is no claim ${claim}`);
    const same = expectations.findIndex(
      (other) => other.claim === claim && other.scenario === scenario,
    );
    if (same !== index)
      throw at(['expectations', index], `entry ${same} is about the same already`);
  }
  return expectations;
};
