import { mkdir, mkdtemp, rm } from 'node:fs/promises';
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

/** The loopback lab: every host is 127.0.0.1, told apart by port. */
export const openLoopbackSite = async (): Promise<LabSite> => {
  const root = await mkdtemp(join(tmpdir(), 'discretio-'));
  return {
    kind: 'loopback',
    interface: loopbackInterface(),
    async folder(name) {
      const folder = join(root, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    address: () => '127.0.0.1',
    close: () => rm(root, { recursive: true, force: true }),
  };
};
