import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ClientIdentity } from '../simulators/attackers/tls-client/client-model.ts';
import { CommandProblem } from './command-problem.ts';
import { readPassphrase } from './keystore-files.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

const readText = async (option: string, path: string, wayOut: string): Promise<string> => {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CommandProblem(`${option} ${path}: ${reasons[code] ?? message}; ${wayOut}`);
  }
};

const certificatesIn = (text: string): readonly X509Certificate[] | null => {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    return (blocks ?? [Buffer.from(text, 'latin1')]).map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
};

/** The certificates of a file, PEM (any number) or DER (one); a CommandProblem where there is none. */
export const readCertificates = async (
  option: string,
  path: string,
): Promise<readonly X509Certificate[]> => {
  const wayOut = 'name a file of certificates in PEM';
  const certificates = certificatesIn(await readText(option, path, wayOut));
  if (certificates) return certificates;
  throw new CommandProblem(
    `${option} ${path}: it holds no certificate that can be read; ${wayOut}`,
  );
};

const openKey = (path: string, text: string, passphrase: Buffer | null): KeyObject => {
  const thing = `--key ${path}`;
  const locked = /ENCRYPTED/.test(text);
  if (locked && passphrase === null)
    throw new CommandProblem(`${thing}: it is encrypted; give --passphrase-file FILE`);
  try {
    return createPrivateKey({ key: text, ...(passphrase ? { passphrase } : {}) });
  } catch {
    throw new CommandProblem(
      locked
        ? `${thing}: the passphrase does not open it; give the right --passphrase-file`
        : `${thing}: it holds no private key that can be read; name a file in PEM`,
    );
  }
};

export interface IdentityFiles {
  readonly cert?: string;
  readonly key?: string;
  readonly passphraseFile?: string;
}

/** The identity that the options name, checked to belong together; null where they name none. */
export const readIdentity = async (files: IdentityFiles): Promise<ClientIdentity | null> => {
  const { cert, key, passphraseFile } = files;
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined)
    throw new CommandProblem('--cert and --key: one is missing; give both or neither');
  const chain = await readCertificates('--cert', cert);
  const text = await readText('--key', key, 'name the private key of the certificate, in PEM');
  const passphrase = passphraseFile === undefined ? null : await readPassphrase(passphraseFile);
  const privateKey = openKey(key, text, passphrase);
  if (privateKey.asymmetricKeyType !== 'rsa')
    throw new CommandProblem(`--key ${key}: it is no RSA key; give an RSA key and its certificate`);
  if (chain[0]?.checkPrivateKey(privateKey) !== true)
    throw new CommandProblem(
      `--key ${key}: it does not belong to the first certificate of ${cert}; give the key of that certificate`,
    );
  return { chain: chain.map(({ raw }) => new Uint8Array(raw)), privateKey };
};
