import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerCredentials } from '../../reference/appliance/authorities/authorities.ts';
import { kamailioConfiguration, tlsConfiguration, type KamailioSettings } from './configuration.ts';

/** The longest path of a control socket (sockaddr_un), in bytes. */
const longestSocket = 100;

/** Makes a run directory of one appliance's engines; short, because a socket's path is bounded. */
export const createRunFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'discretio-kamailio-'));
  if (Buffer.byteLength(join(folder, 'control')) > longestSocket)
    throw new Error(
      `kamailio: the path ${folder} is too long for a control socket; set TMPDIR to a shorter one`,
    );
  return folder;
};

/** What Kamailio's files are made from. */
export interface KamailioFiles extends Omit<KamailioSettings, 'tlsFile' | 'controlSocket'> {
  readonly credentials: ServerCredentials;
  /** PEM of root and client authority. */
  readonly trust: { readonly root: string; readonly clientAuthority: string };
  /** PEM of the lists of both. */
  readonly lists: string;
}

const secret = { mode: 0o600 } as const;

/** Paths inside a run directory. */
export const pathsIn = (folder: string) => ({
  configuration: join(folder, 'kamailio.cfg'),
  tls: join(folder, 'tls.cfg'),
  control: join(folder, 'control'),
  privateKey: join(folder, 'server.key'),
  certificateChain: join(folder, 'server.pem'),
  trust: join(folder, 'trust.pem'),
  lists: join(folder, 'lists.pem'),
  log: join(folder, 'kamailio.log'),
  pid: join(folder, 'kamailio.pid'),
});

/** Writes the server's certificate and key. */
export const writeCredentials = async (
  folder: string,
  credentials: ServerCredentials,
): Promise<void> => {
  const paths = pathsIn(folder);
  await writeFile(paths.privateKey, credentials.privateKey, secret);
  await writeFile(paths.certificateChain, credentials.certificateChain, secret);
};

/** Writes all that Kamailio reads. */
export const writeKamailioFiles = async (folder: string, files: KamailioFiles): Promise<void> => {
  const paths = pathsIn(folder);
  const { credentials, trust, lists, ...settings } = files;
  await writeCredentials(folder, credentials);
  await writeFile(paths.trust, trust.root + trust.clientAuthority, secret);
  await writeFile(paths.lists, lists, secret);
  await writeFile(paths.tls, tlsConfiguration(paths), secret);
  const configuration = { ...settings, tlsFile: paths.tls, controlSocket: paths.control };
  await writeFile(paths.configuration, kamailioConfiguration(configuration), secret);
};
