import { DeadlineError, type Phone } from '../../../devices/contract.ts';
import {
  accessProfiles,
  type AccessProfile,
} from '../../../simulators/lab/link/access-profiles.ts';
import type { GuestHost, LabSite } from '../../../simulators/lab/site.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { messageOf } from '../../campaign/deadline.ts';
import type { Access, AccessCall } from './access-evidence.ts';
import { enrol, passphraseOf } from './basic-call.ts';

/** Milliseconds for a step before it is given up. */
const deadlines = { step: 15_000, audio: 15_000, ending: 5_000 } as const;

/** Audio packets of 20 ms that each phone must receive: a second, or five. */
const audioPackets = { quick: 50, full: 250 } as const;

/** Numbers of the range that the French regulator keeps for fiction. */
const numbers: Readonly<Record<AccessProfile['name'], string>> = {
  wifi: '+33639980081',
  '4g': '+33639980082',
  '3g': '+33639980083',
  edge: '+33639980084',
};

/** A phone on its network, and what became of its steps. */
interface Placed {
  readonly profile: AccessProfile;
  readonly name: string;
  readonly number: string;
  readonly host: GuestHost;
  readonly phone: Phone;
  readonly steps: Steps;
}

type Failure = Access['failure'];

interface Steps {
  readonly took: Record<string, number>;
  failure: Failure;
}

/** Does one step after the other, with its time; one that fails ends them and is a result. */
const createSteps = () => {
  const steps: Steps = { took: {}, failure: null };
  const step = async (name: string, work: () => Promise<unknown>): Promise<boolean> => {
    if (steps.failure !== null) return false;
    const before = performance.now();
    try {
      await work();
      steps.took[name] = Math.round(performance.now() - before);
      return true;
    } catch (error) {
      const late = error instanceof DeadlineError;
      steps.failure = { step: name, late, message: messageOf(error) };
      return false;
    }
  };
  return { steps, step };
};

const nameOf = ({ name }: AccessProfile): string => `on-${name}`;

const place = async (
  world: World,
  attach: NonNullable<LabSite['attach']>,
  beside: string,
  profile: AccessProfile,
): Promise<Placed> => {
  const name = nameOf(profile);
  const number = numbers[profile.name];
  const host = await attach({ name, beside, link: profile.link });
  const phone = await world.phone(name);
  const { steps, step } = createSteps();
  await step('enrolment', () => enrol(world, phone, number));
  await step('unlocking', () => phone.unlock(passphraseOf(name, world.seed)));
  await step('registration', () => phone.register());
  return { profile, name, number, host, phone, steps };
};

const call = async (world: World, from: Placed, to: Placed): Promise<AccessCall> => {
  const phones = [from.phone, to.phone] as const;
  const { steps, step } = createSteps();
  await step('call set-up', async () => {
    await to.phone.setAutoAnswer(true);
    await from.phone.dial(to.number);
    const reports = await Promise.all(
      phones.map((phone) => phone.waitForCall(['in-call', 'ended'], deadlines.step)),
    );
    const ended = reports.find(({ state }) => state === 'ended');
    if (ended) throw new Error(`the call ended (${ended.endedBy ?? 'no reason'})`);
  });
  await step('audio', () =>
    Promise.all(
      phones.map((phone) => phone.waitForAudio(audioPackets[world.profile], deadlines.audio)),
    ),
  );
  await from.phone.hangUp();
  await step('ending', () =>
    Promise.all(phones.map((phone) => phone.waitForCall(['ended'], deadlines.ending))),
  );
  const reports = await Promise.all(phones.map((phone) => phone.report()));
  const keys = (await Promise.all(phones.map((phone) => phone.mediaKeys()))).flat();
  const unique = new Map(keys.map((key) => [`${key.masterKey}${key.masterSalt}`, key]));
  return {
    caller: from.name,
    callee: to.name,
    ...steps,
    received: reports.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0),
    keys: [...unique.values()],
  };
};

const accessOf = async ({ profile, name, host, steps }: Placed): Promise<Access> => ({
  profile: profile.name,
  title: profile.title,
  phone: name,
  link: profile.link,
  carried: await host.carried(),
  ...steps,
});

/** Phones on Wi-Fi, 4G, 3G and EDGE enrol, register and call each other: the slowest calls the fastest, those between each other. */
export const accessNetworks: Activity = {
  id: 'access-networks',
  title: 'phones on Wi-Fi, 4G, 3G and EDGE enrol and call each other',
  effect: 'enrols four numbers and makes two calls between them over slow links',
  disturbs: false,
  lab: 'hosts',
  expected: 12_000,
  needs: ['enrol', 'call', 'read-token', 'media-keys'],
  after: [],
  captured: true,
  async run(world) {
    const { attach, topology } = world.site;
    const beside = topology?.hosts.find(({ role }) => role === 'phone')?.name;
    if (!attach || beside === undefined) throw new Error('this lab has no hosts of its own');
    const description = await (await world.appliance()).describe();
    const [wifi, lte, umts, edge] = accessProfiles;
    const user = (profile: AccessProfile) => ({
      name: nameOf(profile),
      number: numbers[profile.name],
    });
    await world.write('topology.json', { ...description, caller: user(edge), callee: user(wifi) });
    const placed = (profile: AccessProfile) => place(world, attach, beside, profile);
    const [onWifi, onLte, onUmts, onEdge] = await Promise.all([
      placed(wifi),
      placed(lte),
      placed(umts),
      placed(edge),
    ]);
    const pairs = [
      [onEdge, onWifi],
      [onUmts, onLte],
    ] as const;
    const able = pairs.filter((pair) => pair.every(({ steps }) => steps.failure === null));
    const calls = await Promise.all(able.map(([from, to]) => call(world, from, to)));
    await world.write('calls.json', calls);
    const all = [onWifi, onLte, onUmts, onEdge];
    await world.write('access.json', await Promise.all(all.map(accessOf)));
  },
};
