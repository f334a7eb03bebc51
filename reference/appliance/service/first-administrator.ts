import { join } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import { firstAdministrator } from '../admin/sign-in.ts';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { writeWhole } from '../store/key-file.ts';

/** Where a one-time password is shown: on the terminal, or in a file where standard error goes to a log. */
export type ShowPassword = (line: string, file: string) => void;

/** The file in the state folder that holds the first password where no terminal shows it. */
const fileName = 'first-password';

/** Shows it on standard error, or in a file (0600) where that is the journal of systemd or the appliance's own log. */
export const showOnce =
  (
    { log }: ApplianceConfiguration,
    write: (text: string) => void,
    environment: NodeJS.ProcessEnv = process.env,
  ): ShowPassword =>
  (line, file) => {
    const isLogged = environment['JOURNAL_STREAM'] !== undefined || log.destination === 'stderr';
    if (!isLogged) return write(`discretio: ${line}\n`);
    writeWhole(file, utf8(`${line}\n`));
    return write(
      `discretio: first start: the one-time password is in ${file}; read it and remove it\n`,
    );
  };

/** Makes the first administrator of a new state and shows the password once; otherwise does nothing. */
export const greetFirstAdministrator = async (
  store: ApplianceStore,
  state: string,
  page: string,
  world: { readonly now: () => number; readonly randomBytes: (length: number) => Uint8Array },
  show: ShowPassword,
): Promise<void> => {
  const first = await firstAdministrator(store, world);
  if (!first) return;
  const { name, password } = first;
  show(
    `first start: sign in at ${page} as ${name} with the one-time password ${password} (shown this once)`,
    join(state, fileName),
  );
};

/** Warns of administrators who cannot sign in, because their TOTP secret was encrypted under another key than this state's. */
export const warnOfUnreadable = (
  store: { readonly administrators: Pick<ApplianceStore['administrators'], 'list'> },
  warn: (code: string, detail: string) => void,
): void => {
  for (const { name, totpSecret } of store.administrators.list())
    if (totpSecret === 'unreadable')
      warn(
        'administrator/totp-unreadable',
        `administrator ${name}: the TOTP secret is encrypted under another key, so nobody signs in as ${name}; discretio admin reset-password ${name} gives a new password without TOTP`,
      );
};
