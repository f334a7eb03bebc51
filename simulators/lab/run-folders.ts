import { readlinkSync, rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Set for a process that runs in process numbers of its own: namespace and number of the process that stands for it outside. */
const ownerVariable = 'DISCRETIO_RUN_OWNER';

/** Tells process numbers of one container from those of another that shares the temporary folder; 0 where there is no such thing. */
const processNamespace = (): string => {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code !== 'ESRCH';
  }
};

const owner = (): string => process.env[ownerVariable] ?? `${processNamespace()}-${process.pid}`;

/** For the environment of a process that is to own its folders in this one's name. */
export const ownedHere = (): Readonly<Record<string, string>> => ({ [ownerVariable]: owner() });

const removeAll = async (parent: string, names: readonly string[]): Promise<void> => {
  const options = { recursive: true, force: true } as const;
  await Promise.all(names.map((name) => rm(join(parent, name), options).catch(() => undefined)));
};

/** Whether it is a folder of this user: anybody may put something under any name into a shared temporary folder. */
const isOwnFolder = async (path: string): Promise<boolean> => {
  const found = await lstat(path).catch(() => null);
  return found !== null && found.isDirectory() && found.uid === process.getuid?.();
};

/** Removes the folders of runs that were killed before they could; those of this process too where it has none yet or any more. */
export const removeLeftoverFolders = async (
  own: 'keep' | 'remove',
  parent: string = tmpdir(),
): Promise<void> => {
  const prefix = `discretio-${processNamespace()}-`;
  const names = await readdir(parent).catch(() => []);
  const dead = names.filter((name) => {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    if (pid === undefined) return false;
    return Number(pid) === process.pid ? own === 'remove' : !isAlive(Number(pid));
  });
  const areOwn = await Promise.all(dead.map((name) => isOwnFolder(join(parent, name))));
  await removeAll(
    parent,
    dead.filter((_, index) => areOwn[index]),
  );
};

/** Folders of one run, under one root. */
export interface RunFolders {
  readonly folder: (name: string) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** Makes the folders of a run. They are removed when asked or, failing that, when the process ends; those of a killed run when the next one starts. */
export const openRunFolders = async (parent: string = tmpdir()): Promise<RunFolders> => {
  await removeLeftoverFolders('keep', parent);
  const root = await mkdtemp(join(parent, `discretio-${owner()}-`));
  const removeAtOnce = () => rmSync(root, { recursive: true, force: true });
  process.once('exit', removeAtOnce);
  return {
    folder: async (name) => {
      const folder = join(root, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    remove: async () => {
      await rm(root, { recursive: true, force: true });
      process.off('exit', removeAtOnce);
    },
  };
};
