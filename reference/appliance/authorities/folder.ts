import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import { syncFolder, writeWhole } from '../store/key-file.ts';
import { authoritiesProblem } from './problem.ts';

/** Names of the files in the root's folder and in the appliance's; all are text. */
export const authorityFiles = {
  root: 'root.pem',
  rootList: 'root.crl',
  rootKey: 'root.key',
  clientAuthority: 'client-authority.pem',
  clientKey: 'client-authority.key',
  serverAuthority: 'server-authority.pem',
  serverKey: 'server-authority.key',
  /** In the place of both keys: the token that holds them, as JSON. */
  token: 'token.json',
} as const;
export type AuthorityFile = (typeof authorityFiles)[keyof typeof authorityFiles];

/** Texts by file name. */
export type FolderContents = Readonly<Partial<Record<AuthorityFile, string>>>;

const largestFile = 1_048_576;

/** Text of a file, undefined when there is none. Rejects with an AuthoritiesProblem where it cannot be read. */
export const readOptional = async (folder: string, name: string): Promise<string | undefined> => {
  const path = join(folder, name);
  try {
    if ((await stat(path)).size > largestFile) throw new Error('it is larger than any such file');
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw authoritiesProblem('authorities/file', path, `it cannot be read (${code || message})`);
  }
};

/** Text of a file that has to be there. */
export const readRequired = async (folder: string, name: AuthorityFile): Promise<string> => {
  const text = await readOptional(folder, name);
  if (text !== undefined) return text;
  const reason = 'it is missing; give the folder that `discretio authorities create --out` made';
  throw authoritiesProblem('authorities/missing-file', join(folder, name), reason);
};

/** Replaces a file as a whole, readable by its owner only. */
export const replaceFile = (folder: string, name: string, text: string): void =>
  writeWhole(join(folder, name), utf8(text));

/** Throws an AuthoritiesProblem unless nothing is there yet, or an empty folder. */
export const requireFree = async (folder: string): Promise<void> => {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch(() => ['not a folder']);
  if (names.length === 0) return;
  const reason =
    'something is there already and nothing is ever overwritten; choose another folder';
  throw authoritiesProblem('authorities/exists', folder, reason);
};

/** A folder written whole beside its place; `settle` puts it there. */
export interface PreparedFolder {
  /** Where it lies until then. */
  readonly path: string;
  settle(): Promise<void>;
  /** Takes a settled folder away again. */
  revert(): Promise<void>;
  discard(): Promise<void>;
}

/** Writes a new folder (0700) with these files (0600) beside its place. */
export const prepareFolder = async (
  folder: string,
  contents: FolderContents,
): Promise<PreparedFolder> => {
  const place = resolve(folder);
  await mkdir(dirname(place), { recursive: true });
  const path = await mkdtemp(join(dirname(place), `.${basename(place)}.`));
  await chmod(path, 0o700);
  for (const [name, text] of Object.entries(contents)) replaceFile(path, name, text);
  return {
    path,
    settle: async () => {
      await rename(path, place);
      syncFolder(dirname(place));
    },
    revert: () => rename(place, path),
    discard: () => rm(path, { recursive: true, force: true }),
  };
};
