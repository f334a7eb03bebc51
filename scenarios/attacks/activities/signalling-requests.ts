import type { Appliance, Phone } from '../../../devices/contract.ts';
import { concat, utf8 } from '../../../reference/core/bytes.ts';
import type { EnrolledIdentity } from '../../../simulators/attackers/call-faults.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import {
  foreignCallers,
  foreignRegistrations,
  plainInvite,
  plainRegister,
  type Impersonation,
} from '../../../simulators/attackers/sip-impersonations.ts';
import type { SipLink } from '../../../simulators/attackers/sip-link.ts';
import {
  crashShapes,
  malformedAddresses,
  plainOptions,
  smugglings,
  wanderings,
  wrongLengths,
} from '../../../simulators/attackers/sip-malformed.ts';
import { mutatedRequest } from '../../../simulators/attackers/sip-mutations.ts';
import { textOf, type RawRequest } from '../../../simulators/attackers/sip-raw.ts';
import { openSipSession, type SipSession } from '../../../simulators/attackers/sip-session.ts';
import { tortureMessages } from '../../../simulators/attackers/sip-torture.ts';
import { createSeededRandom } from '../../../simulators/lab/link/seeded-random.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { messageOf } from '../../campaign/deadline.ts';
import { callee, caller } from '../../conformity/activities/basic-call.ts';
import {
  signallingRequestsActivity,
  type SignallingAttempt,
  type Torture,
} from './signalling-evidence.ts';
import { watchAmplification } from './signalling-loops.ts';
import { askOrMiss, tryRequest } from './signalling-watching.ts';

/** Milliseconds: for each step; and for an answer to a request that may get none. */
const deadlines = { step: 5_000, answer: 400 } as const;

/** The attacker's numbers: one that sends, and one on whose connection the first one's requests are sent. */
const numbers = { own: '+33639986001', second: '+33639986002' } as const;

/** Mutated INVITEs in all, and how many are sent at once. */
const mutations = { quick: 400, full: 5_000, atOnce: 10 } as const;

type Build = (link: SipLink, who: Impersonation) => RawRequest | Uint8Array;

interface Stage {
  readonly appliance: Appliance;
  readonly phone: Phone;
  readonly who: Impersonation;
  readonly own: SipSession;
  readonly second: SipSession;
}

const enrolBoth = async (world: World): Promise<readonly EnrolledIdentity[]> => {
  const appliance = await world.appliance();
  const user = createMaliciousUser(await appliance.describe());
  const read = (of: string) => appliance.readToken(of, deadlines.step);
  return Promise.all(
    [numbers.own, numbers.second].map(async (number) => {
      const { kind } = await user.enrol(number, read, deadlines.step);
      const identity = user.identity(number);
      if (!identity) throw new Error(`the attacker could not enrol ${number}: ${kind}`);
      return identity;
    }),
  );
};

const tryAll = async (
  stage: Stage,
  builds: Readonly<Record<string, Build>>,
  session: SipSession = stage.own,
): Promise<SignallingAttempt[]> => {
  const attempts: SignallingAttempt[] = [];
  for (const [name, build] of Object.entries(builds))
    attempts.push(
      await tryRequest(
        stage,
        session,
        name,
        (link) => build(link, stage.who),
        // Who is let through is called, which takes longer than a refusal.
        name === 'invite' ? deadlines.step : deadlines.answer,
      ),
    );
  return attempts;
};

/** The bytes of one's own requests, sent on another user's connection and then on one's own (S12). */
const borrowConnection = async (stage: Stage): Promise<SignallingAttempt[]> => {
  const link = await stage.own.link();
  const attempts: SignallingAttempt[] = [];
  for (const [name, build] of [
    ['register', plainRegister],
    ['invite', plainInvite],
  ] as const) {
    const bytes = utf8(textOf(build(link, stage.who)));
    attempts.push(
      await tryRequest(stage, stage.second, `${name}-borrowed`, () => bytes, deadlines.answer),
      await tryRequest(stage, stage.own, `${name}-own`, () => bytes, deadlines.step),
    );
  }
  return attempts;
};

/** A request whose every byte comes in a packet of its own. */
const byteByByte = (stage: Stage): Promise<SignallingAttempt> =>
  tryRequest(
    stage,
    stage.own,
    'byte-by-byte',
    (link) => plainOptions(link, stage.who),
    deadlines.step,
    true,
  );

const torment = async (world: World, stage: Stage): Promise<Torture> => {
  const torture: Torture['torture'] = [];
  for (const { name, bytes } of tortureMessages())
    torture.push({ name, reply: await askOrMiss(stage.own, () => bytes, deadlines.answer) });
  const random = createSeededRandom(world.seed);
  const { atOnce } = mutations;
  let unanswered = 0;
  for (let sent = 0; sent < mutations[world.profile]; sent += atOnce) {
    const reply = await askOrMiss(
      stage.own,
      (link) =>
        concat(
          ...Array.from({ length: atOnce }, () =>
            mutatedRequest(random, textOf(plainInvite(link, stage.who))),
          ),
        ),
      deadlines.answer,
    );
    if (reply.kind === 'deadline') unanswered += 1;
  }
  return {
    torture,
    mutated: { sent: mutations[world.profile], seed: world.seed, unanswered },
  };
};

/** Two phones call each other, as they did before. */
const controlCall = async (world: World) => {
  const [from, to] = await Promise.all([world.phone(caller.name), world.phone(callee.name)]);
  await to.setAutoAnswer(true);
  await from.dial(callee.number);
  const report = await from.waitForCall(['in-call', 'ended'], deadlines.step);
  const { state } = await to.waitForCall(['in-call', 'ended'], deadlines.step);
  await from.hangUp();
  await Promise.all([from, to].map((phone) => phone.waitForCall(['ended'], deadlines.step)));
  return { state: report.state, callee: state, endedBy: report.endedBy };
};

/** The call afterwards; a service that no longer serves is a finding, no end of the activity. */
const tryControlCall = (world: World) =>
  controlCall(world).catch((error: unknown) => ({
    state: 'not made',
    callee: 'not called',
    endedBy: messageOf(error),
  }));

/** REGISTERs for the phone called. Where one was accepted, that phone registers anew, so that what follows meets it again. */
const registerOthers = async (stage: Stage): Promise<SignallingAttempt[]> => {
  const who = { ...stage.who, other: stage.who.callee };
  const attempts = await tryAll({ ...stage, who }, foreignRegistrations);
  const taken = attempts.some(
    ({ attempt, reply }) =>
      attempt.includes('another') && reply.kind === 'answered' && reply.status < 300,
  );
  if (taken) await stage.phone.register();
  return attempts;
};

const attack = async (world: World, stage: Stage): Promise<void> => {
  const attempts = [
    ...(await tryAll(stage, foreignCallers)),
    ...(await registerOthers(stage)),
    ...(await borrowConnection(stage)),
    ...(await tryAll(stage, wanderings)),
  ];
  await world.write('identities.json', attempts);
  await world.write('amplification.json', await watchAmplification(stage, deadlines.answer));
  const forms = [
    ...(await tryAll(stage, { invite: plainInvite })),
    ...(await tryAll(stage, smugglings)),
    ...(await tryAll(stage, malformedAddresses)),
    ...(await tryAll(stage, crashShapes)),
    ...(await tryAll(stage, wrongLengths)),
    await byteByByte(stage),
  ];
  await world.write('forms.json', forms);
  await world.write('torture.json', await torment(world, stage));
  const last = await tryAll(stage, { invite: plainInvite });
  await world.write('afterwards.json', last);
};

/** An enrolled user sends requests in others' names, malformed ones, and some that would go round; then the phones call again. */
export const signallingRequests: Activity = {
  id: signallingRequestsActivity,
  title: 'an enrolled user sends requests in others’ names and malformed ones',
  effect: 'enrols two numbers and sends the SIP service some hundred requests that it must refuse',
  disturbs: false,
  needs: ['enrol', 'call', 'read-token', 'refusal-log'],
  after: ['call'],
  captured: false,
  async run(world) {
    const appliance = await world.appliance();
    const description = await appliance.describe();
    const phone = await world.phone(callee.name);
    await phone.setAutoAnswer(false);
    const [own, second] = (await enrolBoth(world)).map((identity) =>
      openSipSession(description, identity, deadlines.step),
    );
    if (!own || !second) throw new Error('the attacker has no connection');
    const who = {
      own: numbers.own,
      other: caller.number,
      callee: callee.number,
      domain: own.domain,
    };
    try {
      await attack(world, { appliance, phone, who, own, second });
      await world.write('control-call.json', await tryControlCall(world));
    } finally {
      own.close();
      second.close();
    }
  },
};
