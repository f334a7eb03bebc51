import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretSource } from './schema.ts';

/** Bytes; enough for any passphrase. */
const maximumLength = 4096;

/** A secret, and what is to be said of how it is kept. */
export interface ReadSecret {
  readonly value: string;
  /** One line when the file is kept less well than it should be, else null. */
  readonly warning: string | null;
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; make it, with mode 0600',
  EACCES: 'this user may not read it; make it readable for him alone (chown, chmod 0600)',
  EISDIR: 'it is a folder; name a file',
};

const pathOf = (thing: string, source: SecretSource, environment: NodeJS.ProcessEnv): string => {
  if ('file' in source) return source.file;
  const folder = environment['CREDENTIALS_DIRECTORY'];
  if (folder === undefined)
    throw new Error(
      `${thing}: systemd gave no credentials; add LoadCredential=${source.credential}:PATH to the unit, or name a file`,
    );
  return join(folder, source.credential);
};

const readStart = (descriptor: number): string => {
  const buffer = Buffer.alloc(maximumLength);
  const length = readSync(descriptor, buffer, 0, maximumLength, null);
  const [first = ''] = buffer.toString('utf8', 0, length).split(/\r?\n/);
  buffer.fill(0);
  return first;
};

/**
 * Reads the first line of a secret's file. Throws one line that names thing, file, reason and way out when it is missing, empty,
 * or open to every user of the system.
 */
export const readSecret = (
  thing: string,
  source: SecretSource,
  environment: NodeJS.ProcessEnv = process.env,
): ReadSecret => {
  const path = pathOf(thing, source, environment);
  const refuse = (reason: string, cause?: unknown): Error =>
    new Error(`${thing} ${path}: ${reason}`, cause === undefined ? {} : { cause });
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o007) !== 0)
      throw refuse(
        `every user of this system may open it (mode ${(mode & 0o777).toString(8)}); chmod 0600 and change the secret`,
      );
    const value = readStart(descriptor);
    if (value === '') throw refuse('its first line is empty; write the secret there');
    const isShared = (mode & 0o070) !== 0;
    return {
      value,
      warning: isShared ? `${thing} ${path}: its group may open it; chmod 0600` : null,
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (code === null) throw error;
    throw refuse(problems[code] ?? `cannot be read (${code}); check the disk`, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};
