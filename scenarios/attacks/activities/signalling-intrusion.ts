import type { z } from 'zod';
import type { Phone } from '../../../devices/contract.ts';
import { header, type SipRequest } from '../../../reference/core/sip/message/message.ts';
import { applyFault } from '../../../simulators/attackers/call-faults.ts';
import { answerCall, type Conversation } from '../../../simulators/attackers/malicious-callee.ts';
import { placeCall } from '../../../simulators/attackers/malicious-caller.ts';
import {
  cancellations,
  intrusions,
  type KnownCall,
} from '../../../simulators/attackers/sip-intrusions.ts';
import type { SipLink } from '../../../simulators/attackers/sip-link.ts';
import type { RawRequest } from '../../../simulators/attackers/sip-raw.ts';
import { tapped, type TappedLink } from '../../../simulators/attackers/sip-tap.ts';
import { callee } from '../../conformity/activities/basic-call.ts';
import type { CallStage } from './signalling-calls.ts';
import type { intrusionSchema } from './signalling-evidence.ts';
import { tryRequest } from './signalling-watching.ts';

interface Limits {
  readonly step: number;
  readonly answer: number;
}

type Intrusion = z.infer<typeof intrusionSchema>;
type Builds = Readonly<Record<string, (link: SipLink, call: KnownCall) => RawRequest>>;

/** Audio packets that must still come after all attempts, each way. */
const audioPackets = 5;

const forge = async (
  stage: CallStage,
  call: KnownCall,
  builds: Builds,
  limits: Limits,
): Promise<Intrusion['attempts']> => {
  const { phone, intruder } = stage;
  const attempts = [];
  const { callId } = await phone.report();
  for (const [name, build] of Object.entries(builds)) {
    const { attempt, reply, codes } = await tryRequest(
      stage,
      intruder,
      name,
      (link) => build(link, call),
      limits.answer,
    );
    const now = await phone.report();
    attempts.push({ attempt, reply, codes, state: now.state, sameCall: now.callId === callId });
  }
  return attempts;
};

const audioGoesOn = async (
  phone: Phone,
  { media }: Conversation,
  limits: Limits,
): Promise<Intrusion['audio']> => {
  // Of a call that was broken nothing more comes.
  if ((await phone.report()).state !== 'in-call') return { toPhone: false, fromPhone: false };
  const before = media.count().verified;
  const enough = phone.waitForAudio(audioPackets, limits.step).then(
    () => true,
    () => false,
  );
  await media.heard(media.count().packets + audioPackets, limits.step);
  return { toPhone: await enough, fromPhone: media.count().verified >= before + audioPackets };
};

const isInvite = (message: TappedLink['received'][number]): message is SipRequest =>
  message.kind === 'request' && message.method === 'INVITE';

const knownCall = (stage: CallStage, invite: SipRequest, partyAddress: string): KnownCall => ({
  invite,
  partyAddress,
  party: stage.party.number,
  intruder: stage.intruder.number,
  phone: callee.number,
  domain: stage.domain,
});

/** The phone calls the attacker's first number; its second one knows everything of that call and sends into it. */
const intrudeOnCall = async (stage: CallStage, limits: Limits) => {
  const { phone, identity, authority, party } = stage;
  const tap = tapped(await party.link());
  let seen: Pick<Intrusion, 'attempts' | 'audio'> | null = null;
  const during = async (conversation: Conversation): Promise<void> => {
    conversation.media.start(conversation.peer, conversation.keys);
    await phone.waitForAudio(1, limits.step);
    const invite = tap.received.find(isInvite);
    const answered = tap.sent.find(
      (message) => message.kind === 'response' && message.status === 200,
    );
    if (!invite || !answered) throw new Error('the call was not seen whole');
    const call = knownCall(stage, invite, header(answered, 'To') ?? '');
    const attempts = await forge(stage, call, intrusions, limits);
    seen = { attempts, audio: await audioGoesOn(phone, conversation, limits) };
  };
  const answering = answerCall({
    link: tap.link,
    number: party.number,
    party: applyFault('none', identity, null, authority),
    deadlineMs: limits.step,
    listenMs: 0,
    during,
  });
  await phone.dial(party.number);
  const { kind } = await answering;
  const { state } = await phone.waitForCall(['idle', 'ended'], limits.step);
  return { seen: seen as Pick<Intrusion, 'attempts' | 'audio'> | null, kind, afterBye: state };
};

/** A link that tells its user, once released, that nothing more has come. */
const releasable = (link: SipLink, released: Promise<'deadline'>): SipLink => ({
  ...link,
  next: (select, deadlineMs) => Promise.race([link.next(select, deadlineMs), released]),
});

/** The attacker's first number calls the phone, which rings; its second one sends CANCEL, then the first one does. */
const intrudeOnRinging = async (stage: CallStage, limits: Limits) => {
  const { phone, identity, authority, party, domain } = stage;
  await phone.setAutoAnswer(false);
  const release = Promise.withResolvers<'deadline'>();
  const tap = tapped(releasable(await party.link(), release.promise));
  const calling = placeCall({
    link: tap.link,
    number: party.number,
    victim: callee.number,
    domain,
    party: applyFault('none', identity, null, authority),
    deadlineMs: limits.step,
    listenMs: 0,
  });
  try {
    await phone.waitForCall(['ringing'], limits.step);
    const invite = tap.sent.find(isInvite);
    if (!invite) throw new Error('the attacker sent no INVITE');
    const call = knownCall(stage, invite, header(invite, 'To') ?? '');
    const attempts = await forge(stage, call, cancellations, limits);
    release.resolve('deadline');
    await calling;
    const { state } = await phone.waitForCall(['idle', 'ended'], limits.step);
    return { attempts, afterCancel: state };
  } finally {
    release.resolve('deadline');
    await calling;
  }
};

/** Breaks into a call that stands and into one that rings (S4). */
export const intrude = async (stage: CallStage, limits: Limits): Promise<Intrusion> => {
  const standing = await intrudeOnCall(stage, limits);
  if (!standing.seen)
    throw new Error(`the call to break into did not come about: ${standing.kind}`);
  const ringing = await intrudeOnRinging(stage, limits);
  return {
    party: stage.party.number,
    intruder: stage.intruder.number,
    attempts: [...standing.seen.attempts, ...ringing.attempts],
    audio: standing.seen.audio,
    afterBye: standing.afterBye,
    afterCancel: ringing.afterCancel,
  };
};
