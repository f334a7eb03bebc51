import { DeadlineError, type ApplianceDescription, type Phone } from '../../../devices/contract.ts';
import { forgeServer, startRogueServer } from '../../../simulators/attackers/rogue-server.ts';
import {
  createMaliciousUser,
  type MaliciousUser,
} from '../../../simulators/attackers/malicious-user.ts';
import type { GuestHost } from '../../../simulators/lab/site.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { messageOf } from '../../campaign/deadline.ts';
import { enrol, passphraseOf } from './basic-call.ts';
import type { Dialled, FirstUse } from './first-use-evidence.ts';

/** Milliseconds: for each step; for how long a call is watched that must not come about; and until a network is used again. */
const limits = { step: 5_000, silence: 800, again: 15_000 } as const;

/** The users, of the range kept for fiction. */
const caller = { name: 'new-caller', number: '+33639980085' } as const;
const callee = { name: 'new-callee', number: '+33639980086' } as const;
const misled = { name: 'new-misled', number: '+33639980087' } as const;
const third = '+33639980088';

/** A host of the phone's own, where the lab has any to give. */
const placePhone = async (world: World, name: string): Promise<GuestHost | null> => {
  const { attach, topology } = world.site;
  const beside = topology?.hosts.find(({ role }) => role === 'phone')?.name;
  return attach && beside !== undefined ? attach({ name, beside, link: {} }) : null;
};

const idle: Pick<Dialled, 'state' | 'endedBy'> = { state: 'idle', endedBy: null };

/** Dials until the other phone rings, the call ends, or the limit is over; hangs up then. */
const dial = async (
  from: Phone,
  number: string,
  to: Phone | null,
  limit: number,
): Promise<Dialled> => {
  try {
    await from.dial(number);
  } catch (error) {
    if (error instanceof DeadlineError) throw error;
    return { refusal: messageOf(error), ...idle, rang: false };
  }
  const settled = async (phone: Phone, states: Parameters<Phone['waitForCall']>[0]) => {
    try {
      return await phone.waitForCall(states, limit);
    } catch (error) {
      if (error instanceof DeadlineError) return null;
      throw error;
    }
  };
  const decided = settled(from, ['in-call', 'ended']);
  if (to) await Promise.race([settled(to, ['ringing']), decided]);
  // What decided it counts: a call that came about may be over again by now.
  const { state, endedBy, callId } = (to ? null : await decided) ?? (await from.report());
  const there = await to?.report();
  // A call tried before may arrive late; the proxy keeps the Call-ID (I-9).
  const rang = there?.state === 'ringing' && there.callId === callId;
  await from.hangUp();
  await from.waitForCall(['ended', 'idle'], limits.step);
  await to?.waitForCall(['ended', 'idle'], limits.step);
  return { refusal: null, state, endedBy, rang };
};

/** A phone that was never used is told a registration server that only looks like the appliance. */
const mislead = async (world: World, at: ApplianceDescription) => {
  const host = world.site.address('testbed');
  const forged = forgeServer(host, at.trust.serverAuthority);
  const server = await startRogueServer(host, forged, at.trust.serverAuthority);
  try {
    await placePhone(world, misled.name);
    const phone = await world.phone(misled.name, { ...at, registration: server.endpoint });
    const asking = phone
      .requestEnrolment(misled.number, passphraseOf(misled.name, world.seed))
      .then(
        () => '',
        (error: unknown) => messageOf(error),
      );
    const refusal = await Promise.race([asking, server.leak.then(() => '')]);
    const codes = (await phone.refusals()).map(({ code }) => code);
    return { requested: refusal === '', refusal, codes, server: server.log() };
  } finally {
    await server.close();
  }
};

/** A number that is nobody's, then somebody's, then connected. */
const callThird = async (world: World, from: Phone, user: MaliciousUser) => {
  const appliance = await world.appliance();
  const read = (number: string) => appliance.readToken(number, limits.step);
  const toUnknown = await dial(from, third, null, limits.step);
  const enrolled = await user.enrol(third, read, limits.step);
  if (enrolled.kind !== 'enrolled') throw new Error(`${third} could not enrol: ${enrolled.kind}`);
  const toEnrolled = await dial(from, third, null, limits.step);
  const registered = await user.register(third, limits.step);
  if (registered.kind !== 'registered')
    throw new Error(`${third} could not register: ${registered.kind}`);
  const answering = user.answer({
    number: third,
    fault: 'none',
    deadlineMs: limits.step,
    listenMs: 0,
  });
  const toConnected = await dial(from, third, null, limits.step);
  await answering;
  return { toUnknown, toEnrolled, toConnected };
};

/** The same call without a network, and with it again; the phone may take a while to notice. */
const interruptNetwork = async (host: GuestHost | null, from: Phone, to: Phone) => {
  if (host === null) return { withoutNetwork: null, networkBack: null };
  await host.setUp(false);
  const withoutNetwork = await dial(from, callee.number, to, limits.silence);
  await host.setUp(true);
  const until = performance.now() + limits.again;
  await from.register();
  let networkBack = await dial(from, callee.number, to, limits.step);
  while (!networkBack.rang && performance.now() < until)
    networkBack = await dial(from, callee.number, to, limits.step);
  return { withoutNetwork, networkBack };
};

const trying = async (world: World, at: ApplianceDescription): Promise<FirstUse> => {
  const [host] = await Promise.all([caller, callee].map(({ name }) => placePhone(world, name)));
  const [from, to] = await Promise.all([world.phone(caller.name), world.phone(callee.name)]);
  await world.write('stored-before.json', { files: await from.storedFiles() });
  await Promise.all([enrol(world, from, caller.number), enrol(world, to, callee.number)]);
  await world.write('stored-after.json', { files: await from.storedFiles() });
  for (const phone of [from, to]) await phone.unlock(passphraseOf(phone.name, world.seed));
  await to.register();
  const unconnected = await dial(from, callee.number, to, limits.silence);
  await from.register();
  const connected = await dial(from, callee.number, to, limits.step);
  const user = createMaliciousUser(at);
  try {
    return {
      caller,
      callee,
      third,
      unconnected,
      connected,
      ...(await callThird(world, from, user)),
      ...(await interruptNetwork(host ?? null, from, to)),
    };
  } finally {
    user.close();
  }
};

/** A phone on its way from the box to its first call: what it can do before it is enrolled, and before it is connected. */
export const firstUse: Activity = {
  id: 'first-use',
  title: 'phones fresh from the box enrol, connect and call, each tried before it may',
  effect: 'enrols three numbers and makes calls between them and to a number of nobody',
  disturbs: false,
  needs: ['enrol', 'call', 'read-token', 'export-stored-files'],
  after: [],
  captured: true,
  async run(world) {
    const at = await (await world.appliance()).describe();
    await world.write('topology.json', { ...at, caller, callee });
    const [forged, calls] = await Promise.all([mislead(world, at), trying(world, at)]);
    await world.write('forged-registration.json', forged);
    await world.write('calls.json', calls);
  },
};
