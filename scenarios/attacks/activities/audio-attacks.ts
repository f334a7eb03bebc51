import type { Phone } from '../../../devices/contract.ts';
import type { Endpoint } from '../../../simulators/attackers/endpoint.ts';
import type { Conversation } from '../../../simulators/attackers/malicious-callee.ts';
import {
  createMaliciousUser,
  type MaliciousUser,
} from '../../../simulators/attackers/malicious-user.ts';
import {
  createRtpProbing,
  type RtpProbe,
  type RtpProbing,
} from '../../../simulators/attackers/rtp-probes.ts';
import { openOutsider } from '../../../simulators/attackers/rtp-outsider.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { caller } from '../../conformity/activities/basic-call.ts';
import {
  audioAttacksActivity,
  type AudioAttacks,
  type OutsiderResult,
  type ProbeResult,
} from './audio-evidence.ts';

/** Milliseconds for each step. */
const deadlineMs = 5_000;

/** The malicious user's number; of the range kept for fiction. */
const number = '+33639980043';

/** Packets at once: few enough for any receiver's buffer. */
const burst = 64;

/** Good packets sent after a burst: one, and another as often as nothing more comes for so many milliseconds. */
const mostMarkers = 4;
const patienceMs = 200;

/** Good packets that follow an outsider's: fewer than his, so that one of his more than they is one too many. */
const outsiderMarkers = 3;

/** Calls made at most. */
const mostCalls = 3;

interface Counted {
  readonly markers: number;
  readonly received: number;
  readonly refused: number;
}

/** Sends a burst and a good packet, and waits until the phone has counted enough; sends more good ones where it has not. */
const countBurst = async (
  phone: Phone,
  isEnough: (counted: Counted) => boolean,
  send: () => void,
  sendMarker: () => void,
  most: number,
): Promise<Counted> => {
  const before = await phone.report();
  send();
  sendMarker();
  let markers = 1;
  const count = async (): Promise<Counted> => {
    const after = await phone.report();
    return {
      markers,
      received: after.packetsReceived - before.packetsReceived,
      refused: after.packetsRefused - before.packetsRefused,
    };
  };
  for (let counted = await count(); !isEnough(counted);) {
    await phone.waitForAudio(1, patienceMs).catch(() => undefined);
    // What came between the count and the waiting is not waited for, but counted.
    const now = await count();
    const isMore = now.received + now.refused > counted.received + counted.refused;
    counted = now;
    if (isMore || isEnough(counted)) continue;
    if (markers === most) return counted;
    markers += 1;
    sendMarker();
  }
  return count();
};

const sum = (left: Counted, right: Counted): Counted => ({
  markers: left.markers + right.markers,
  received: left.received + right.received,
  refused: left.refused + right.refused,
});

const tryProbe = async (
  phone: Phone,
  { media, peer }: Conversation,
  probing: RtpProbing,
  { name, packets, expected, control }: RtpProbe,
  most: number,
): Promise<ProbeResult> => {
  const to: Endpoint = control ? { host: peer.host, port: peer.port + 1 } : peer;
  let counted: Counted = { markers: 0, received: 0, refused: 0 };
  for (let from = 0; from < packets.length; from += burst) {
    const some = packets.slice(from, from + burst);
    const sendSome = () => some.forEach((bytes) => media.send(to, bytes));
    const sendMarker = () => media.send(peer, probing.marker());
    const isCounted = ({ markers, received, refused }: Counted) =>
      received + refused >= some.length + markers;
    counted = sum(counted, await countBurst(phone, isCounted, sendSome, sendMarker, most));
  }
  return { probe: name, expected, sent: packets.length, ...counted };
};

/** Good packets from where they must not come from; good ones from the right place tell when the phone would have had them. */
const tryOutsider = async (
  phone: Phone,
  { media, peer }: Conversation,
  probing: RtpProbing,
  from: OutsiderResult['from'],
  host: string,
): Promise<OutsiderResult> => {
  const outsider = await openOutsider(host);
  const before = media.count().packets;
  try {
    const sent = 8;
    const sendAll = () => {
      for (let count = 0; count < sent; count += 1) outsider.send(peer, probing.marker());
    };
    const sendMarker = () => media.send(peer, probing.marker());
    // Each good packet is sent only when nothing more arrives: once the last has, so would have all of the outsider's.
    const isOver = ({ markers, received }: Counted) =>
      markers === outsiderMarkers && received >= markers;
    const counted = await countBurst(phone, isOver, sendAll, sendMarker, outsiderMarkers);
    return {
      from,
      sent,
      ...counted,
      stolen: outsider.received(),
      heard: media.count().packets - before,
    };
  } finally {
    outsider.close();
  }
};

/** Another address of this machine, where it has one that can be told apart from a phone's. */
const otherAddress = (world: World): string | null =>
  world.site.address('testbed') === '127.0.0.1' ? '127.0.0.2' : null;

const attack = async (world: World, phone: Phone, conversation: Conversation) => {
  const { media, keys } = conversation;
  // Some of them are sent back.
  await media.heard(4, deadlineMs);
  const probing = createRtpProbing(keys.sending, media.ssrc, () => media.packets());
  const probes: ProbeResult[] = [];
  // Who does not take good audio will not take more of it: nothing is gained by waiting long again.
  let most = mostMarkers;
  for (let probe = probing.next(); probe; probe = probing.next()) {
    const result = await tryProbe(phone, conversation, probing, probe, most);
    probes.push(result);
    if (result.received === 0) most = 1;
  }
  const outsiders: OutsiderResult[] = [];
  const own = world.site.address('testbed');
  const other = otherAddress(world);
  for (const [from, host] of [
    ['other-port', own],
    ['other-address', other],
  ] as const)
    if (host !== null) outsiders.push(await tryOutsider(phone, conversation, probing, from, host));
  const { state } = await phone.report();
  return { probes, outsiders, state };
};

/** Datagrams may be lost on the way; what is neither taken nor refused decides nothing. */
const isIncomplete = ({ sent, markers, received, refused }: ProbeResult): boolean =>
  received + refused < sent + markers;

/** The phone calls the user, who attacks within the call. */
const attackInCall = async (
  world: World,
  phone: Phone,
  user: MaliciousUser,
): Promise<Omit<AudioAttacks, 'calls'>> => {
  let found: Omit<AudioAttacks, 'calls'> | null = null;
  const answered = user.answer({
    number,
    fault: 'none',
    deadlineMs,
    listenMs: 0,
    during: async (conversation) => {
      found = await attack(world, phone, conversation);
    },
  });
  await phone.dial(number);
  const { kind } = await answered;
  await phone.waitForCall(['ended'], deadlineMs);
  if (!found) throw new Error(`the call to the malicious user did not come about: ${kind}`);
  return found;
};

/** An enrolled user takes a call and then sends what no phone may take: in clear, altered, repeated, of another index, malformed; and an outsider joins in. */
export const audioAttacks: Activity = {
  id: audioAttacksActivity,
  title: 'an enrolled user and an outsider send falsified audio into a call',
  effect: 'enrols one number, is called by a phone and sends faulty audio to it and to the relay',
  disturbs: false,
  needs: ['enrol', 'call', 'read-token'],
  expected: 1_000,
  after: ['call'],
  captured: false,
  async run(world) {
    const appliance = await world.appliance();
    const user = createMaliciousUser(await appliance.describe());
    try {
      const readToken = (of: string) => appliance.readToken(of, deadlineMs);
      const enrolled = await user.enrol(number, readToken, deadlineMs);
      const registered = await user.register(number, deadlineMs);
      if (enrolled.kind !== 'enrolled' || registered.kind !== 'registered')
        throw new Error(`the malicious user could not register ${number}: ${registered.kind}`);
      const phone = await world.phone(caller.name);
      for (let calls = 1; ; calls += 1) {
        const found = await attackInCall(world, phone, user);
        await world.write('probes.json', { ...found, calls });
        if (calls === mostCalls || !found.probes.some(isIncomplete)) return;
      }
    } finally {
      user.close();
    }
  },
};
