import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { readBySchema } from '../../core/read-by-schema.ts';

/** What a YAML file describes, and how its faults are told. Nothing of a value is ever told: it could be a secret in the wrong place. */
export interface DescriptionKind<Schema extends z.ZodType> {
  /** Before the file's name, such as `configuration`. */
  readonly what: string;
  readonly schema: Schema;
  /** What to do, at the end of every line. */
  readonly wayOut: string;
  /** What stands between a field and what is wrong with it. */
  readonly separator: string;
  readonly errorOf: (message: string, options?: ErrorOptions) => Error;
}

/** The value of a file that fits its schema, and how to speak of a field of it. */
export interface Description<Value> {
  readonly value: Value;
  /** An error about a field; `reason` says what is wrong and what to do. */
  readonly problem: (path: readonly PropertyKey[], reason: string) => Error;
}

const lineOf = (document: Document, lines: LineCounter, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};

const reasonOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    // A key may be a mistaken value: only names are shown.
    const shown = /^[A-Za-z-]{1,32}$/.test(key) ? ` ${key}` : '';
    return `has an unknown field${shown}; remove it`;
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return 'is missing';
  return issue.message.replace(/^[A-Z]/, (first) => first.toLowerCase());
};

/** A field that is missing because its name is misspelt is found by the wrong name. */
const firstOf = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined =>
  issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];

/** A field's name on one line, whatever the file calls it: a name in it may hold line ends or what moves a terminal. */
const nameOf = (path: readonly PropertyKey[]): string =>
  path
    .map(String)
    .join('.')
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?');

/** Makes a value of the text of a YAML file; throws the kind's error about the first thing that is wrong. */
export const parseDescription = <Schema extends z.ZodType>(
  kind: DescriptionKind<Schema>,
  file: string,
  text: string,
): Description<z.output<Schema>> => {
  const { what, schema, wayOut, separator, errorOf } = kind;
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // A warning of the library's would go past the caller, to standard error.
    logLevel: 'error',
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const rule = fault.code.toLowerCase().replaceAll('_', ' ');
    throw errorOf(
      `${what} ${file}:${line}: column ${col}: this is no YAML (${rule}); mend it, ${wayOut}`,
    );
  }
  const problem = (path: readonly PropertyKey[], reason: string): Error =>
    errorOf(
      `${what} ${file}:${lineOf(document, lines, path)}: ${nameOf(path) || 'the whole file'}${separator}${reason}`,
    );
  const parsed = readBySchema(schema, valueOf(kind, file, document));
  if (parsed.success) return { value: parsed.data, problem };
  const issue = firstOf(parsed.error.issues);
  throw issue
    ? problem(
        issue.path,
        `${reasonOf(issue)}${issue.code === 'unrecognized_keys' ? ', ' : '; '}${wayOut}`,
      )
    : parsed.error;
};

/** Aliases could make a short file expand without bounds. */
const valueOf = (
  { what, wayOut, errorOf }: Pick<DescriptionKind<z.ZodType>, 'what' | 'wayOut' | 'errorOf'>,
  file: string,
  document: Document,
): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw errorOf(`${what} ${file}: aliases are not taken; write the value out, ${wayOut}`, {
      cause: error,
    });
  }
};
