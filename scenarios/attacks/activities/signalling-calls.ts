import type { Appliance, Phone } from '../../../devices/contract.ts';
import type { SipMessage, SipRequest } from '../../../reference/core/sip/message/message.ts';
import { serialize } from '../../../reference/core/sip/message/message.ts';
import { applyFault, type EnrolledIdentity } from '../../../simulators/attackers/call-faults.ts';
import { certificatesInPem } from '../../../simulators/attackers/certificate-forger.ts';
import { placeCall } from '../../../simulators/attackers/malicious-caller.ts';
import { createMaliciousUser, registerOn } from '../../../simulators/attackers/malicious-user.ts';
import {
  cslForms,
  otherIdentities,
  toInvites,
  underNewBranch,
  withHeadersOf,
} from '../../../simulators/attackers/sip-call-alterations.ts';
import { sipToken } from '../../../simulators/attackers/sip-dialog.ts';
import { openSipSession, type SipSession } from '../../../simulators/attackers/sip-session.ts';
import { tapped } from '../../../simulators/attackers/sip-tap.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { callee, caller } from '../../conformity/activities/basic-call.ts';
import { intrude } from './signalling-intrusion.ts';
import { signallingCallsActivity, type AlteredCall } from './signalling-evidence.ts';
import { tryRequest, watchingLogs } from './signalling-watching.ts';

/** Milliseconds: for each step; for watching a call that came about; and for an answer that may not come. */
const limits = { step: 5_000, listen: 60, answer: 400 } as const;

/** The attacker's numbers: a party to calls, and the third user who breaks into them. */
const numbers = { party: '+33639986003', intruder: '+33639986004' } as const;

/** What the attacker works with. */
export interface CallStage {
  readonly appliance: Appliance;
  readonly phone: Phone;
  readonly identity: EnrolledIdentity;
  /** DER of the client authority's certificate. */
  readonly authority: Uint8Array;
  readonly party: SipSession;
  readonly intruder: SipSession;
  readonly domain: string;
}

const setUp = async (world: World): Promise<CallStage> => {
  const appliance = await world.appliance();
  const description = await appliance.describe();
  const user = createMaliciousUser(description);
  const read = (of: string) => appliance.readToken(of, limits.step);
  const identities = await Promise.all(
    [numbers.party, numbers.intruder].map(async (number) => {
      const { kind } = await user.enrol(number, read, limits.step);
      const identity = user.identity(number);
      if (!identity) throw new Error(`the attacker could not enrol ${number}: ${kind}`);
      return identity;
    }),
  );
  const [party, intruder] = identities.map((identity) =>
    openSipSession(description, identity, limits.step),
  );
  const [authority] = certificatesInPem(description.trust.clientAuthority);
  if (!identities[0] || !party || !intruder || !authority)
    throw new Error('the attacker lacks a certificate');
  const { domain } = party;
  const phone = await world.phone(callee.name);
  return { appliance, phone, identity: identities[0], authority, party, intruder, domain };
};

/** One call to the phone, whose INVITE is changed; the INVITE as it was sent is given back. */
const callWith = async (
  stage: CallStage,
  attempt: string,
  change: (message: SipMessage) => SipMessage,
): Promise<{ readonly call: AlteredCall; readonly invite: SipRequest | null }> => {
  const { appliance, phone, identity, authority, party, domain } = stage;
  const tap = tapped(await party.link(), change);
  const before = (await phone.report()).callId;
  const { value, codes, phoneCodes } = await watchingLogs(appliance, phone, async () => {
    const outcome = await placeCall({
      link: tap.link,
      number: numbers.party,
      victim: callee.number,
      domain,
      party: applyFault('none', identity, null, authority),
      deadlineMs: limits.step,
      listenMs: limits.listen,
    });
    if (outcome.kind === 'closed') party.close();
    await phone.waitForCall(['idle', 'ended'], limits.step);
    return outcome;
  });
  const { peerNumber, state, callId } = await phone.report();
  const invite = tap.sent.find(
    (message): message is SipRequest => message.kind === 'request' && message.method === 'INVITE',
  );
  const call = {
    attempt,
    outcome: { ...value },
    codes,
    phoneCodes,
    peerNumber,
    state,
    sameCall: callId === before,
  };
  return { call, invite: invite ?? null };
};

const unchanged = (message: SipMessage): SipMessage => message;

const alterCalls = async (stage: CallStage): Promise<readonly AlteredCall[]> => {
  const { domain } = stage;
  const calls: AlteredCall[] = [];
  const changes = { ...otherIdentities(caller.number, domain), ...cslForms };
  calls.push((await callWith(stage, 'none', unchanged)).call);
  for (const [attempt, change] of Object.entries(changes))
    calls.push((await callWith(stage, attempt, toInvites(change))).call);
  return calls;
};

/** An INVITE that came through, sent again as it was, under a new branch, and its X-CSL headers in a new call (S3). */
const replay = async (stage: CallStage) => {
  const { phone, party } = stage;
  const first = await callWith(stage, 'none', unchanged);
  const { invite } = first;
  if (!invite) throw new Error('the attacker sent no INVITE');
  const bytes = serialize(invite);
  const again = (attempt: string, repeated: Uint8Array) =>
    tryRequest(stage, party, attempt, () => repeated, limits.answer);
  const requests = [
    await again('same-branch', bytes),
    await again('new-branch', underNewBranch(bytes, sipToken())),
  ];
  await phone.waitForCall(['idle', 'ended'], limits.step);
  const stale = await callWith(stage, 'stale-headers', toInvites(withHeadersOf(invite)));
  const last = await callWith(stage, 'none', unchanged);
  return { requests, calls: [first.call, stale.call, last.call] };
};

/** An enrolled user calls with headers that mislead, repeats what it said before, and breaks into calls of others. */
export const signallingCalls: Activity = {
  id: signallingCallsActivity,
  title: 'an enrolled user calls under misleading headers, replays INVITEs and breaks into calls',
  effect: 'enrols two numbers, makes calls to a phone and sends forged requests into them',
  disturbs: false,
  needs: ['enrol', 'call', 'read-token', 'refusal-log'],
  expected: 1_700,
  after: ['call'],
  captured: false,
  async run(world) {
    const stage = await setUp(world);
    const { phone, party, intruder, domain } = stage;
    try {
      const registered = await registerOn(await party.link(), numbers.party, domain, limits.step);
      if (registered.kind !== 'registered')
        throw new Error(`the attacker could not register ${numbers.party}: ${registered.kind}`);
      await phone.setAutoAnswer(true);
      await world.write('replayed.json', await replay(stage));
      await world.write('intrusion.json', await intrude(stage, limits));
      await phone.setAutoAnswer(true);
      await world.write('altered.json', await alterCalls(stage));
    } finally {
      party.close();
      intruder.close();
    }
  },
};
