import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTopology, readTopology } from './check.ts';
import type { LabHost, Topology } from './schema.ts';
import { standardTopology } from './standard.ts';

const world = (): Topology =>
  standardTopology({ phones: ['alice', 'bob'], translation: 'symmetric', family: 'ipv4' });

const withHost = (name: string, change: (host: LabHost) => LabHost): Topology => {
  const topology = world();
  return {
    ...topology,
    hosts: topology.hosts.map((host) => (host.name === name ? change(host) : host)),
  };
};

const faultsOf = (topology: Topology): readonly string[] => {
  const result = checkTopology(topology);
  return result.ok ? [] : result.error.map(({ at, problem }) => `${at}: ${problem}`);
};

describe('a topology that cannot be built is refused with its place and reason', () => {
  it.each<[string, Topology, string]>([
    [
      'prefixes that overlap',
      { ...world(), segments: world().segments.map((each) => ({ ...each, ipv4: '10.0.0.0/8' })) },
      'segments.internet.ipv4: 10.0.0.0/8 overlaps 10.0.0.0/8 of segment administration; choose another prefix',
    ],
    [
      'one address on two hosts',
      withHost('bob', (host) => ({
        ...host,
        attachments: [{ segment: 'access-bob', ipv4: '10.2.0.1' }],
      })),
      'hosts.bob.attachments.access-bob: 10.2.0.1 is also an address of router-bob; each address belongs to one host',
    ],
    [
      'an address outside its segment',
      withHost('bob', (host) => ({
        ...host,
        attachments: [{ segment: 'access-bob', ipv4: '10.3.0.2' }],
      })),
      'hosts.bob.attachments.access-bob: 10.3.0.2 is outside segment access-bob, which is 10.2.0.0/24',
    ],
    [
      'a segment that does not exist',
      withHost('bob', (host) => ({
        ...host,
        gateway: 'router-alice',
        attachments: [{ segment: 'moon', ipv4: '10.3.0.2' }],
      })),
      'hosts.bob.attachments.moon: there is no segment moon',
    ],
    [
      'a gateway that does not exist',
      withHost('bob', (host) => ({ ...host, gateway: 'router-carol' })),
      'hosts.bob.gateway: there is no host router-carol',
    ],
    [
      'a gateway that does not forward',
      withHost('bob', (host) => ({ ...host, gateway: 'alice' })),
      'hosts.bob.gateway: alice is no router; only routers forward',
    ],
    [
      'a gateway on another segment',
      withHost('bob', (host) => ({ ...host, gateway: 'router-alice' })),
      'hosts.bob.gateway: router-alice is on no segment of bob',
    ],
    [
      'routers in a circle',
      {
        ...world(),
        hosts: world().hosts.map((host) =>
          host.role === 'router'
            ? { ...host, gateway: host.name === 'router-bob' ? 'router-alice' : 'router-bob' }
            : host,
        ),
      },
      'hosts.alice.gateway: the gateways form a loop; leave one out',
    ],
    [
      'two hosts of one name',
      { ...world(), hosts: [...world().hosts, ...world().hosts.slice(0, 1)] },
      'hosts.appliance: two hosts have this name; rename one',
    ],
    [
      'a translation on what is no router',
      withHost('bob', (host) => ({
        ...host,
        translation: { kind: 'symmetric', into: 'access-bob' },
      })),
      'hosts.bob.translation: only a router translates addresses',
    ],
    [
      'a host without address',
      withHost('bob', (host) => ({ ...host, attachments: [{ segment: 'access-bob' }] })),
      'hosts.bob.attachments.access-bob: has neither an IPv4 nor an IPv6 address',
    ],
    [
      'a prefix that is no network',
      {
        ...world(),
        segments: world().segments.map((each) =>
          each.name === 'access-bob' ? { ...each, ipv4: '10.2.0.1/24' } : each,
        ),
      },
      'segments.access-bob.ipv4: 10.2.0.1/24 is no network; write its first address',
    ],
    ...['10.2.0.0', '10.2.0.255'].map((ipv4): [string, Topology, string] => [
      `an address that its prefix keeps, ${ipv4}`,
      withHost('bob', (host) => ({ ...host, attachments: [{ segment: 'access-bob', ipv4 }] })),
      `hosts.bob.attachments.access-bob: ${ipv4} is the network or broadcast address of 10.2.0.0/24`,
    ]),
    [
      'a host called testbed',
      withHost('bob', (host) => ({ ...host, name: 'testbed' })),
      'hosts.testbed: the name of the testbed itself; rename it',
    ],
  ])('%s', (_, topology, fault) => {
    expect(faultsOf(topology)).toContain(fault);
  });

  it('sees that two texts are one IPv6 address', () => {
    const topology = standardTopology({ phones: ['alice'], translation: 'none', family: 'ipv6' });
    const doubled = {
      ...topology,
      testbed: { segment: 'internet', ipv6: '2001:0db8:0:0::000a' },
      hosts: topology.hosts.map((host) =>
        host.name === 'router-alice'
          ? { ...host, attachments: [{ segment: 'internet', ipv6: '2001:db8::a' }] }
          : host,
      ),
    };
    expect(faultsOf(doubled)).toContain(
      'hosts.router-alice.attachments.internet: 2001:db8::a is also an address of testbed; each address belongs to one host',
    );
  });
});

describe('the standard topology', () => {
  it.each(['none', 'port-restricted', 'symmetric'] as const)(
    'can be built with translation %s, in both families',
    (translation) => {
      for (const family of ['ipv4', 'ipv6'] as const)
        expect(
          faultsOf(standardTopology({ phones: ['alice', 'bob'], translation, family })),
        ).toEqual([]);
    },
  );
});

describe('a topology file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'topology-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const written = async (content: string): Promise<string> => {
    const path = join(folder, 'topology.json');
    await writeFile(path, content);
    return path;
  };

  it('is read back as it was printed', async () => {
    expect(await readTopology(await written(JSON.stringify(world())))).toEqual(world());
  });

  it.each([
    ['that does not exist', undefined, /topology .*none\.json cannot be read \(ENOENT\)/],
    ['that is no JSON', '{', /topology .* is no JSON: .*; discretio lab draw --json prints one/],
    [
      'with an unknown field',
      JSON.stringify({ ...world(), colour: 'red' }),
      /Unrecognized key: "colour"/,
    ],
    [
      'with a wrong prefix',
      JSON.stringify({ ...world(), segments: [{ name: 'x', ipv4: '10.0.0.0/33' }] }),
      /segments\[0\]\.ipv4/,
    ],
    [
      'that cannot be built',
      JSON.stringify({ ...world(), testbed: { segment: 'moon', ipv4: '10.0.0.1' } }),
      /hosts\.testbed\.attachments\.moon: there is no segment moon/,
    ],
  ])('%s is refused in one line', async (_, content, message) => {
    const path = content === undefined ? join(folder, 'none.json') : await written(content);
    const refusal = await readTopology(path).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(refusal).toMatch(message);
    expect(refusal).not.toContain('\n');
  });
});
