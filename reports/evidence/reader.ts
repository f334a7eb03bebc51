import { readFile, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { fault, ok, type Fault, type Result } from '../../reference/core/result.ts';
import { listFolder } from './manifest.ts';
import { checkEvidencePath } from './paths.ts';

/** Why a file of a run folder could not be read: outside the folder, absent, unreadable, not JSON, not of the expected shape. */
export type EvidenceFault = Fault<
  'evidence-path' | 'evidence-missing' | 'evidence-unreadable' | 'evidence-json' | 'evidence-shape'
>;

/** Reads one run folder and changes nothing. */
export interface EvidenceReader {
  /** Absolute path of the run folder. */
  readonly folder: string;
  readBytes(path: string): Promise<Result<Uint8Array, EvidenceFault>>;
  /** Parses a JSON file by its schema; the fault's detail names the field. */
  readJson<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
  ): Promise<Result<z.infer<Schema>, EvidenceFault>>;
  /** Paths of all files, relative, ordered by code units; rejects when the folder cannot be read. */
  list(): Promise<readonly string[]>;
}

const readInside = async (
  folder: string,
  path: string,
): Promise<Result<Uint8Array, EvidenceFault>> => {
  const checked = checkEvidencePath(path);
  if (!checked.ok) return checked;
  try {
    const [base, target] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    if (!target.startsWith(base + sep))
      return fault('evidence-path', 0, `${JSON.stringify(path)} leaves the run folder by a link`);
    return ok(new Uint8Array(await readFile(target)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return fault('evidence-missing', -1, `no ${path} in ${folder}`);
    return fault('evidence-unreadable', -1, `${path}: ${String(code ?? error)}`);
  }
};

const parseJson = <Schema extends z.ZodType>(
  path: string,
  bytes: Uint8Array,
  schema: Schema,
): Result<z.infer<Schema>, EvidenceFault> => {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return fault('evidence-json', -1, `${path}: ${error instanceof Error ? error.message : ''}`);
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const field = issue && issue.path.length > 0 ? issue.path.join('.') : 'the whole file';
  return fault('evidence-shape', -1, `${path}: ${field}: ${issue?.message ?? 'unexpected'}`);
};

/** Opens a run folder for reading. */
export const openEvidence = (name: string): EvidenceReader => {
  const folder = resolve(name);
  return {
    folder,
    readBytes: (path) => readInside(folder, path),
    readJson: async (path, schema) => {
      const bytes = await readInside(folder, path);
      return bytes.ok ? parseJson(path, bytes.value, schema) : bytes;
    },
    list: async () => (await listFolder(folder)).files,
  };
};
