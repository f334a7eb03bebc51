import { prefixOf } from '../topology/address.ts';
import type { CheckedTopology } from '../topology/check.ts';
import type { Attachment, LabHost, LinkDirection, Segment } from '../topology/schema.ts';
import { hostInterface, linkPort, segmentInterface } from './interface-names.ts';
import { translationRules } from './translation.ts';

/** What builds a topology out of network namespaces: input for `ip -batch`, `tc -batch` and `nft -f`. */
export interface BuildCommands {
  /** In the namespace of the testbed, where the bridges are: what is made, then how it is addressed. */
  readonly testbed: {
    readonly devices: readonly string[];
    readonly addresses: readonly string[];
    readonly traffic: readonly string[];
  };
  readonly hosts: readonly HostCommands[];
}

/** What is done in one host's namespace. */
export interface HostCommands {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly traffic: readonly string[];
  readonly forwards: boolean;
  /** Rules for nftables; empty without any. */
  readonly rules: string;
}

/** A bucket of 20 ms at the link's rate, and at least two packets; tbf itself cuts what segmentation offload has made larger. */
const bucket = ({ rate = 0 }: LinkDirection): number => Math.max(3_200, Math.ceil(rate / 8 / 50));

/** What of a topology this lab cannot do, in one line; null where it can do all. */
export const linkProblem = ({ hosts }: CheckedTopology): string | null => {
  const unable = hosts.flatMap(({ name, attachments }) =>
    attachments.flatMap(({ segment, link = {} }) =>
      (['up', 'down'] as const).flatMap((way) =>
        (['delay', 'jitter', 'loss'] as const)
          .filter((field) => (link[way]?.[field] ?? 0) > 0)
          .map((field) => `hosts.${name}.attachments.${segment}.link.${way}.${field}`),
      ),
    ),
  );
  return unable.length === 0
    ? null
    : `${unable[0]}: the netns lab limits the rate of a link only; leave it out`;
};

const shaping = (device: string, direction: LinkDirection | undefined): readonly string[] =>
  direction?.rate === undefined
    ? []
    : [
        `qdisc add dev ${device} root tbf rate ${direction.rate}bit burst ${bucket(direction)} latency 200ms`,
      ];

const segmentOf = (topology: CheckedTopology, name: string): Segment | undefined =>
  topology.segments.find((segment) => segment.name === name);

/** Address and prefix length of an attachment, each family that it has. */
const addressesOf = (
  topology: CheckedTopology,
  attachment: Pick<Attachment, 'segment' | 'ipv4' | 'ipv6'>,
): readonly string[] => {
  const segment = segmentOf(topology, attachment.segment);
  const { ipv4, ipv6 } = attachment;
  return [
    ...(ipv4 !== undefined && segment?.ipv4 !== undefined
      ? [`${ipv4}/${prefixOf(segment.ipv4).length}`]
      : []),
    ...(ipv6 !== undefined && segment?.ipv6 !== undefined
      ? [`${ipv6}/${prefixOf(segment.ipv6).length}`]
      : []),
  ];
};

const addAddresses = (
  topology: CheckedTopology,
  attachment: Pick<Attachment, 'segment' | 'ipv4' | 'ipv6'>,
  device: string,
): readonly string[] =>
  addressesOf(topology, attachment).map(
    // Duplicate address detection would keep an IPv6 address from being used for a second.
    (address) => `address add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`,
  );

/** An address of `router` on a segment that the given place shares with it. */
const sharedAddress = (
  router: LabHost,
  segments: readonly string[],
  family: 'ipv4' | 'ipv6',
): string | undefined =>
  router.attachments.find(({ segment }) => segments.includes(segment))?.[family];

const defaultRoutes = (topology: CheckedTopology, host: LabHost): readonly string[] => {
  const gateway = topology.hosts.find(({ name }) => name === host.gateway);
  if (gateway === undefined) return [];
  const segments = host.attachments.map(({ segment }) => segment);
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const via = sharedAddress(gateway, segments, family);
    return via === undefined ? [] : [`route add default via ${via}`];
  });
};

/** Routes to the segments behind neighbouring routers that do not translate; nobody but their router reaches the others. */
const neighbourRoutes = (
  topology: CheckedTopology,
  own: string,
  segments: readonly string[],
): readonly string[] =>
  topology.hosts
    .filter(
      ({ name, role, translation }) =>
        name !== own && role === 'router' && translation === undefined,
    )
    .flatMap((router) =>
      router.attachments
        .filter(({ segment }) => !segments.includes(segment))
        .flatMap(({ segment }) =>
          (['ipv4', 'ipv6'] as const).flatMap((family) => {
            const via = sharedAddress(router, segments, family);
            const behind = segmentOf(topology, segment)?.[family];
            return via === undefined || behind === undefined
              ? []
              : [`route add ${behind} via ${via}`];
          }),
        ),
    );

const routesOf = (topology: CheckedTopology, host: LabHost): readonly string[] =>
  host.gateway === undefined
    ? neighbourRoutes(
        topology,
        host.name,
        host.attachments.map(({ segment }) => segment),
      )
    : defaultRoutes(topology, host);

const commandsOf = (topology: CheckedTopology, host: LabHost): HostCommands => ({
  host: host.name,
  addresses: [
    'link set lo up',
    ...host.attachments.flatMap((attachment, index) => [
      ...addAddresses(topology, attachment, hostInterface(index)),
      `link set ${hostInterface(index)} up`,
    ]),
    ...routesOf(topology, host),
  ],
  traffic: host.attachments.flatMap(({ link }, index) => shaping(hostInterface(index), link?.up)),
  forwards: host.role === 'router',
  rules: translationRules(host),
});

/** Everything that builds a topology; depends on nothing but the data. */
export const buildCommands = (topology: CheckedTopology): BuildCommands => {
  const { testbed } = topology;
  const bridges = topology.segments.map(
    ({ name }) =>
      `link add name ${segmentInterface(topology, name)} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`,
  );
  const wires = topology.hosts.flatMap((host, hostIndex) => [
    `netns add ${host.name}`,
    ...host.attachments.flatMap(({ segment }, index) => {
      const port = linkPort(hostIndex, index);
      const bridge = segmentInterface(topology, segment);
      return [
        `link add name ${port} type veth peer name ${hostInterface(index)} netns ${host.name}`,
        `link set ${port} master ${bridge}`,
      ];
    }),
  ]);
  const ports = topology.hosts.flatMap(({ attachments }, host) =>
    attachments.map((_, index) => linkPort(host, index)),
  );
  const segments = topology.segments.map(({ name }) => segmentInterface(topology, name));
  return {
    testbed: {
      devices: [...bridges, ...wires],
      addresses: [
        ...['lo', ...segments, ...ports].map((device) => `link set ${device} up`),
        ...addAddresses(topology, testbed, segmentInterface(topology, testbed.segment)),
        ...neighbourRoutes(topology, 'testbed', [testbed.segment]),
      ],
      traffic: topology.hosts.flatMap((host, hostIndex) =>
        host.attachments.flatMap(({ link }, index) =>
          shaping(linkPort(hostIndex, index), link?.down),
        ),
      ),
    },
    hosts: topology.hosts.map((host) => commandsOf(topology, host)),
  };
};

/** Lines of a hosts file: every host by its name and aliases, at its first address. */
export const hostsFile = ({ hosts, testbed }: CheckedTopology): string => {
  const lines = hosts.flatMap(({ name, aliases = [], attachments }) => {
    const address = attachments.map(({ ipv4, ipv6 }) => ipv4 ?? ipv6)[0];
    return address === undefined ? [] : [`${address} ${[...aliases, name].join(' ')}`];
  });
  return [
    '127.0.0.1 localhost',
    '::1 localhost',
    ...lines,
    `${testbed.ipv4 ?? testbed.ipv6} testbed`,
    '',
  ].join('\n');
};
