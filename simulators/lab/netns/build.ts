import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedTopology } from '../topology/check.ts';
import { buildCommands, hostsFile, type HostCommands } from './commands.ts';
import { runTool } from './run-tool.ts';

/** Where `ip netns` keeps its names; a file system of the run's own is mounted there. */
const namesFolder = '/run/netns';

/** Path of a host's network namespace, for nsenter. */
export const namespacePath = (host: string): string => `${namesFolder}/${host}`;

const lines = (commands: readonly string[]): string => `${commands.join('\n')}\n`;

/** Runs a tool inside a host's namespace. */
const runInside = (host: string, command: readonly string[], input?: string): Promise<void> =>
  runTool('nsenter', [`--net=${namespacePath(host)}`, '--', ...command], input);

const configureHost = async (commands: HostCommands): Promise<void> => {
  const { host, addresses, traffic, forwards, rules } = commands;
  await runTool('ip', ['-n', host, '-batch', '-'], lines(addresses));
  if (traffic.length > 0) await runTool('tc', ['-n', host, '-batch', '-'], lines(traffic));
  if (rules !== '') await runInside(host, ['nft', '-f', '-'], rules);
  if (forwards) {
    const settings = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'];
    const script = settings.map((setting) => `echo 1 > /proc/sys/${setting}`).join(' && ');
    await runInside(host, ['sh', '-c', script]);
  }
};

/** A names folder and a hosts file of the run's own, over those of the machine; seen by this run alone. */
const mountNames = async (topology: CheckedTopology, folder: string): Promise<void> => {
  const file = join(folder, 'hosts');
  await writeFile(file, hostsFile(topology));
  await runTool('mount', ['--bind', file, '/etc/hosts']);
  await runTool('mount', ['-t', 'tmpfs', 'discretio', '/run']);
};

/**
 * Builds a topology in this process's network and mount namespaces, which must be its own: all of it is gone when the last
 * process in them has ended. `folder` keeps the hosts file. Rejects with one line.
 */
export const buildTopology = async (topology: CheckedTopology, folder: string): Promise<void> => {
  const commands = buildCommands(topology);
  await mountNames(topology, folder);
  await runTool('ip', ['-batch', '-'], lines(commands.testbed));
  if (commands.testbedTraffic.length > 0)
    await runTool('tc', ['-batch', '-'], lines(commands.testbedTraffic));
  await Promise.all(commands.hosts.map(configureHost));
};
