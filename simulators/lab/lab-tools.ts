import { spawnSync } from 'node:child_process';

/** Tools that build and enter a lab, and the packages in which they come. */
export const labTools: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  mount: 'mount',
};

/** Where systems keep the tools of their administrator; an ordinary user's PATH often lacks it. */
const administratorFolders = ['/usr/sbin', '/sbin'];

/** A PATH by which the tools of the lab are found: this process's own, then the administrator's folders. */
export const toolPath = (): string =>
  [...new Set([...(process.env['PATH'] ?? '').split(':'), ...administratorFolders])].join(':');

/** Says that a tool is missing, and the way out. */
export const toolProblem = (tool: string): string =>
  `the program ${tool} (package ${labTools[tool] ?? tool}) was not found; run ./setup`;

/** The first tool of the lab that cannot be started here, as a problem; null where all can. */
export const missingLabTool = (): string | null => {
  const env = { ...process.env, PATH: toolPath() };
  const missing = Object.keys(labTools).find(
    (tool) => spawnSync(tool, ['--version'], { env, stdio: 'ignore' }).error !== undefined,
  );
  return missing === undefined ? null : toolProblem(missing);
};
