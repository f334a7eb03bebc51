import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FuzzTarget } from '../target.ts';
import { isPath } from './path.ts';
import type { Failure } from './run.ts';

/** A case worth trying again: where it comes from, and what it showed. */
export interface CorpusEntry {
  readonly seed: number;
  readonly path: string;
  /** A shape that it was the first to reach, or the property that it violated. */
  readonly shows: string;
}

const indexFile = 'corpus.json';

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);

const isEntry = (value: unknown): value is CorpusEntry => {
  const { seed, path, shows } = (value ?? {}) as Partial<Record<keyof CorpusEntry, unknown>>;
  return (
    Number.isSafeInteger(seed) &&
    typeof path === 'string' &&
    isPath(path) &&
    typeof shows === 'string'
  );
};

/** The cases kept in a target's folder; none where it is new or its index is not ours. */
export const readCorpus = async (folder: string): Promise<readonly CorpusEntry[]> => {
  try {
    const read: unknown = JSON.parse(await readFile(join(folder, indexFile), 'utf8'));
    return Array.isArray(read) ? read.filter(isEntry) : [];
  } catch {
    return [];
  }
};

/** Keeps cases for later runs: one for each thing shown, the earlier one where there are two. */
export const writeCorpus = async (
  folder: string,
  entries: readonly CorpusEntry[],
): Promise<void> => {
  const kept = new Map<string, CorpusEntry>();
  for (const entry of entries) if (!kept.has(entry.shows)) kept.set(entry.shows, entry);
  await mkdir(folder, { recursive: true });
  const text = `${JSON.stringify([...kept.values()], null, 2)}\n`;
  await writeFile(join(folder, `${indexFile}.new`), text);
  await rename(join(folder, `${indexFile}.new`), join(folder, indexFile));
};

/** Writes the file that shows a case, and gives its path. */
export const writeCase = async (
  folder: string,
  target: FuzzTarget,
  value: unknown,
  name: string,
): Promise<string> => {
  const { extension, bytes } = target.file(value);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${slug(name)}.${extension}`);
  await writeFile(file, bytes);
  return file;
};

const plain = (_key: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') };
  return typeof value === 'bigint' ? String(value) : value;
};

/** Writes a failure's file and beside it a JSON document that says what it shows and how to see it again; gives the file's path. */
export const writeFailure = async (
  folder: string,
  target: FuzzTarget,
  seed: number,
  failure: Failure,
): Promise<string> => {
  const { path, value, property, expected, observed } = failure;
  const [number = '0', ...steps] = path.split(':');
  const name = `${property}-${seed}-${number}-${steps.length}`;
  const about = { target: target.name, seed, path, property, expected, observed };
  const again = `discretio fuzz ${target.name} --seed ${seed} --path ${path}`;
  await mkdir(folder, { recursive: true });
  const document = join(folder, `${slug(name)}.about.json`);
  const file = value === undefined ? document : await writeCase(folder, target, value, name);
  const text = JSON.stringify({ ...about, file, again, case: value ?? null }, plain, 2);
  await writeFile(document, `${text}\n`);
  return file;
};
