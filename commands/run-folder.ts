import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { CommandProblem } from './command-problem.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'nothing can be made there',
  EACCES: 'that is not permitted',
  EPERM: 'that is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file stands where a folder is needed',
  EEXIST: 'a file of that name is there',
};

const reasonOf = (error: unknown): string =>
  (error instanceof Error && 'code' in error ? reasons[String(error.code)] : undefined) ??
  messageOf(error);

/** Makes a folder and those above it, level by level: node's recursive mkdir never ends under /proc. */
const makeFolders = async (folder: string): Promise<void> => {
  const missing: string[] = [];
  let level = folder;
  while ((await stat(level).catch(() => null)) === null && dirname(level) !== level) {
    missing.unshift(level);
    level = dirname(level);
  }
  for (const path of missing)
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  if (!(await stat(folder)).isDirectory())
    throw Object.assign(new Error('it is no folder'), { code: 'EEXIST' });
};

/** Makes the folder of a run: the one given, which must be new or empty, or one named by the time (RFC 3339) under `runs/`. */
export const makeRunFolder = async (
  out: string | undefined,
  startedAt: string,
): Promise<string> => {
  const folder = resolve(out ?? join('runs', startedAt.replaceAll(/[:.]/g, '-')));
  const refuse = (what: string) => (error: unknown) => {
    throw new CommandProblem(
      `--out ${folder}: the folder cannot be ${what}: ${reasonOf(error)}; name another`,
    );
  };
  await makeFolders(folder).catch(refuse('made'));
  const names = await readdir(folder).catch(refuse('read'));
  if (names.length > 0)
    throw new CommandProblem(
      `--out ${folder}: the folder is not empty; name a new one, so that no evidence is mixed`,
    );
  return folder;
};
