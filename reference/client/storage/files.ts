import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of the files in a phone's folder (target 5.2, 5.3, 6.1); all are PEM. */
export const storedFileNames = {
  privateKey: 'private-key.pem',
  certificate: 'certificate.pem',
  root: 'root.pem',
  clientAuthority: 'client-authority.pem',
  serverAuthority: 'server-authority.pem',
} as const;

export type StoredFileName = (typeof storedFileNames)[keyof typeof storedFileNames];

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Replaces a file as a whole: after a crash it holds the old or the new text. Only its owner may read it. */
export const writeStoredFile = async (
  folder: string,
  name: StoredFileName,
  text: string,
): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${name}.${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
};

/** Text of a file, undefined when there is none. */
export const readStoredFile = async (
  folder: string,
  name: StoredFileName,
): Promise<string | undefined> => {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
