import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const places = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
];

const tool = 'softhsm2-util';

/** SoftHSM's module, undefined where it is not installed. */
export const softHsm = places.find(existsSync);
export const softHsmTitle =
  softHsm === undefined ? ' (skipped: softhsm2 is not installed; ./setup installs it)' : '';

/** Makes a software token in a folder and points this process's SoftHSM at it. */
export const makeSoftToken = (folder: string, token: string, pin: string): void => {
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens, { recursive: true });
  const config = join(folder, 'softhsm2.conf');
  writeFileSync(
    config,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env['SOFTHSM2_CONF'] = config;
  const words = ['--init-token', '--free', '--label', token, '--so-pin', '12345678', '--pin', pin];
  const { status, stderr } = spawnSync(tool, words);
  if (status !== 0) throw new Error(`softhsm2-util: ${stderr.toString()}`);
};
