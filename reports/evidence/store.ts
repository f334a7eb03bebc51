import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { evidenceError } from './errors.ts';
import { describeFolder, listFolder } from './manifest.ts';
import { checkEvidencePath, manifestName } from './paths.ts';

/** Bytes, a text (UTF-8), or plain data that becomes indented JSON with a line end. */
export type EvidenceContent = Uint8Array | string | object;

/** Writes into one run folder. Every method rejects with a one-line Error that names the folder, the reason and the way out. */
export interface EvidenceStore {
  /** Absolute path of the run folder. */
  readonly folder: string;
  /** Puts a file there whole or not at all, in place of one of the same path. */
  write(path: string, content: EvidenceContent): Promise<void>;
  /** Adds to the end of a file, in the order of the calls. */
  append(path: string, content: Uint8Array | string): Promise<void>;
  /** Absolute path for a program that writes the file itself; its folder is made. */
  locate(path: string): Promise<string>;
  /** Paths of all files, relative, ordered by code units. */
  list(): Promise<readonly string[]>;
  /** Writes `manifest.json` over all other files, once all writes under way are done; gives the SHA-256 (hexadecimal) of its bytes, to be kept elsewhere. */
  sealManifest(): Promise<string>;
}

const bytesOf = (content: EvidenceContent): Uint8Array | string => {
  if (typeof content === 'string' || content instanceof Uint8Array) return content;
  return `${JSON.stringify(content, null, 2)}\n`;
};

const writeWhole = async (target: string, content: Uint8Array | string): Promise<void> => {
  const temporary = `${target}.${randomUUID()}.part`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
};

/** Absolute path of a checked relative path, its folder made; refuses a folder that a symbolic link leads out of the run. */
const placeFor = async (folder: string, path: string): Promise<string> => {
  const checked = checkEvidencePath(path);
  if (!checked.ok) throw new Error(`refused evidence path: ${checked.error.detail}`);
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  const [base, parent] = await Promise.all([realpath(folder), realpath(dirname(target))]);
  if (parent === base || parent.startsWith(base + sep)) return target;
  throw new Error(`refused evidence path: ${JSON.stringify(path)} leaves the run folder by a link`);
};

/** Makes the run folder, if need be, and opens it for writing; files already there stay. */
export const createEvidenceStore = async (name: string): Promise<EvidenceStore> => {
  const folder = resolve(name);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(step: () => Promise<Value>): Promise<Value> => {
    const done = last.then(step).catch((error: unknown) => {
      throw evidenceError(folder, error);
    });
    last = done.catch(() => undefined);
    return done;
  };
  const seal = async (): Promise<string> => {
    const text = bytesOf(await describeFolder(folder));
    await writeWhole(join(folder, manifestName), text);
    return createHash('sha256').update(text).digest('hex');
  };
  await inTurn(() => mkdir(folder, { recursive: true }));
  return {
    folder,
    write: (path, content) =>
      inTurn(async () => writeWhole(await placeFor(folder, path), bytesOf(content))),
    append: (path, content) =>
      inTurn(async () => appendFile(await placeFor(folder, path), content)),
    locate: (path) => inTurn(() => placeFor(folder, path)),
    list: () => inTurn(async () => (await listFolder(folder)).files),
    sealManifest: () => inTurn(seal),
  };
};
