import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../../simulators/attackers/endpoint.ts';
import { hasOpenssl } from '../../../simulators/attackers/testing/openssl-server.ts';
import { probe } from './servers.ts';

/** Why a program, or the openssl server it is tried on, cannot be run here; null where both can. */
export const missing = (program: string): string | null => {
  if (!hasOpenssl) return 'no openssl program';
  return spawnSync(program, ['--version']).error ? `no ${program} program` : null;
};
/** The reason as the end of a test's title. */
export const why = (reason: string | null): string =>
  reason === null ? '' : ` (skipped: ${reason})`;

const run = (program: string, words: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    spawn(program, words, { stdio: 'ignore' }).once('close', () => resolve());
  });

/** Runs a tool that writes its findings to a file, and gives the file's text. */
export const reportOf = async (
  program: string,
  words: (file: string) => readonly string[],
): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'probe-peer-'));
  try {
    const file = join(folder, 'report');
    await run(program, words(file));
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** HOST:PORT. */
export const addressOf = ({ host, port }: Endpoint): string => `${host}:${port}`;

/** Accepted suites as `VERSION 0xNNNN`, sorted. */
export const ours = async (
  endpoint: Endpoint,
  versions: readonly string[],
): Promise<readonly string[]> =>
  (await probe(endpoint)).accepted
    .filter(({ version }) => versions.includes(String(version)))
    .map(({ version, suite }) => `${version} ${suite.toString(16).padStart(4, '0')}`)
    .toSorted();
