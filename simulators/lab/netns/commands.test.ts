import { describe, expect, it } from 'vitest';
import { checkTopology, type CheckedTopology } from '../topology/check.ts';
import type { Topology } from '../topology/schema.ts';
import { standardTopology, usualTopology } from '../topology/standard.ts';
import { buildCommands, hostsFile, linkProblem } from './commands.ts';

const checked = (topology: Topology): CheckedTopology => {
  const result = checkTopology(topology);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

/** As many hosts and segments as the schema lets through, with names as long as it lets through. */
const greatest = (): CheckedTopology => {
  const long = (letter: string, index: number) =>
    `${letter}${String(index).padStart(4, '0')}`.padEnd(24, 'x');
  const segments = Array.from({ length: 64 }, (_, index) => ({
    name: long('s', index),
    ipv4: `10.${index}.0.0/22`,
  }));
  return checked({
    name: 'greatest',
    segments,
    hosts: Array.from({ length: 256 }, (_, index) => ({
      name: long('h', index),
      role: 'phone',
      attachments: segments.map(({ name }, at) => ({
        segment: name,
        ipv4: `10.${at}.${index >> 7}.${(index % 128) + 1}`,
      })),
    })),
    testbed: { segment: long('s', 0), ipv4: '10.0.3.1' },
  });
};

const withLink = (link: object): CheckedTopology =>
  standardTopology({ phones: ['alice'], translation: 'none', family: 'ipv4', link });

describe('the commands that build a topology', () => {
  it('depend on the data alone', () => {
    expect(buildCommands(usualTopology())).toEqual(buildCommands(usualTopology()));
  });

  it('name interfaces in the 15 characters that Linux has, each once, however many and long the names', () => {
    const { testbed } = buildCommands(greatest());
    const names = testbed.devices.flatMap((line) => /^link add name (\S+)/.exec(line)?.[1] ?? []);
    expect(names).toHaveLength(64 + 64 * 256);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.length > 15)).toEqual([]);
  });

  it('limit each direction of a link where its packets leave, and nothing else', () => {
    const { testbed, hosts } = buildCommands(
      withLink({ up: { rate: 64_000 }, down: { rate: 1_000_000_000 } }),
    );
    expect(hosts.flatMap(({ host, traffic }) => traffic.map((line) => `${host}: ${line}`))).toEqual(
      ['alice: qdisc add dev eth0 root tbf rate 64000bit burst 3200 latency 200ms'],
    );
    expect(testbed.traffic).toEqual([
      'qdisc add dev port2-0 root tbf rate 1000000000bit burst 2500000 latency 200ms',
    ]);
    expect(buildCommands(usualTopology()).testbed.traffic).toEqual([]);
  });

  it('lead a host to other networks by its gateway alone, and nobody into a network that is translated', () => {
    const { testbed, hosts } = buildCommands(
      standardTopology({ phones: ['alice', 'bob'], translation: 'symmetric', family: 'ipv4' }),
    );
    const routes = hosts.flatMap(({ host, addresses }) =>
      addresses.filter((line) => line.startsWith('route')).map((line) => `${host}: ${line}`),
    );
    expect(routes).toEqual([
      'alice: route add default via 10.1.0.1',
      'bob: route add default via 10.2.0.1',
      'beside-alice: route add default via 10.1.0.1',
    ]);
    expect(testbed.addresses.filter((line) => line.startsWith('route'))).toEqual([]);
  });

  it('translate on routers that are said to, each kind in its way', () => {
    const rulesOf = (translation: 'none' | 'port-restricted' | 'symmetric') =>
      buildCommands(
        standardTopology({ phones: ['alice'], translation, family: 'ipv4' }),
      ).hosts.filter(({ rules }) => rules !== '');
    expect(rulesOf('none')).toEqual([]);
    const [restricted] = rulesOf('port-restricted');
    expect(restricted).toMatchObject({ host: 'router-alice', forwards: true });
    expect(restricted?.rules).toMatch(/oifname "eth1" masquerade\n/);
    expect(rulesOf('symmetric')[0]?.rules).toMatch(/oifname "eth1" masquerade fully-random\n/);
  });
});

describe('what this lab cannot do', () => {
  it.each(['delay', 'jitter', 'loss'])('a link with %s is named with its place', (field) => {
    expect(linkProblem(withLink({ down: { [field]: 0.5 } }))).toBe(
      `hosts.alice.attachments.access-alice.link.down.${field}: the netns lab limits the rate of a link only; leave it out`,
    );
  });

  it('a perfect link, or one with a rate, is no problem', () => {
    expect(linkProblem(withLink({ up: { rate: 8_000, delay: 0, loss: 0 } }))).toBeNull();
    expect(linkProblem(usualTopology())).toBeNull();
  });
});

describe('the hosts file', () => {
  it('has every host by its names at its first address', () => {
    const lines = hostsFile(usualTopology()).split('\n');
    expect(lines).toContain('203.0.113.10 appliance.example appliance');
    expect(lines).toContain('10.1.0.2 alice');
    expect(lines).toContain('203.0.113.66 testbed');
  });
});
