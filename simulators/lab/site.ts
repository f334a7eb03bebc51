import { readlinkSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the parts of one run live: folders of their own and the addresses of their hosts. */
export interface LabSite {
  readonly kind: 'loopback';
  /** The interface that all traffic of the run crosses. */
  readonly interface: string;
  folder(name: string): Promise<string>;
  address(host: string): string;
  /** Removes every folder. */
  close(): Promise<void>;
}

const loopbackInterface = (): string => (process.platform === 'linux' ? 'lo' : 'lo0');

/** Tells process numbers of one container from those of another that shares the temporary folder; 0 where there is no such thing. */
const processNamespace = (): string => {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code !== 'ESRCH';
  }
};

/** Removes the folders of runs that were killed before they could. */
const removeLeftovers = async (parent: string, prefix: string): Promise<void> => {
  const names = await readdir(parent).catch(() => []);
  const dead = names.filter((name) => {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    return pid !== undefined && !isAlive(Number(pid));
  });
  const options = { recursive: true, force: true } as const;
  await Promise.all(dead.map((name) => rm(join(parent, name), options).catch(() => undefined)));
};

/** The loopback lab: every host is 127.0.0.1, told apart by port. Its folders are removed when it is closed or, failing that, when the process ends; those of a killed run when the next one starts. */
export const openLoopbackSite = async (parent: string = tmpdir()): Promise<LabSite> => {
  const prefix = `discretio-${processNamespace()}-`;
  await removeLeftovers(parent, prefix);
  const root = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  const removeAtOnce = () => rmSync(root, { recursive: true, force: true });
  process.once('exit', removeAtOnce);
  return {
    kind: 'loopback',
    interface: loopbackInterface(),
    async folder(name) {
      const folder = join(root, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    address: () => '127.0.0.1',
    async close() {
      await rm(root, { recursive: true, force: true });
      process.off('exit', removeAtOnce);
    },
  };
};
