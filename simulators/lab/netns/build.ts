import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedTopology } from '../topology/check.ts';
import { buildCommands, hostsFile, type HostCommands } from './commands.ts';
import { hostInterface } from './interface-names.ts';
import { runTool } from './run-tool.ts';

/** Where `ip netns` keeps its names; a file system of the run's own is mounted there. */
const namesFolder = '/run/netns';

/** Path of a host's network namespace, for nsenter. */
export const namespacePath = (host: string): string => `${namesFolder}/${host}`;

const lines = (commands: readonly string[]): string => `${commands.join('\n')}\n`;

/** Runs a tool inside a host's namespace. */
const runInside = (host: string, command: readonly string[], input?: string): Promise<void> =>
  runTool('nsenter', [`--net=${namespacePath(host)}`, '--', ...command], input);

/** Duplicate address detection would keep a host, and what it forwards, silent for its first seconds. */
const usableAtOnce =
  'for setting in /proc/sys/net/ipv6/conf/*/accept_dad; do [ ! -e "$setting" ] || echo 0 > "$setting"; done';

const forwarding =
  'for setting in ipv4/ip_forward ipv6/conf/all/forwarding; do echo 1 > /proc/sys/net/$setting; done';

const configureHost = async (commands: HostCommands): Promise<void> => {
  const { host, addresses, traffic, forwards, rules } = commands;
  const settings = forwards ? `${usableAtOnce}; ${forwarding}` : usableAtOnce;
  await runInside(host, ['sh', '-e', '-c', `${settings}; exec ip -batch -`], lines(addresses));
  if (traffic.length > 0) await runTool('tc', ['-n', host, '-batch', '-'], lines(traffic));
  if (rules !== '') await runInside(host, ['nft', '-f', '-'], rules);
};

/**
 * Puts an empty file system over /run, and all that was in it but the names of other namespaces back: programs find their
 * sockets there, and some systems their very programs. What was in it stays reachable by the working directory alone.
 */
const runOfItsOwn = `
cd /run
mount -n -t tmpfs -o mode=755 discretio /run
for name in * .[!.]*; do
  place=/run/$name
  if [ "$name" = netns ]; then continue
  elif [ -L "$name" ]; then cp -P "$name" "$place"
  elif [ -d "$name" ]; then mkdir -p "$place" && mount -n -c --rbind "$name" "$place"
  elif [ -e "$name" ]; then : > "$place" && mount -n -c --bind "$name" "$place"
  fi || :
done`;

/** A names folder and a hosts file of the run's own, over those of the machine; seen by this run alone. */
const mountNames = async (topology: CheckedTopology, folder: string): Promise<void> => {
  const file = join(folder, 'hosts');
  await writeFile(file, hostsFile(topology));
  await runTool('sh', ['-e', '-c', runOfItsOwn]);
  await runTool('mount', ['-n', '--bind', file, '/etc/hosts']);
};

/** Makes a host of one device, which exists in this process's namespace, with an address and a way out. */
export const configureGuest = async (
  host: string,
  device: string,
  { prefixed, gateway }: { readonly prefixed: string; readonly gateway: string },
): Promise<void> => {
  const eth0 = hostInterface(0);
  await runTool('ip', ['netns', 'add', host]);
  await runTool('ip', ['link', 'set', device, 'netns', host, 'name', eth0]);
  await configureHost({
    host,
    addresses: [
      'link set lo up',
      `address add ${prefixed} dev ${eth0}${prefixed.includes(':') ? ' nodad' : ''}`,
      `link set ${eth0} up`,
      `route add default via ${gateway}`,
    ],
    traffic: [],
    forwards: false,
    rules: '',
  });
};

/**
 * Builds a topology in this process's network and mount namespaces, which must be its own: all of it is gone when the last
 * process in them has ended. `folder` keeps the hosts file. Rejects with one line.
 */
export const buildTopology = async (topology: CheckedTopology, folder: string): Promise<void> => {
  const commands = buildCommands(topology);
  await mountNames(topology, folder);
  await runTool('ip', ['-batch', '-'], lines(commands.testbed.devices));
  await runTool(
    'sh',
    ['-c', `${usableAtOnce}; exec ip -batch -`],
    lines(commands.testbed.addresses),
  );
  if (commands.testbed.traffic.length > 0)
    await runTool('tc', ['-batch', '-'], lines(commands.testbed.traffic));
  await Promise.all(commands.hosts.map(configureHost));
};
