import { connect } from 'node:net';
import { z } from 'zod';
import { UnaskedError, type Endpoint } from '../../devices/contract.ts';
import type { EnrolledIdentity } from '../../simulators/attackers/call-faults.ts';
import {
  createMaliciousUser,
  type EnrolOutcome,
  type MaliciousUser,
} from '../../simulators/attackers/malicious-user.ts';
import type { Activity, World } from './activity.ts';
import { messageOf } from './deadline.ts';

/** Names of the two controls: evidence of every lane's is in their folders. */
export const controlIds = { first: 'control-first', last: 'control-last' } as const;

/** The file of one lane in a control's folder; and of what shows that the testbed itself is alive. */
export const controlFile = (lane: number): string => `lane-${lane}.json`;
export const aliveFile = (lane: number): string => `alive-${lane}.json`;

/** One try: everything worked, or the step that did not and what was seen. */
const attemptSchema = z.strictObject({
  worked: z.boolean(),
  step: z.enum(['start', 'enrol', 'register', 'call']),
  observed: z.string(),
  /** The way to ask failed: whether the target works is not known. */
  unasked: z.boolean().optional(),
});
type Attempt = Readonly<z.infer<typeof attemptSchema>>;

/** A control on one instance of the target, with the activities that this instance served. */
export const controlSchema = z.strictObject({
  lane: z.number(),
  activities: z.array(z.string()),
  attempts: z.array(attemptSchema),
});

/** Whether the testbed was alive when a last control had failed, and by what that is known. */
export const aliveSchema = z.strictObject({ alive: z.boolean(), observed: z.string() });

/** Milliseconds: for each message, far more than a slow machine needs; and for watching what follows the ACK. */
const deadlineMs = 10_000;
const listenMs = 50;

/** Numbers of the control's own users; of the range kept for fiction. */
const numbers = {
  first: ['+33639989101', '+33639989102'],
  last: ['+33639989103', '+33639989104'],
  fresh: ['+33639989105', '+33639989106'],
} as const;
type Pair = readonly [from: string, to: string];

const needs = ['enrol', 'read-token'] as const;

/** A capability that the controls need and the target lacks. */
export const lacksForControls = (capabilities: readonly string[]): string | undefined =>
  needs.find((need) => !capabilities.includes(need));

const broke = (step: Attempt['step'], outcome: object): Attempt => ({
  worked: false,
  step,
  observed: JSON.stringify(outcome),
});

const enrol = async (world: World, user: MaliciousUser, number: string): Promise<EnrolOutcome> => {
  const appliance = await world.appliance();
  return user.enrol(number, (of) => appliance.readToken(of, deadlineMs), deadlineMs);
};

const registerAndCall = async (user: MaliciousUser, [from, to]: Pair): Promise<Attempt> => {
  for (const number of [from, to]) {
    const outcome = await user.register(number, deadlineMs);
    if (outcome.kind !== 'registered') return broke('register', outcome);
  }
  const common = { fault: 'none', deadlineMs, listenMs } as const;
  const [call, answer] = await Promise.all([
    user.call(to, { number: from, ...common }),
    user.answer({ number: to, ...common }),
  ]);
  if (call.kind !== 'answered' || call.answer !== 'verified') return broke('call', call);
  if (answer.kind !== 'reacted' || answer.ack !== 'verified') return broke('call', answer);
  return { worked: true, step: 'call', observed: 'enrolled, registered, called' };
};

/** An answer that the target decided on, such as a limit that an attack has used up, also shows that it works. */
const isServed = (outcome: EnrolOutcome): boolean =>
  outcome.kind === 'enrolled' ||
  (outcome.kind === 'refused' && outcome.status >= 400 && outcome.status < 500);

/** Two users enrol, register and call each other; `known` are enrolled already, and one more user asks to be. */
const attempt = async (
  world: World,
  pair: Pair,
  known: readonly EnrolledIdentity[] = [],
): Promise<{ readonly attempt: Attempt; readonly identities: readonly EnrolledIdentity[] }> => {
  let user: MaliciousUser | null = null;
  try {
    user = createMaliciousUser(await (await world.appliance()).describe());
    for (const identity of known) user.adopt(identity);
    const [first, second] = known.map(({ number }) => number);
    const callers: Pair = first === undefined || second === undefined ? pair : [first, second];
    for (const number of known.length > 0 ? pair.slice(0, 1) : pair) {
      const outcome = await enrol(world, user, number);
      const good = known.length > 0 ? isServed(outcome) : outcome.kind === 'enrolled';
      if (!good) return { attempt: broke('enrol', outcome), identities: [] };
    }
    const identities = pair.flatMap((number) => user?.identity(number) ?? []);
    return { attempt: await registerAndCall(user, callers), identities };
  } catch (error) {
    const observed = messageOf(error);
    const failed = { worked: false, step: 'start', observed } as const;
    return {
      attempt: error instanceof UnaskedError ? { ...failed, unasked: true } : failed,
      identities: [],
    };
  } finally {
    user?.close();
  }
};

const base = {
  disturbs: false,
  needs: [...needs],
  after: [],
  captured: false,
  effect: 'enrols numbers and makes a call between them, by a program of the testbed’s own',
} as const;

/** The controls of one lane. */
export interface LaneControls {
  readonly first: Activity;
  readonly last: Activity;
  /** Whether the last one was done and did not work. */
  readonly lastFailed: () => boolean;
  /** To be done on a fresh instance of the target, once the other is stopped: the same must work there if the testbed is alive. */
  readonly alive: Activity;
}

/** The controls of a lane that does these activities; they fail by what they write, never by rejecting. */
export const controlsOf = (lane: number, activities: readonly string[]): LaneControls => {
  let identities: readonly EnrolledIdentity[] = [];
  let failed = false;
  const write = (world: World, attempts: readonly Attempt[]) =>
    world.write(controlFile(lane), { lane, activities, attempts });
  const first: Activity = {
    ...base,
    id: controlIds.first,
    title: 'control: two users enrol, register and call each other before anything else',
    async run(world) {
      const done = await attempt(world, numbers.first);
      identities = done.identities;
      await write(world, [done.attempt]);
    },
  };
  const last: Activity = {
    ...base,
    id: controlIds.last,
    title: 'control: the same two users register and call each other after everything else',
    async run(world) {
      const attempts: Attempt[] = [];
      // What a busy machine alone made fail works the second time.
      for (const number of numbers.last) {
        const pair: Pair = identities.length > 0 ? [number, number] : numbers.last;
        attempts.push((await attempt(world, pair, identities)).attempt);
        if (attempts.at(-1)?.worked === true) break;
      }
      failed = attempts.at(-1)?.worked !== true;
      await write(world, attempts);
    },
  };
  const alive: Activity = {
    ...base,
    id: controlIds.last,
    title: 'control: the same on an instance of the target that nothing was done to',
    async run(world) {
      const { attempt: tried } = await attempt(world, numbers.fresh);
      const observed = `on a fresh instance: ${tried.observed}`;
      await world.write(aliveFile(lane), { alive: tried.worked, observed });
    },
  };
  return { first, last, lastFailed: () => failed, alive };
};

const reach = ({ host, port }: Endpoint): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (how: string): void => {
      socket.destroy();
      resolve(how);
    };
    socket.setTimeout(deadlineMs, () => settle('ETIMEDOUT'));
    socket.once('connect', () => settle('connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });

/** For a target that the run cannot start afresh: its host still answers, be it with a refusal, so that network and testbed are alive. */
export const pathControl = (lane: number): Activity => ({
  ...base,
  id: controlIds.last,
  title: 'control: whether the target’s host still answers at all',
  async run(world) {
    const { sip } = await (await world.appliance()).describe();
    const how = await reach(sip);
    const alive = how === 'connected' || how === 'ECONNREFUSED';
    const observed = `the signalling port of the target’s host: ${how}`;
    await world.write(aliveFile(lane), { alive, observed });
  },
});
