import { mkdirSync } from 'node:fs';
import type { LiveState } from '../admin/context.ts';
import { startAdminService } from '../admin/service.ts';
import { readCertificates } from '../configuration/pem-file.ts';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import { credentialsOf, random, type Start } from './context.ts';
import { settingsShown } from './settings-shown.ts';
import type { SimulatedText } from './sms.ts';

/** Makes the folder of the page's backups, for its owner alone. */
const backupFolderOf = ({ backups }: ApplianceConfiguration): string | null => {
  if (backups === undefined) return null;
  try {
    mkdirSync(backups, { recursive: true, mode: 0o700 });
    return backups;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(
      `backups ${backups}: cannot be made (${code}); name another folder or mend the permissions`,
      { cause: error },
    );
  }
};

const authorityNames = {
  root: 'root',
  'client authority': 'client',
  'server authority': 'server',
} as const satisfies Record<string, 'root' | 'client' | 'server'>;

/** Starts the administration page. */
export const startAdministration = async (
  start: Start,
  live: LiveState,
  outbox: (() => readonly SimulatedText[]) | null,
) => {
  const { configuration, opened, store, observer, parts, world } = start;
  const { host, port, names, clientAuthority } = configuration.administration;
  const hosts = [host, ...names] as const;
  const clientTrust =
    clientAuthority === undefined
      ? []
      : [readCertificates('administration.clientAuthority', clientAuthority)];
  const { credentials, renewBy } = await credentialsOf(start, 'administration', hosts);
  const administration = await startAdminService({
    host,
    port,
    names: hosts,
    credentials,
    clientTrust,
    store,
    live,
    configuration: settingsShown(configuration),
    authorities: opened.validities.flatMap(({ name, notAfter }) => {
      const [known] = Object.entries(authorityNames).filter(([text]) => text === name);
      return known ? [{ authority: known[1], notAfter }] : [];
    }),
    backupFolder: backupFolderOf(configuration),
    ...(outbox === null ? {} : { outbox }),
    now: world.now,
    randomBytes: random,
    onRefusal: ({ code, detail }) => observer.webRefusal(code, detail),
  });
  parts.push({ name: 'administration', close: () => administration.close() });
  renewBy((renewed) => administration.renew(renewed));
  return administration;
};
