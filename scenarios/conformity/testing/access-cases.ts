import { z } from 'zod';
import type { Evidence } from '../../campaign/scenario.ts';
import { captureName } from '../../campaign/evidence-on-disk.ts';
import { all, withJson, without, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import type { UdpFlowFacts, WireFacts } from '../../wire/facts-model.ts';
import { dropped } from './damage.ts';
import { withRecord, withTopology } from './documents.ts';

const id = '2.2/never-direct';

type Phone = 'alice' | 'bob';

/** Addresses of the standard topology, without translation. */
const places = {
  alice: '10.1.0.2',
  bob: '10.2.0.2',
  besideAlice: '10.1.0.66',
  appliance: '203.0.113.10',
} as const;

/** What a phone's own segment showed, changed. */
const onSegment =
  (phone: Phone, change: (facts: WireFacts) => WireFacts): Alteration =>
  (evidence): Evidence => ({
    ...evidence,
    wire(activity, segment) {
      const wire = evidence.wire(activity, segment);
      if (activity !== 'call' || segment !== `access-${phone}` || wire.kind === 'missing')
        return wire;
      return { ...wire, facts: change(wire.facts) };
    },
  });

/** No capture of a phone's own segment. */
const withoutSegment =
  (phone: Phone): Alteration =>
  (evidence): Evidence => ({
    ...evidence,
    wire: (activity, segment) =>
      segment === `access-${phone}`
        ? { kind: 'missing', reason: `segment ${segment} was not captured` }
        : evidence.wire(activity, segment),
  });

/** One more datagram flow, like the first from that host, with other ends. */
const furtherFlow = (
  phone: Phone,
  source: string,
  destination: string,
  differing: Partial<UdpFlowFacts> = {},
): Alteration =>
  onSegment(phone, (facts) => {
    const like = facts.udpFlows.find((flow) => flow.source.host === places[phone]);
    if (!like) throw new Error(`no flow from ${phone} on its segment`);
    const further = {
      ...like,
      source: { host: source, port: 42_000 },
      destination: { host: destination, port: 42_002 },
      ...differing,
    };
    return { ...facts, udpFlows: [...facts.udpFlows, further] };
  });

const oneUnknown = { protocol: 'unknown', packets: 1, rtp: null, srtp: null } as const;

const directSession: Alteration = onSegment('bob', (facts) => {
  const like = facts.tlsSessions.find(({ client }) => client.host === places.bob);
  if (!like) throw new Error('no TLS session of bob on its segment');
  const client = { host: places.alice, port: 42_000 };
  const server = { host: places.bob, port: 5061 };
  return { ...facts, tlsSessions: [...facts.tlsSessions, { ...like, client, server }] };
});

const clearMessage = (from: string, to: string): Alteration =>
  onSegment('alice', (facts) => ({
    ...facts,
    clearSip: [
      {
        at: 0,
        from: { host: from, port: 5060 },
        to: { host: to, port: 5060 },
        transport: 'tcp',
        line: 'MESSAGE sip:+33639980002@10.2.0.2 SIP/2.0',
      },
    ],
  }));

const withLab = (
  change: (lab: { topology: { hosts: { name: string; role: string }[] } }) => unknown,
): Alteration =>
  withJson(
    'call',
    'lab.json',
    z.looseObject({
      topology: z.looseObject({
        hosts: z.array(z.looseObject({ name: z.string(), role: z.string() })),
      }),
    }),
    change,
  );

/** What the capturing side counted on a phone's segment, changed. */
const withCount = (
  phone: Phone,
  change: (counted: { packets: number; dropped: number }) => object,
): Alteration =>
  withJson(
    'call',
    `${captureName(`access-${phone}`)}.json`,
    z.object({ packets: z.number(), dropped: z.number() }),
    (counted) => ({ kind: 'captured', ...counted, ...change(counted) }),
  );

const direct: readonly JudgeCase[] = [
  failing(
    id,
    'audio from alice to bob on the segment of alice',
    /alice exchanges packets with another/,
    furtherFlow('alice', places.alice, places.bob),
  ),
  failing(
    id,
    'audio from alice to bob on the segment of bob alone',
    /bob exchanges packets with another/,
    furtherFlow('bob', places.alice, places.bob),
  ),
  failing(
    id,
    'one datagram of anything from bob to alice',
    /bob exchanges packets with another/,
    furtherFlow('bob', places.bob, places.alice, oneUnknown),
  ),
  failing(
    id,
    'audio from alice to another host of its own segment',
    /alice exchanges packets with another/,
    furtherFlow('alice', places.alice, places.besideAlice),
  ),
  failing(id, 'TLS from alice to bob', /bob exchanges packets with another/, directSession),
  failing(
    id,
    'SIP in clear from alice to bob',
    /alice exchanges packets with another/,
    clearMessage(places.alice, places.bob),
  ),
  failing(
    id,
    'audio from alice to bob, and the captures have losses',
    /alice exchanges packets with another/,
    all(
      furtherFlow('alice', places.alice, places.bob),
      onSegment('alice', (facts) => ({ ...facts, dropped: 3 })),
      dropped,
    ),
  ),
  failing(
    id,
    'audio from alice to bob, and the segment of bob was not captured',
    /alice exchanges packets with another/,
    all(furtherFlow('alice', places.alice, places.bob), withoutSegment('bob')),
  ),
  tolerated(
    id,
    'another host of the segment at the appliance',
    /none both terminals|relay/,
    furtherFlow('alice', places.besideAlice, places.appliance, oneUnknown),
  ),
];

const unseen: readonly JudgeCase[] = [
  undecided(id, 'no capture of the segment of bob', /access-bob/, withoutSegment('bob')),
  undecided(
    id,
    'losses on the segment of alice',
    /segment access-alice: the capture lost 2 packets/,
    onSegment('alice', (facts) => ({ ...facts, dropped: 2 })),
  ),
  undecided(
    id,
    'losses counted by the capturing side on the segment of bob',
    /segment access-bob: the capture lost 1 packets/,
    withCount('bob', () => ({ dropped: 1 })),
  ),
  undecided(
    id,
    'a packet that the file of the segment of bob lacks',
    /segment access-bob: the capture file holds/,
    withCount('bob', ({ packets }) => ({ packets: packets + 1 })),
  ),
  undecided(
    id,
    'something unread on the segment of alice',
    /segment access-alice: the capture holds what could not be read: ip-fragment/,
    onSegment('alice', (facts) => ({
      ...facts,
      other: [...facts.other, { what: 'ip-fragment', count: 1, example: 'x' }],
    })),
  ),
  undecided(
    id,
    'a segment of alice without audio',
    /access-alice shows no audio of alice/,
    onSegment('alice', (facts) => ({
      ...facts,
      udpFlows: facts.udpFlows.filter(({ protocol }) => protocol !== 'rtp'),
    })),
  ),
  undecided(
    id,
    'no word on the lab',
    /where the hosts of the run stood/,
    without('call', 'lab.json'),
  ),
  undecided(
    id,
    'a lab without a host for bob',
    /where the hosts of the run stood/,
    withLab(({ topology }) => {
      topology.hosts = topology.hosts.filter(({ name }) => name !== 'bob');
    }),
  ),
  undecided(
    id,
    'a lab of another shape',
    /where the hosts of the run stood/,
    withLab(({ topology }) => {
      for (const host of topology.hosts) host.role = 'unknown';
    }),
  ),
  undecided(
    id,
    'a call of other phones',
    /where the hosts of the run stood/,
    withTopology((topology) => void Object.assign(topology.callee, { name: 'zoe' })),
  ),
  undecided(
    id,
    'losses on the main segment alone',
    /lost 1 packets|losses|file holds/,
    all(
      dropped,
      withRecord((record) => ({ kind: 'captured', ...record })),
    ),
  ),
];

/** Section 2.2, on the phones' own segments; for evidence of the netns lab. */
export const accessCases: readonly JudgeCase[] = [...direct, ...unseen];
