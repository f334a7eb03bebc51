import { execFile, spawnSync } from 'node:child_process';

/** Whether the openssl program can be run, and what to say in a test's title where it cannot. */
export const openssl = spawnSync('openssl', ['version']).status === 0;
export const openSslTitle = openssl ? '' : ' (skipped: openssl is not installed)';

/** What openssl said, on both outputs, and how it ended. */
export interface OpenSslOutcome {
  readonly status: number;
  readonly text: string;
}

/** Runs openssl (lists of words are for the line breaks only) while this process goes on, so that it can be its server. */
export const runOpenSsl = (
  ...words: readonly (string | readonly string[])[]
): Promise<OpenSslOutcome> =>
  new Promise((resolve) => {
    execFile('openssl', words.flat(), { timeout: 20_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : Number(error.code ?? 1);
      resolve({ status, text: `${stdout}${stderr}` });
    });
  });
