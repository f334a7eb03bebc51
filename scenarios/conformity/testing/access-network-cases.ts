import {
  withJson,
  without,
  withoutCapture,
  withOutcome,
  type Alteration,
} from '../../testing/altered.ts';
import { failing, undecided, warned, type JudgeCase } from '../../testing/judge-cases.ts';
import type { UdpFlowFacts } from '../../wire/facts-model.ts';
import {
  accessCallsSchema,
  accessSchema,
  type Access,
  type AccessCall,
} from '../activities/access-evidence.ts';
import { inWire } from './other-wire.ts';

const id = '2.1/access-networks';
const activity = 'access-networks';

const access = (change: (access: Access) => unknown): Alteration =>
  withJson(activity, 'access.json', accessSchema, (list) => {
    for (const each of list) if (each.profile === 'edge') change(each);
  });

const calls = (change: (call: AccessCall) => unknown): Alteration =>
  withJson(activity, 'calls.json', accessCallsSchema, (list) => {
    for (const each of list) if (each.caller === 'on-edge') change(each);
  });

const failure = (late: boolean) => ({ step: 'registration', late, message: 'no session' });

const flows = (change: (flow: UdpFlowFacts) => UdpFlowFacts | null): Alteration =>
  inWire(activity, (facts) => ({
    ...facts,
    udpFlows: facts.udpFlows.flatMap((flow) => change(flow) ?? []),
  }));

/** One packet of every audio flow with another tag. */
const falsified = flows((flow) =>
  flow.protocol !== 'rtp'
    ? flow
    : {
        ...flow,
        datagrams: flow.datagrams.map((datagram, index) => {
          if (index !== 5) return datagram;
          const bytes = datagram.bytes.slice();
          bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
          return { ...datagram, bytes };
        }),
      },
);

/** More lost before the relay than any of the links loses. */
const lossy = flows((flow) =>
  flow.rtp ? { ...flow, rtp: { ...flow.rtp, lost: flow.rtp.lost + 40 } } : flow,
);

/** Calls over access networks. */
export const accessNetworkCases: readonly JudgeCase[] = [
  failing(
    id,
    'a phone that was refused on EDGE only',
    /EDGE: registration did not come about/,
    access((each) => void Object.assign(each, { failure: failure(false) })),
  ),
  failing(
    id,
    'a call that was refused on EDGE only',
    /from EDGE to Wi-Fi: registration did not come about/,
    calls((each) => void Object.assign(each, { failure: failure(false) })),
  ),
  failing(id, 'packets that do not verify', /do not verify/, falsified),
  failing(id, 'more lost than the links lose', /more audio is lost than/, lossy),
  undecided(
    id,
    'phones that received nothing',
    /received 0 packets/,
    calls((each) => void Object.assign(each, { received: 0 })),
  ),
  warned(
    id,
    'an enrolment of 13 seconds',
    /longer than 12.0 s/,
    access(({ took }) => void Object.assign(took, { enrolment: 13_000 })),
  ),
  undecided(
    id,
    'a phone that was late on EDGE',
    /EDGE: registration: no session/,
    access((each) => void Object.assign(each, { failure: failure(true) })),
  ),
  undecided(
    id,
    'phones that were refused everywhere',
    /registration: no session/,
    withJson(activity, 'access.json', accessSchema, (list) =>
      list.map((each) => ({ ...each, failure: failure(false) })),
    ),
  ),
  undecided(
    id,
    'a link that carried nothing',
    /carried nothing up/,
    access(({ carried }) => void Object.assign(carried.up, { frames: 0 })),
  ),
  undecided(
    id,
    'a link without its delay',
    /before its 150 ms/,
    access(({ carried }) => void Object.assign(carried.down, { shortest: 2 })),
  ),
  undecided(
    id,
    'no phone on EDGE',
    /no phone was on edge/,
    withJson(activity, 'access.json', accessSchema, (list) =>
      list.filter(({ profile }) => profile !== 'edge'),
    ),
  ),
  undecided(
    id,
    'no call from EDGE',
    /no call of the phone on/,
    withJson(activity, 'calls.json', accessCallsSchema, (list) => list.slice(1)),
  ),
  undecided(
    id,
    'audio in one direction',
    /in 1 directions, not in both/,
    calls((each) => void Object.assign(each, { keys: each.keys.slice(1) })),
  ),
  undecided(
    id,
    'no audio in the capture',
    /in 0 directions/,
    flows(() => null),
  ),
  undecided(
    id,
    'a dropped packet',
    /lost 1/,
    inWire(activity, (facts) => ({ ...facts, dropped: 1 })),
  ),
  undecided(id, 'no accesses', /not among the evidence/, without(activity, 'access.json')),
  undecided(id, 'no calls', /not among the evidence/, without(activity, 'calls.json')),
  undecided(id, 'no capture', /not captured/, withoutCapture(activity)),
  undecided(
    id,
    'not done',
    /activity access-networks/,
    withOutcome(activity, { status: 'failed' }),
  ),
];
