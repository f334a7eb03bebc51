import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { promisify } from 'node:util';
import { runTool } from '../lab/netns/run-tool.ts';

const run = promisify(execFile);

/** Does the work while this host sends what is for an address by way of another host, as anybody beside that one can. */
export const byWayOf = async <Value>(
  gateway: string,
  address: string,
  work: () => Promise<Value>,
): Promise<Value> => {
  const family = isIPv6(address) ? '-6' : '-4';
  const route = [`${address}/${isIPv6(address) ? 128 : 32}`, 'via', gateway];
  await runTool('ip', [family, 'route', 'replace', ...route]);
  try {
    return await work();
  } finally {
    await runTool('ip', [family, 'route', 'delete', ...route]);
  }
};

/** The IPv6 address that a host on this link gives itself (RFC 4291 appendix A), with the interface it is reached by; null where the hardware address is not known. */
export const linkLocalOf = async (ipv4: string): Promise<string | null> => {
  const table = await readFile('/proc/net/arp', 'utf8').catch(() => '');
  const entry = table.split('\n').find((line) => line.startsWith(`${ipv4} `));
  const [, , , hardware = '', , device = ''] = entry?.trim().split(/\s+/) ?? [];
  const bytes = hardware.split(':').map((byte) => Number.parseInt(byte, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  if (bytes.length !== 6 || bytes.every((byte) => byte === 0)) return null;
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${groups.map((group) => group.toString(16)).join(':')}%${device}`;
};

/** Whether a neighbour of this host answered for an IPv6 address lately (RFC 4861 section 7.3.2). */
export const isNeighbour = async (address: string): Promise<boolean> => {
  const [bare = ''] = address.split('%');
  const { stdout } = await run('ip', ['-6', 'neigh', 'show', 'to', bare]);
  return /\b(?:REACHABLE|STALE|DELAY|PROBE)\b/.test(stdout);
};
