import { readFileSync, statSync } from 'node:fs';
import {
  parseDescription,
  type DescriptionKind,
} from '../../reference/appliance/configuration/yaml-description.ts';
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
  readonly problem: (path: readonly PropertyKey[], reason: string) => Error;
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

const kind: DescriptionKind<typeof targetSchema> = {
  what: 'target',
  schema: targetSchema,
  wayOut,
  separator: ': ',
  errorOf: (message, options) => new TargetFileError(message, options),
};

/** Makes a description of the text of a file. Throws a {@link TargetFileError} about the first thing that is wrong. */
export const parseTargetFile = (file: string, text: string): ReadTarget => {
  const { value, problem } = parseDescription(kind, file, text);
  return { file, description: value, problem };
};

/** Reads a target's file (YAML). Throws a {@link TargetFileError}. */
export const readTargetFile = (file: string): ReadTarget => parseTargetFile(file, readText(file));
