import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandProblem } from './command-problem.ts';
import { readPassphrase } from './keystore-files.ts';

/** Where a passphrase is looked for, in this order: the option, a file named by the environment, a systemd credential. */
interface PassphraseSource {
  readonly option: string;
  /** Environment variable that names a file. */
  readonly variable: string;
  /** Name below `$CREDENTIALS_DIRECTORY` (systemd's LoadCredential=, LoadCredentialEncrypted=). */
  readonly credential: string;
}

/** Of the key files or the token of the client and server authorities. */
export const authoritiesPassphrase: PassphraseSource = {
  option: '--passphrase-file',
  variable: 'DISCRETIO_AUTHORITIES_PASSPHRASE_FILE',
  credential: 'discretio-authorities-passphrase',
};

/** Of the root's key. */
export const rootPassphrase: PassphraseSource = {
  option: '--root-passphrase-file',
  variable: 'DISCRETIO_ROOT_PASSPHRASE_FILE',
  credential: 'discretio-root-passphrase',
};

const placeOf = (source: PassphraseSource, given: string | undefined): string => {
  const named = given ?? process.env[source.variable];
  if (named !== undefined) return named;
  const credentials = process.env['CREDENTIALS_DIRECTORY'];
  if (credentials !== undefined) return join(credentials, source.credential);
  const { option, variable, credential } = source;
  throw new CommandProblem(
    `passphrase: none given; name its file with ${option} or ${variable}, or give the systemd credential ${credential}`,
  );
};

/** The first line of a passphrase's file, which nobody else may read. Never in an error, and never on a command line. */
export const readSecretPassphrase = async (
  source: PassphraseSource,
  given?: string,
): Promise<Buffer> => {
  const path = placeOf(source, given);
  const passphrase = await readPassphrase(path);
  const found = await stat(path);
  if (found.isFile() && (found.mode & 0o007) !== 0) {
    throw new CommandProblem(`${path}: everybody may read this passphrase; chmod 600 it`);
  }
  return passphrase;
};
