import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, type HostProcess } from '../../../../simulators/lab/host-process.ts';
import { hostEntry, openNetnsSite } from '../../../../simulators/lab/netns/site.ts';
import { standardTopology } from '../../../../simulators/lab/topology/standard.ts';

/** Builds the standard lab and prints what of the appliance is found from both sides, before and after its rules are loaded. */

const family = process.argv[2] === 'ipv6' ? 'ipv6' : 'ipv4';
const site = await openNetnsSite(
  standardTopology({ phones: ['alice'], translation: 'none', family }),
);
const [internet, administration] = ['internet', 'administration'].map((segment) =>
  site.address('appliance', segment),
);

const answerOf = <Answer>(host: HostProcess, order?: object): Promise<Answer> =>
  new Promise((resolve, reject) => {
    host.onMessage((message) => resolve(message as Answer));
    void host.ended.then((how) => reject(new Error(how)));
    if (order) host.send(order);
  });

const start = async (host: string, file: string, args: readonly string[] = []) => {
  const started = site.start(host, nodeProgram(join(import.meta.dirname, file), args));
  await answerOf(started);
  return started;
};

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const tcp = [range(1, 1024), 5060, 5061, 8443, 9464, range(19_990, 20_010)].flat();
const udp = [53, 123, 443, 5061, range(19_990, 20_020)].flat();

interface Found {
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
}

const scan = (from: HostProcess, order: object): Promise<Found> => answerOf<Found>(from, order);

const appliance = await start('appliance', 'exposed-host.ts', [
  internet ?? '',
  administration ?? '',
  family,
]);
const load = async (limits: object): Promise<void> => {
  const answer = await answerOf<{ readonly failed?: string }>(appliance, limits);
  if (answer.failed !== undefined) throw new Error(answer.failed);
};

const ip = (host: string, ...words: readonly string[]): void => {
  const [command = '', ...args] = [...hostEntry(host), ...words];
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${host}: ${words.join(' ')}: ${stderr}`);
};

/** Lets the kernel forward between the sides, and both ends know the way. */
const openWay = (): void => {
  const flag = family === 'ipv4' ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding';
  ip('appliance', 'sh', '-c', `echo 1 > /proc/sys/net/${flag}`);
  const version = family === 'ipv4' ? '-4' : '-6';
  ip('administrator', 'ip', version, 'route', 'add', 'default', 'via', administration ?? '');
  const back = family === 'ipv4' ? '10.200.0.0/24' : '2001:db8:200::/64';
  ip('testbed', 'ip', version, 'route', 'add', back, 'via', internet ?? '');
};

openWay();
const outsider = await start('testbed', 'scanner.ts');
// What an administrator's packets would reach beyond the appliance.
await start('testbed', 'exposed-host.ts', ['', '', family]);
const administrator = await start('administrator', 'scanner.ts');
const alice = await start('alice', 'scanner.ts');

/** Three scan at once, each one thing after the other. */
const all = async () => {
  const asAdministrator = async () => ({
    administrator: await scan(administrator, { address: administration, tcp, udp }),
    administratorToInternetSide: await scan(administrator, { address: internet, tcp, udp }),
    through: await scan(administrator, {
      address: site.address('testbed'),
      tcp: [443],
      udp: [443],
    }),
  });
  const [found, fromInternet, crossing] = await Promise.all([
    asAdministrator(),
    scan(outsider, { address: internet, tcp, udp }),
    scan(alice, { address: administration, tcp, udp }),
  ]);
  return { ...found, outsider: fromInternet, outsiderToAdministration: crossing };
};

const before = await all();
await load({});
const after = await all();
await load({ connectionsPerSecond: 1, connectionBurst: 20 });
const many = { address: internet, tcp: Array.from({ length: 100 }, () => 5061), udp: [] };
const flood = {
  admitted: (await scan(outsider, many)).tcp.length,
  another: (await scan(alice, { ...many, tcp: [5061] })).tcp.length,
};
await site.close();
writeFileSync(1, JSON.stringify({ before, after, flood }));
process.exit(0);
