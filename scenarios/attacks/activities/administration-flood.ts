import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DeadlineError, type Phone } from '../../../devices/contract.ts';
import { askOnHost } from '../../../simulators/attackers/on-host.ts';
import type { FloodOrder, FloodResult } from '../../../simulators/attackers/web-flood.ts';
import { nodeProgram } from '../../../simulators/lab/host-process.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { callee, caller } from '../../conformity/activities/basic-call.ts';

const program = fileURLToPath(
  new URL('../../../simulators/attackers/web-flood-program.ts', import.meta.url),
);

/** Milliseconds. */
const limits = { call: 8_000, end: 2_000, flood: 2_000 } as const;

/** Audio packets of 20 ms that each phone must hear. */
const audioPackets = 25;

/** The number that the flood is about, its own. */
const number = '+33639980053';

const callSchema = z.object({
  /** Whether both phones heard each other. */
  heard: z.boolean(),
  /** Why it ended, where a phone said so. */
  endedBy: z.string().nullable(),
  /** Milliseconds until both had heard enough; null where they did not. */
  took: z.number().nullable(),
});

/** What the activity `registration-flood` leaves in `flood.json`. */
export const floodSchema = z.object({
  before: callSchema,
  during: callSchema,
  after: callSchema,
  flood: z.object({ answers: z.record(z.string(), z.number()), took: z.number() }),
});

const callOnce = async (from: Phone, to: Phone): Promise<z.infer<typeof callSchema>> => {
  const began = performance.now();
  try {
    await from.dial(callee.number);
    const { state, endedBy } = await from.waitForCall(['in-call', 'ended'], limits.call);
    if (state === 'ended') return { heard: false, endedBy, took: null };
    await Promise.all([from, to].map((phone) => phone.waitForAudio(audioPackets, limits.call)));
    const took = Math.round(performance.now() - began);
    // By the one that was called: the caller is free for its next call as soon as it hears of it.
    await to.hangUp();
    await Promise.all([from, to].map((phone) => phone.waitForCall(['ended'], limits.call)));
    return { heard: true, endedBy, took };
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    await from.hangUp().catch(() => undefined);
    return { heard: false, endedBy: (await from.report()).endedBy, took: null };
  }
};

const flooding = async (world: World): Promise<z.infer<typeof floodSchema>> => {
  const { registration, trust } = await (await world.appliance()).describe();
  const [alice, bob] = await Promise.all([world.phone(caller.name), world.phone(callee.name)]);
  await bob.setAutoAnswer(true);
  const before = await callOnce(alice, bob);
  const host = world.site.start('testbed', nodeProgram(program, []));
  try {
    const ask = askOnHost(host);
    const flood = (order: FloodOrder) => ask(order) as Promise<FloodResult>;
    const target = { registration, trust };
    // The program is up, and has asked once, before the call begins.
    await flood({ target, number, parallel: 1, duration: 0 });
    const [during, result] = await Promise.all([
      callOnce(alice, bob),
      flood({ target, number, parallel: 16, duration: limits.flood }),
    ]);
    const after = await callOnce(alice, bob);
    const { answers, took } = result;
    return { before, during, after, flood: { answers: { ...answers }, took } };
  } finally {
    await host.stop(limits.end);
  }
};

/** Somebody floods the registration service while two users call each other. Its address gets no enrolment for a minute afterwards. */
export const registrationFlood: Activity = {
  id: 'registration-flood',
  title: 'an attacker floods the registration service during a call',
  effect: 'asks for enrolments as fast as it can for two seconds, and makes three calls',
  disturbs: true,
  needs: ['enrol', 'call'],
  expected: 4_000,
  after: ['call'],
  captured: false,
  run: async (world) => world.write('flood.json', await flooding(world)),
};
