import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureSupport } from '../../../simulators/lab/capture/packet-socket.ts';
import { namespaceProblem } from '../../../simulators/lab/own-namespace.ts';

/** One capture: what a shell script sends over the loopback interface of a network namespace. */
export interface Recording {
  /** Name of the capture in the studio's folder. */
  readonly name: string;
  readonly script: string;
  /** A key log in the folder that the script writes; its lines go into the capture. */
  readonly keyLog?: string;
}

/** A folder for captures and for what their scripts need. */
export interface Studio {
  readonly folder: string;
  readonly path: (name: string) => string;
  record(recordings: readonly Recording[]): void;
  close(): void;
}

/** Why nothing can be recorded here, for a test's title; empty where it can. */
export const recordingProblem = (): string => {
  const problem = namespaceProblem();
  if (problem !== null) return ` (skipped: ${problem})`;
  const isOrdinaryUser = process.getuid?.() !== 0;
  const support = captureSupport();
  return isOrdinaryUser || support.ok ? '' : ` (skipped: ${support.error.detail})`;
};

/** Shell functions that the scripts use. */
const prelude = `
set -u
listening() {
  for _ in $(seq 500); do
    grep -qE ":$(printf %04X "$1") [0:]+ 0A" /proc/net/tcp /proc/net/tcp6 && return 0
    sleep 0.01
  done
  echo "nothing listens on $1" >&2
  exit 1
}
`;

const unshareArguments = (): readonly string[] =>
  process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];

const recorder = join(import.meta.dirname, 'record-jobs.ts');

/** Opens a studio. */
export const openStudio = (): Studio => {
  const folder = mkdtempSync(join(tmpdir(), 'inspect-'));
  const path = (name: string): string => join(folder, name);
  return {
    folder,
    path,
    record: (recordings) => {
      const jobs = recordings.map(({ name, script, keyLog }) => ({
        file: path(name),
        script: `cd '${folder}'\n${prelude}\n${script}`,
        ...(keyLog === undefined ? {} : { keyLog: path(keyLog) }),
      }));
      writeFileSync(path('jobs.json'), JSON.stringify(jobs));
      const words = [...unshareArguments(), process.execPath, recorder, path('jobs.json')];
      execFileSync('unshare', words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 25_000 });
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
