import { readFileSync, statSync } from 'node:fs';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { codeOf, TargetFileError } from './problem.ts';
import { targetSchema, type TargetDescription } from './schema.ts';

/** Bytes; the longest example has 2,000. */
const maximumLength = 65_536;

const wayOut = 'docs/targets.md describes every field';

/** A described target, and how to speak of a field of its file. */
export interface ReadTarget {
  readonly file: string;
  readonly description: TargetDescription;
  /** An error about a field; `reason` says what is wrong and what to do. */
  readonly problem: (path: readonly PropertyKey[], reason: string) => TargetFileError;
}

const readText = (file: string): string => {
  try {
    const { size } = statSync(file);
    if (size > maximumLength)
      throw new TargetFileError(
        `target ${file}: ${size} bytes are more than ${maximumLength}; is it the right file?`,
      );
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TargetFileError) throw error;
    const code = codeOf(error);
    const reason =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : `cannot be read (${code})`;
    throw new TargetFileError(`target ${file}: ${reason}; give the path of a target's file`, {
      cause: error,
    });
  }
};

const lineOf = (document: Document, lines: LineCounter, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};

const parse = (file: string, text: string) => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const what = fault.code.toLowerCase().replaceAll('_', ' ');
    throw new TargetFileError(
      `target ${file}:${line}: column ${col}: this is no YAML (${what}); mend it, ${wayOut}`,
    );
  }
  return { document, lines };
};

/** Aliases could make a short file expand without bounds. */
const valueOf = (file: string, document: Document): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new TargetFileError(
      `target ${file}: aliases are not taken; write the value out, ${wayOut}`,
      { cause: error },
    );
  }
};

/** What is wrong, without the value: it could be a secret in the wrong place. */
const reasonOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const shown = /^[A-Za-z-]{1,32}$/.test(key) ? ` ${key}` : '';
    return `has an unknown field${shown}; remove it, ${wayOut}`;
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `is missing; ${wayOut}`;
  return `${issue.message.replace(/^[A-Z]/, (first) => first.toLowerCase())}; ${wayOut}`;
};

/** Makes a description of the text of a file. Throws a {@link TargetFileError} about the first thing that is wrong. */
export const parseTargetFile = (file: string, text: string): ReadTarget => {
  const { document, lines } = parse(file, text);
  const problem = (path: readonly PropertyKey[], reason: string): TargetFileError =>
    new TargetFileError(
      `target ${file}:${lineOf(document, lines, path)}: ${path.map(String).join('.') || 'the whole file'}: ${reason}`,
    );
  const parsed = targetSchema.safeParse(valueOf(file, document));
  if (parsed.success) return { file, description: parsed.data, problem };
  const [issue] = parsed.error.issues;
  throw issue ? problem(issue.path, reasonOf(issue)) : parsed.error;
};

/** Reads a target's file (YAML). Throws a {@link TargetFileError}. */
export const readTargetFile = (file: string): ReadTarget => parseTargetFile(file, readText(file));
