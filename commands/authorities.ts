import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { latin1 } from '../reference/core/bytes.ts';
import { holdCeremony, type CeremonyOrder } from '../reference/appliance/authorities/ceremony.ts';
import { renewRootList } from '../reference/appliance/authorities/root-list.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import {
  authoritiesPassphrase,
  readSecretPassphrase,
  rootPassphrase,
} from './authorities-passphrase.ts';
import { ceremonyLines, dayOf } from './authorities-report.ts';
import { CommandProblem } from './command-problem.ts';
import { readUpTo } from './input-file.ts';

interface CreateOptions {
  readonly rootOut: string;
  readonly out: string;
  readonly rootPassphraseFile?: string;
  readonly passphraseFile?: string;
  readonly name: string;
  readonly host?: readonly string[];
  readonly tokenModule?: string;
  readonly token?: string;
  readonly json?: boolean;
}

interface RenewOptions {
  readonly root: string;
  readonly rootPassphraseFile?: string;
  readonly revoke?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

const collected = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

const tokenOf = ({ tokenModule, token }: CreateOptions): Pick<CeremonyOrder, 'token'> => {
  if (tokenModule === undefined && token === undefined) return {};
  if (tokenModule === undefined || token === undefined) {
    throw new CommandProblem('--token-module and --token: one is missing; give both or none');
  }
  return { token: { module: tokenModule, token } };
};

/** A host as certificates name it: an address or a DNS name without wildcard. */
const requireHosts = (hosts: readonly string[]): void => {
  const bad = hosts.find(
    (host) => !/^[0-9A-Za-z]([0-9A-Za-z.:-]*[0-9A-Za-z])?$|^[0-9A-Fa-f:]+$/.test(host),
  );
  if (bad === undefined) return;
  throw new CommandProblem(
    `--host ${bad}: not a name or address; give one such as sip.example.org`,
  );
};

const create = async (options: CreateOptions): Promise<void> => {
  const { name, host, rootOut, out } = options;
  requireHosts(host ?? []);
  const order: CeremonyOrder = {
    rootFolder: rootOut,
    folder: out,
    rootPassphrase: await readSecretPassphrase(rootPassphrase, options.rootPassphraseFile),
    passphrase: await readSecretPassphrase(authoritiesPassphrase, options.passphraseFile),
    names: {
      root: `${name} Root Authority`,
      clientAuthority: `${name} Client Authority`,
      serverAuthority: `${name} Server Authority`,
    },
    ...(host === undefined ? {} : { hosts: host }),
    ...tokenOf(options),
    now: Date.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  };
  const record = await holdCeremony(order);
  const places = { rootFolder: rootOut, folder: out, inToken: order.token !== undefined };
  console.log(
    options.json === true
      ? JSON.stringify({ ...record, rootFolder: rootOut, folder: out }, null, 2)
      : ceremonyLines(record, places).join('\n'),
  );
};

const readCertificate = async (path: string): Promise<string> => {
  const wayOut = "name an authority's certificate in PEM";
  return latin1(await readUpTo(path, 65_536, { thing: `--revoke ${path}`, wayOut }));
};

const renew = async (options: RenewOptions): Promise<void> => {
  const list = await renewRootList({
    rootFolder: options.root,
    passphrase: await readSecretPassphrase(rootPassphrase, options.rootPassphraseFile),
    now: Date.now(),
    revoke: await Promise.all((options.revoke ?? []).map(readCertificate)),
  });
  if (options.out !== undefined) await writeFile(options.out, list.pem, { mode: 0o644 });
  const until = dayOf(list.nextUpdate);
  console.log(
    options.json === true
      ? JSON.stringify({ thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate }, null, 2)
      : `root's list: until ${until}. Copy root.crl into the appliance's folder and restart it.`,
  );
};

/** What the user can mend is wrong usage, as everywhere. */
const asProblem = async (work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith('authorities/') === true ? new CommandProblem(message) : error;
  }
};

/** `discretio authorities`: the ceremony that makes root, client and server authority, and what the root signs later. */
export const addAuthoritiesCommand = (program: Command, finish: (code: number) => void): void => {
  const authorities = program
    .command('authorities')
    .description("make the certification authorities, and renew the root's revocation list");
  authorities
    .command('create')
    .description('the ceremony: the root in one folder, what the appliance needs in another')
    .requiredOption('--root-out <folder>', "new folder for the root's key, to be kept apart")
    .requiredOption('--out <folder>', 'new folder for the appliance')
    .option('--root-passphrase-file <file>', "its first line encrypts the root's key")
    .option('--passphrase-file <file>', "its first line encrypts the authorities' keys")
    .option('--name <name>', 'what the CommonNames begin with', 'Discretio')
    .option('--host <host>', 'the only hosts that servers may ever have; repeatable', collected)
    .option('--token-module <file>', 'PKCS #11 module; the passphrase is then the PIN')
    .option('--token <label>', 'token in which the authorities’ keys are made')
    .option('--json', 'print one JSON object')
    .action(async (options: CreateOptions) => {
      await asProblem(create(options));
      finish(exitCodes.clean);
    });
  authorities
    .command('renew-root-list')
    .description("issue the root's next revocation list, in the root's folder")
    .requiredOption('--root <folder>', "the root's folder")
    .option('--root-passphrase-file <file>', "its first line opens the root's key")
    .option('--revoke <file>', 'certificate of an authority to revoke; repeatable', collected)
    .option('--out <file>', 'write the list here too')
    .option('--json', 'print one JSON object')
    .action(async (options: RenewOptions) => {
      await asProblem(renew(options));
      finish(exitCodes.clean);
    });
};
