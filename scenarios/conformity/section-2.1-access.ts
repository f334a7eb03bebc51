import { fromHex } from '../../reference/core/bytes.ts';
import { profileSource } from '../../simulators/lab/link/access-profiles.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { verifyStream } from '../wire/srtp-check.ts';
import {
  accessCallsSchema,
  accessSchema,
  type Access,
  type AccessCall,
} from './activities/access-evidence.ts';
import { topologySchema } from './activities/call-evidence.ts';
import { losses, type CaptureView } from './views/capture-view.ts';
import { isRelay } from './views/media-view.ts';
import { worst } from './views/worst.ts';

const activity = 'access-networks';
const folder = `evidence/${activity}`;

/** The networks that the target names. */
const wanted = ['wifi', '4g', '3g', 'edge'] as const;

/** Milliseconds for each step, a first bound of our own for a target without one: what takes longer is usable with patience only. */
const bound = 12_000;

/** Fewest packets that make audio of a direction. */
const leastPackets = 25;

interface AccessView extends CaptureView {
  readonly accesses: readonly Access[];
  readonly calls: readonly AccessCall[];
}

const onAccess =
  (judge: (view: AccessView) => Finding) =>
  (evidence: Evidence): Finding => {
    const accesses = evidence.json(activity, 'access.json', accessSchema);
    const calls = evidence.json(activity, 'calls.json', accessCallsSchema);
    const topology = evidence.json(activity, 'topology.json', topologySchema);
    if (!accesses || !calls || !topology)
      return inconclusive('the calls over access networks are not among the evidence');
    const wire = evidence.wire(activity);
    if (wire.kind === 'missing') return inconclusive(wire.reason);
    const { facts, path } = wire;
    return judge({ evidence, facts, path, topology, activity, accesses, calls });
  };

/** Without a link that did what it was set to nothing is shown. */
const judgeLink = ({ title, link, carried }: Access): Finding | null => {
  for (const way of ['up', 'down'] as const) {
    const { frames, shortest } = carried[way];
    if (frames === 0 || shortest === null)
      return inconclusive(`the link of ${title} carried nothing ${way}`, [`${folder}/access.json`]);
    const delay = link[way]?.delay ?? 0;
    if (shortest < delay)
      return inconclusive(
        `the link of ${title} let frames ${way} pass after ${shortest.toFixed(1)} ms, before its ${delay} ms`,
        [`${folder}/access.json`],
      );
  }
  return null;
};

/** A refusal is the target's where others on the same appliance were served; a step that was only late shows nothing. */
const judgeFailure = (
  what: string,
  failure: Access['failure'],
  served: boolean,
): Finding | null => {
  if (failure === null) return null;
  const { step, late, message } = failure;
  const paths = [`${folder}/access.json`, `${folder}/calls.json`];
  if (late || !served) return inconclusive(`${what}: ${step}: ${message}`, paths);
  return fail(
    `${what}: ${step} did not come about`,
    'enrolment, registration and a call',
    message,
    paths,
  );
};

const titleOf = (view: AccessView, phone: string): string =>
  view.accesses.find((each) => each.phone === phone)?.title ?? phone;

const nameOf = (view: AccessView, { caller, callee }: AccessCall): string =>
  `the call from ${titleOf(view, caller)} to ${titleOf(view, callee)}`;

/** The largest number of `packets` that are lost at this share other than once in a million times. */
export const mostLost = (packets: number, share: number): number => {
  let term = (1 - share) ** packets;
  let sum = term;
  let lost = 0;
  while (sum < 1 - 1e-6 && lost < packets) {
    term *= ((packets - lost) / (lost + 1)) * (share / (1 - share));
    lost += 1;
    sum += term;
  }
  return lost;
};

interface Direction {
  readonly toRelay: number;
  readonly fromRelay: number;
  readonly lostUp: number;
  readonly refused: number;
}

/** What passed under one of the call's keys on each side of the relay. */
const directionOf = (view: AccessView, key: AccessCall['keys'][number]): Direction => {
  const masterKey = fromHex(key.masterKey);
  const masterSalt = fromHex(key.masterSalt);
  const keys =
    masterKey.ok && masterSalt.ok
      ? [{ masterKey: masterKey.value, masterSalt: masterSalt.value }]
      : [];
  const own = view.facts.udpFlows.flatMap((flow) => {
    if (flow.protocol !== 'rtp') return [];
    const { verified, failed } = verifyStream(flow.datagrams, keys);
    return verified > 0 ? [{ flow, verified, failed }] : [];
  });
  const up = own.filter(({ flow }) => isRelay(flow.destination, view));
  const down = own.filter(({ flow }) => isRelay(flow.source, view));
  const sum = (of: typeof own) => of.reduce((total, { verified }) => total + verified, 0);
  return {
    toRelay: sum(up),
    fromRelay: sum(down),
    lostUp: up.reduce((total, { flow }) => total + (flow.rtp?.lost ?? 0), 0),
    refused: own.reduce((total, { failed }) => total + failed, 0),
  };
};

/** Audio of both phones must reach the relay and leave it under the keys of the call, and no more of it be lost than the links lose. */
const judgeAudio = (call: AccessCall, view: AccessView): Finding | null => {
  const name = nameOf(view, call);
  const paths = [view.path, `${folder}/calls.json`];
  const directions = call.keys.map((key) => directionOf(view, key));
  const heard = directions.filter(
    ({ toRelay, fromRelay }) => toRelay >= leastPackets && fromRelay >= leastPackets,
  );
  if (heard.length < 2)
    return inconclusive(
      `${name}: the capture shows audio that the call’s keys verify in ${heard.length} directions, not in both`,
      paths,
    );
  const refused = directions.reduce((sum, each) => sum + each.refused, 0);
  if (refused > 0)
    return fail(
      `${name}: ${refused} audio packets do not verify`,
      'audio under the call’s keys',
      'others',
      paths,
    );
  const share = Math.max(
    ...view.accesses
      .filter(({ phone }) => phone === call.caller || phone === call.callee)
      .flatMap(({ link }) => [link.up?.loss ?? 0, link.down?.loss ?? 0]),
  );
  for (const { toRelay, lostUp } of heard) {
    const most = mostLost(toRelay + lostUp, share);
    if (lostUp > most)
      return fail(
        `${name}: more audio is lost than the link loses`,
        `at most ${most} of ${toRelay + lostUp} packets (${share * 100} % of them lost on the link)`,
        `${lostUp} lost before the relay`,
        paths,
      );
  }
  // What comes before a phone has verified its peer, or after it hung up, it does not count: no loss can be told from this.
  return call.received >= 2 * leastPackets
    ? null
    : inconclusive(`${name}: the phones say that they received ${call.received} packets`, paths);
};

const slowest = (took: Readonly<Record<string, number>>): number =>
  Math.max(0, ...Object.values(took));

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

const judgeDuration = (view: AccessView): Finding | null => {
  const slow = [
    ...view.accesses.map(({ title, took }) => ({ what: title, took })),
    ...view.calls.map((call) => ({ what: nameOf(view, call), took: call.took })),
  ].find(({ took }) => slowest(took) > bound);
  return slow
    ? {
        kind: 'warn',
        reason: `${slow.what}: a step took ${seconds(slowest(slow.took))}, longer than ${seconds(bound)}`,
        evidence: [`${folder}/access.json`, `${folder}/calls.json`],
      }
    : null;
};

const described = (view: AccessView): string =>
  view.accesses
    .map(({ title, phone, took, carried }) => {
      const call = view.calls.find(({ caller, callee }) => caller === phone || callee === phone);
      const { up, down } = carried;
      return `${title}: enrolment ${seconds(took['enrolment'] ?? 0)}, registration ${seconds(took['registration'] ?? 0)}, call set-up ${seconds(call?.took['call set-up'] ?? 0)}, ${up.lost + down.lost} of ${up.frames + down.frames} frames lost on the link`;
    })
    .join('; ');

const judgeAccess = onAccess((view) => {
  const { accesses, calls } = view;
  const paths = [`${folder}/access.json`, `${folder}/calls.json`, view.path];
  const absent = wanted.find((profile) => !accesses.some((each) => each.profile === profile));
  if (absent) return inconclusive(`no phone was on ${absent}`, paths);
  const links = worst(accesses.map(judgeLink));
  if (links) return links;
  const served = accesses.some(({ failure }) => failure === null);
  const bad = worst([
    ...accesses.map(({ title, failure }) => judgeFailure(title, failure, served)),
    ...calls.map((call) => judgeFailure(nameOf(view, call), call.failure, served)),
  ]);
  if (bad) return bad;
  const unheard = accesses.find(
    ({ phone }) => !calls.some(({ caller, callee }) => caller === phone || callee === phone),
  );
  if (unheard) return inconclusive(`no call of the phone on ${unheard.title} was tried`, paths);
  const lost = losses(view);
  if (lost !== null) return inconclusive(lost, [view.path]);
  return (
    worst(calls.map((call) => judgeAudio(call, view))) ??
    judgeDuration(view) ??
    pass(
      `verified audio both ways on every network. ${described(view)} (links in user space; ${profileSource})`,
      paths,
    )
  );
});

/** Section 2.1: what the communication runs over. */
export const accessScenarios: readonly Scenario[] = [
  {
    id: '2.1/access-networks',
    revision: 1,
    claims: ['2.1.f'],
    activities: [activity],
    needs: ['enrol', 'call', 'read-token', 'media-keys'],
    judge: judgeAccess,
  },
];
