import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { canonical, contains, isNetwork, isReserved, overlap } from './address.ts';
import { type Attachment, type LabHost, type Topology, topologySchema } from './schema.ts';
import { readBySchema } from '../../../reference/core/read-by-schema.ts';

declare const checked: unique symbol;

/** A topology that can be built: every name known, every address in its segment and nobody else's, every host with a way out. */
export type CheckedTopology = Topology & { readonly [checked]: true };

/** What is wrong with a topology: where in the data, what, and what to do. */
export interface TopologyFault {
  /** Such as `hosts.alice.attachments.internet`. */
  readonly at: string;
  readonly problem: string;
}

const repeated = (values: readonly string[]): readonly string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];

const nameFaults = ({ segments, hosts }: Topology): readonly TopologyFault[] => [
  ...repeated(segments.map(({ name }) => name)).map((name) => ({
    at: `segments.${name}`,
    problem: 'two segments have this name; rename one',
  })),
  ...repeated(hosts.flatMap(({ name, aliases = [] }) => [name, ...aliases])).map((name) => ({
    at: `hosts.${name}`,
    problem: 'two hosts have this name; rename one',
  })),
  ...hosts
    .filter(({ name }) => name === 'testbed')
    .map(({ name }) => ({
      at: `hosts.${name}`,
      problem: 'the name of the testbed itself; rename it',
    })),
];

const segmentFaults = ({ segments }: Topology): readonly TopologyFault[] =>
  segments.flatMap((segment, index) => [
    ...(segment.ipv4 === undefined && segment.ipv6 === undefined
      ? [{ at: `segments.${segment.name}`, problem: 'has neither an IPv4 nor an IPv6 prefix' }]
      : []),
    ...(segment.ipv4 === undefined || isNetwork(segment.ipv4)
      ? []
      : [
          {
            at: `segments.${segment.name}.ipv4`,
            problem: `${segment.ipv4} is no network; write its first address`,
          },
        ]),
    ...segments.slice(index + 1).flatMap((other) =>
      (['ipv4', 'ipv6'] as const).flatMap((family) => {
        const [left, right] = [segment[family], other[family]];
        if (left === undefined || right === undefined || !overlap(left, right)) return [];
        const problem = `${left} overlaps ${right} of segment ${other.name}; choose another prefix`;
        return [{ at: `segments.${segment.name}.${family}`, problem }];
      }),
    ),
  ]);

interface Placed {
  readonly host: string;
  readonly attachment: Omit<Attachment, 'link'>;
}

const placesOf = ({ hosts, testbed }: Topology): readonly Placed[] => [
  ...hosts.flatMap(({ name, attachments }) =>
    attachments.map((attachment) => ({ host: name, attachment })),
  ),
  { host: 'testbed', attachment: testbed },
];

const attachmentFaults = (topology: Topology): readonly TopologyFault[] =>
  placesOf(topology).flatMap(({ host, attachment }) => {
    const at = `hosts.${host}.attachments.${attachment.segment}`;
    const segment = topology.segments.find(({ name }) => name === attachment.segment);
    if (segment === undefined)
      return [{ at, problem: `there is no segment ${attachment.segment}` }];
    if (attachment.ipv4 === undefined && attachment.ipv6 === undefined)
      return [{ at, problem: 'has neither an IPv4 nor an IPv6 address' }];
    return (['ipv4', 'ipv6'] as const).flatMap((family) => {
      const [address, prefix] = [attachment[family], segment[family]];
      if (address === undefined) return [];
      if (prefix !== undefined && contains(prefix, address))
        return family === 'ipv4' && isReserved(prefix, address)
          ? [{ at, problem: `${address} is the network or broadcast address of ${prefix}` }]
          : [];
      const where = prefix === undefined ? `has no ${family} prefix` : `is ${prefix}`;
      return [{ at, problem: `${address} is outside segment ${segment.name}, which ${where}` }];
    });
  });

const addressFaults = (topology: Topology): readonly TopologyFault[] => {
  const taken = placesOf(topology).flatMap(({ host, attachment: { ipv4, ipv6, segment } }) =>
    [ipv4, ipv6].flatMap((address) => (address === undefined ? [] : [{ host, segment, address }])),
  );
  const owners = Map.groupBy(taken, ({ address }) => canonical(address));
  return [...owners.values()].flatMap((own) => {
    const last = own.at(-1);
    return own.slice(0, -1).map(({ host, segment, address }) => ({
      at: `hosts.${host}.attachments.${segment}`,
      problem: `${address} is also an address of ${last?.host}; each address belongs to one host`,
    }));
  });
};

const gatewayFault = (topology: Topology, host: LabHost): string | undefined => {
  if (host.gateway === undefined) return undefined;
  const gateway = topology.hosts.find(({ name }) => name === host.gateway);
  if (gateway === undefined) return `there is no host ${host.gateway}`;
  if (gateway.role !== 'router') return `${gateway.name} is no router; only routers forward`;
  const shared = gateway.attachments.some(({ segment }) =>
    host.attachments.some((own) => own.segment === segment),
  );
  return shared ? undefined : `${gateway.name} is on no segment of ${host.name}`;
};

/** Follows gateways from a host; true when that comes back to a router already passed. */
const circles = (topology: Topology, from: LabHost): boolean => {
  const passed = new Set<string>();
  for (
    let host: LabHost | undefined = from;
    host?.gateway !== undefined;
    host = topology.hosts.find(({ name }) => name === host?.gateway)
  ) {
    if (passed.has(host.name)) return true;
    passed.add(host.name);
  }
  return false;
};

const hostFaults = (topology: Topology): readonly TopologyFault[] =>
  topology.hosts.flatMap((host) => {
    const at = `hosts.${host.name}`;
    const faults: TopologyFault[] = [];
    for (const segment of repeated(host.attachments.map((each) => each.segment)))
      faults.push({ at: `${at}.attachments.${segment}`, problem: 'attached twice; keep one' });
    const gateway = gatewayFault(topology, host);
    if (gateway !== undefined) faults.push({ at: `${at}.gateway`, problem: gateway });
    else if (circles(topology, host))
      faults.push({ at: `${at}.gateway`, problem: 'the gateways form a loop; leave one out' });
    const { translation, role, attachments } = host;
    if (translation !== undefined && role !== 'router')
      faults.push({ at: `${at}.translation`, problem: 'only a router translates addresses' });
    if (translation && !attachments.some(({ segment }) => segment === translation.into))
      faults.push({ at: `${at}.translation`, problem: `not attached to ${translation.into}` });
    return faults;
  });

/** Tells everything that is wrong with a topology, or gives it back as one that can be built. */
export const checkTopology = (
  topology: Topology,
):
  | { readonly ok: true; readonly value: CheckedTopology }
  | { readonly ok: false; readonly error: readonly TopologyFault[] } => {
  const faults = [
    ...nameFaults(topology),
    ...segmentFaults(topology),
    ...attachmentFaults(topology),
    ...addressFaults(topology),
    ...hostFaults(topology),
  ];
  return faults.length > 0
    ? { ok: false, error: faults }
    : { ok: true, value: topology as CheckedTopology };
};

const parseJson = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `topology ${path} is no JSON: ${reason}; discretio lab draw --json prints one`,
      {
        cause: error,
      },
    );
  }
};

/** Reads a topology from a JSON file. Rejects with one line that names the file, the place in it and the reason. */
export const readTopology = async (path: string): Promise<CheckedTopology> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(
      `topology ${path} cannot be read (${reason}); discretio lab draw --json prints one to begin with`,
      { cause: error },
    );
  });
  const parsed = readBySchema(topologySchema, parseJson(text, path));
  if (!parsed.success)
    throw new Error(
      `topology ${path}: ${z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ')}`,
    );
  const result = checkTopology(parsed.data);
  if (result.ok) return result.value;
  const faults = result.error.map(({ at, problem }) => `${at}: ${problem}`);
  throw new Error(`topology ${path}: ${faults.join('; ')}`);
};
