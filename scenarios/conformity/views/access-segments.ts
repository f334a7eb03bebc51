import { z } from 'zod';
import { topologySchema as worldSchema } from '../../../simulators/lab/topology/schema.ts';
import { fail, inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import { topologySchema } from '../activities/call-evidence.ts';
import type { WireFacts } from '../../wire/facts-model.ts';
import { callActivity, incompleteness } from './capture-view.ts';
import { flowName } from './media-view.ts';
import { worst } from './worst.ts';

/** A phone's place in the lab. */
interface Access {
  readonly phone: string;
  readonly segment: string;
  /** Whether the main capture shows this segment. */
  readonly main: boolean;
  readonly addresses: readonly string[];
}

/** Where a run took place: on one host, or on hosts of their own. */
const labSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('loopback'), topology: z.null() }),
  z.strictObject({ kind: z.literal('netns'), topology: worldSchema }),
]);

/** Where the caller and the callee stand; none where the run had one host only, null where nothing tells. */
const accessesOf = (evidence: Evidence): readonly Access[] | null => {
  const lab = evidence.json(callActivity, 'lab.json', labSchema);
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (!lab || !topology) return null;
  if (lab.kind === 'loopback') return [];
  const { hosts, testbed } = lab.topology;
  const places = [topology.caller.name, topology.callee.name].map((phone) =>
    (hosts.find(({ name }) => name === phone)?.attachments ?? []).map(
      ({ segment, ipv4, ipv6 }) => ({
        phone,
        segment,
        main: segment === testbed.segment,
        addresses: [ipv4, ipv6].filter((address) => address !== undefined),
      }),
    ),
  );
  return places.some((own) => own.length === 0) ? null : places.flat();
};

/** Who exchanged anything with whom: UDP, TLS, and SIP and HTTP in clear. */
const exchangesIn = (facts: WireFacts) => [
  ...facts.udpFlows.map((flow) => ({
    name: flowName(flow),
    hosts: [flow.source.host, flow.destination.host],
  })),
  ...facts.tlsSessions.map(({ client, server }) => ({
    name: `${client.host} to ${server.host}`,
    hosts: [client.host, server.host],
  })),
  ...[...facts.clearSip, ...facts.clearHttp].map(({ from, to, line }) => ({
    name: `${from.host} to ${to.host}: ${line}`,
    hosts: [from.host, to.host],
  })),
];

/** Everything that a phone sends or receives on its own segment has the appliance at the other end. */
const judgeAccess = (evidence: Evidence, access: Access): Finding | null => {
  const { phone, segment, addresses } = access;
  const captured = access.main ? {} : { segment };
  const wire = evidence.wire(callActivity, captured.segment);
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (wire.kind === 'missing') return inconclusive(`segment ${segment}: ${wire.reason}`);
  if (!topology) return inconclusive('the addresses of the run are not among the evidence');
  const { facts, path } = wire;
  const servers = [topology.sip.host, topology.registration.host, topology.relay.host];
  const ends = exchangesIn(facts).filter(({ hosts }) =>
    hosts.some((host) => addresses.includes(host)),
  );
  const elsewhere = ends.find(({ hosts }) => !hosts.some((host) => servers.includes(host)));
  if (elsewhere)
    return fail(
      `${phone} exchanges packets with another than the appliance`,
      'every packet of a terminal between it and the appliance',
      elsewhere.name,
      [path],
    );
  const heard = facts.udpFlows.some(
    ({ protocol, source }) => protocol === 'rtp' && addresses.includes(source.host),
  );
  if (!heard) return inconclusive(`segment ${segment} shows no audio of ${phone}`, [path]);
  const unseen = incompleteness({ evidence, facts, topology, path, ...captured });
  return unseen === null ? null : inconclusive(`segment ${segment}: ${unseen}`, [path]);
};

/** What the phones' own segments say against a finding; null where they agree with it, or there are none. */
export const judgeAccessSegments = (evidence: Evidence, found: Finding): Finding | null => {
  const accesses = accessesOf(evidence);
  const unknown = inconclusive('where the hosts of the run stood is not among the evidence');
  return worst(
    accesses === null
      ? [found, unknown]
      : [...accesses.map((access) => judgeAccess(evidence, access)), found],
  );
};
