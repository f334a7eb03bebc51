import { X509Certificate, type KeyObject } from 'node:crypto';
import {
  maximumStoredFileSize,
  readStoredFile,
  type StoredFileFacts,
} from '../reference/core/keystore/stored-file.ts';
import { CommandProblem } from './command-problem.ts';
import { readUpTo } from './input-file.ts';

/** Reads a stored key's file; throws a CommandProblem if there is nothing in it, or more than any key. */
export const readKeyFile = async (
  path: string,
): Promise<{ readonly bytes: Uint8Array; readonly facts: StoredFileFacts }> => {
  const wayOut = 'name the file of a stored key';
  const bytes = await readUpTo(path, maximumStoredFileSize + 1, { thing: path, wayOut });
  if (bytes.length === 0) throw new CommandProblem(`${path}: it is empty; ${wayOut}`);
  if (bytes.length > maximumStoredFileSize) {
    const limit = `${maximumStoredFileSize / 1024} KiB`;
    throw new CommandProblem(`${path}: it is longer than ${limit}, as no key is; ${wayOut}`);
  }
  return { bytes, facts: readStoredFile(bytes) };
};

/** OpenSSL's own limit for a passphrase, in bytes. */
const longestPassphrase = 1024;

/** The first line of a passphrase file without its line end. Never in an error. */
export const readPassphrase = async (path: string): Promise<Buffer> => {
  const wayOut = 'name a file whose first line is the passphrase';
  const thing = `--passphrase-file ${path}`;
  const bytes = Buffer.from(await readUpTo(path, longestPassphrase + 3, { thing, wayOut }));
  const lineEnd = bytes.indexOf('\n');
  const line = lineEnd < 0 ? bytes : bytes.subarray(0, lineEnd);
  const passphrase = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  if (passphrase.length === 0) {
    throw new CommandProblem(`${thing}: its first line is empty; ${wayOut}`);
  }
  if (passphrase.length > longestPassphrase) {
    const reason = `its first line is longer than ${longestPassphrase} bytes`;
    throw new CommandProblem(`${thing}: ${reason}; ${wayOut}`);
  }
  return passphrase;
};

/** The public key of a certificate in PEM (the first of several) or DER. */
export const readCertificateKey = async (path: string): Promise<KeyObject> => {
  const wayOut = 'name a file with the certificate of the stored key, in PEM or DER';
  const thing = `--cert ${path}`;
  const bytes = await readUpTo(path, maximumStoredFileSize, { thing, wayOut });
  try {
    return new X509Certificate(Buffer.from(bytes)).publicKey;
  } catch {
    throw new CommandProblem(`${thing}: it holds no certificate that can be read; ${wayOut}`);
  }
};
