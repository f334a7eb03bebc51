import type { Phone } from '../../../devices/contract.ts';
import { callFaults, type CallFault } from '../../../simulators/attackers/call-faults.ts';
import {
  createMaliciousUser,
  type MaliciousUser,
} from '../../../simulators/attackers/malicious-user.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { callee, caller } from '../../conformity/activities/basic-call.ts';

/** Milliseconds for each message awaited. */
const deadlineMs = 5_000;

/** Milliseconds for watching what follows the ACK: a call with a fault must be ended, a right one must not. */
const listening = { fault: 2_000, control: 300 } as const;

/** Calls that are right, though some values in them are rare. */
const right: readonly TriedFault[] = ['none', 'leading-zero-value', 'leading-zero-secret'];

const listeningTo = (fault: TriedFault): number =>
  right.includes(fault) ? listening.control : listening.fault;

/** The malicious user's numbers: one that calls, one that is called, one whose certificate is misused, and one that was enrolled twice. */
const numbers = {
  calling: '+33639980003',
  called: '+33639980004',
  misused: '+33639980005',
  reissued: '+33639980006',
} as const;

/** What is tried: faults of the headers, and a certificate that its successor has revoked, shown over a connection of the successor. */
type TriedFault = CallFault | 'revoked-certificate';

/** Faults that only one side of a call can make. */
const onlyOf: Readonly<Record<'caller' | 'callee', readonly TriedFault[]>> = {
  caller: ['reflected-tag'],
  callee: ['reflected-nonce', 'leading-zero-secret'],
};

/** Controls stand first and last: the same call with nothing wrong must come about, or nothing can be concluded. */
const faultsTried = (role: 'caller' | 'callee', hasRevoked: boolean): readonly TriedFault[] => [
  ...callFaults.filter((fault) => !onlyOf[role === 'caller' ? 'callee' : 'caller'].includes(fault)),
  ...(hasRevoked ? (['revoked-certificate'] as const) : []),
  'none',
];

/** Who calls or answers with a fault, and which fault of the headers that is. */
const partOf = (fault: TriedFault, number: string) =>
  fault === 'revoked-certificate'
    ? ({ number: numbers.reissued, fault: 'none' } as const)
    : { number, fault };

/**
 * Enrols a number twice and registers it with the second certificate; from then on its calls show the first, which the second has
 * revoked (I-6). False where the target does not enrol a number twice.
 */
const enrolTwice = async (world: World, user: MaliciousUser): Promise<boolean> => {
  const appliance = await world.appliance();
  const number = numbers.reissued;
  const enrol = () => user.enrol(number, (of) => appliance.readToken(of, deadlineMs), deadlineMs);
  const first = (await enrol()).kind === 'enrolled' ? user.identity(number) : undefined;
  const again = first && (await enrol());
  if (!first || again?.kind !== 'enrolled') return false;
  const registered = await user.register(number, deadlineMs);
  user.adopt(first);
  return registered.kind === 'registered';
};

const enrolAll = async (world: World, user: MaliciousUser): Promise<void> => {
  const appliance = await world.appliance();
  const readToken = (number: string) => appliance.readToken(number, deadlineMs);
  for (const number of [numbers.calling, numbers.called, numbers.misused]) {
    const outcome = await user.enrol(number, readToken, deadlineMs);
    if (outcome.kind !== 'enrolled')
      throw new Error(`the malicious user could not enrol ${number}: ${outcome.kind}`);
  }
  for (const number of [numbers.calling, numbers.called]) {
    const outcome = await user.register(number, deadlineMs);
    if (outcome.kind !== 'registered')
      throw new Error(`the malicious user could not register ${number}: ${outcome.kind}`);
  }
};

/** What a phone logged while an attempt lasted; the attempt is over when the phone's call is. */
const watching = async <Outcome>(phone: Phone, attempt: () => Promise<Outcome>) => {
  const before = (await phone.refusals()).length;
  const outcome = await attempt();
  await phone.waitForCall(['idle', 'ended'], deadlineMs);
  const refusals = (await phone.refusals()).slice(before).map(({ code }) => code);
  return { outcome, refusals };
};

const callVictim = async (user: MaliciousUser, victim: Phone, faults: readonly TriedFault[]) => {
  const attempts = [];
  for (const fault of faults) {
    const part = partOf(fault, numbers.calling);
    const listenMs = listeningTo(fault);
    const call = { ...part, other: numbers.misused, deadlineMs, listenMs };
    const seen = await watching(victim, () => user.call(callee.number, call));
    attempts.push({ role: 'caller' as const, fault, ...seen });
  }
  return attempts;
};

const answerVictim = async (user: MaliciousUser, victim: Phone, faults: readonly TriedFault[]) => {
  const attempts = [];
  for (const fault of faults) {
    const part = partOf(fault, numbers.called);
    const listenMs = listeningTo(fault);
    const answering = user.answer({ ...part, other: numbers.misused, deadlineMs, listenMs });
    const seen = await watching(victim, async () => {
      await victim.dial(part.number);
      return answering;
    });
    attempts.push({ role: 'callee' as const, fault, ...seen });
  }
  return attempts;
};

/** An enrolled user falsifies each part of the key agreement, calling a phone and called by one. */
export const maliciousCalls: Activity = {
  id: 'malicious-calls',
  title:
    'an enrolled user calls and is called with falsified X-CSL headers and a revoked certificate',
  effect: 'enrols numbers and sends faulty calls between them',
  disturbs: false,
  needs: ['enrol', 'call', 'read-token', 'refusal-log'],
  after: ['call'],
  captured: true,
  async run(world) {
    const description = await (await world.appliance()).describe();
    await world.write('topology.json', description);
    const user = createMaliciousUser(description);
    try {
      await enrolAll(world, user);
      const [alice, bob] = await Promise.all([world.phone(caller.name), world.phone(callee.name)]);
      await bob.setAutoAnswer(true);
      const hasRevoked = await enrolTwice(world, user);
      const attempts = await Promise.all([
        callVictim(user, bob, faultsTried('caller', hasRevoked)),
        answerVictim(user, alice, faultsTried('callee', hasRevoked)),
      ]);
      await world.write('attempts.json', attempts.flat());
    } finally {
      user.close();
    }
  },
};
