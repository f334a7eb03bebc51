import type { Phone } from '../../../devices/contract.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { callee, caller } from '../../conformity/activities/basic-call.ts';
import { audioChangesActivity } from './audio-evidence.ts';
import { startListening } from './audio-outsider.ts';

/** Milliseconds: for each step, and how long a hold lasts, and the watch after the end. */
const deadlineMs = 5_000;
const silenceMs = 250;

/** Packets that each phone hears before and after a hold. */
const packets = 8;

/** More packets than can come meanwhile. */
const tooMany = 10_000;

/** Watches a phone for a while, whatever it hears. */
const listen = (phone: Phone): Promise<unknown> =>
  phone.waitForAudio(tooMany, silenceMs).catch(() => undefined);

const hear = (phones: readonly Phone[]): Promise<unknown> =>
  Promise.all(phones.map((phone) => phone.waitForAudio(packets, deadlineMs)));

/** A call, put on hold and resumed by its caller. */
const holdAndResume = async (from: Phone, to: Phone): Promise<string> => {
  if (!from.hold || !from.resume) throw new Error(`phone ${from.name} cannot hold a call`);
  await to.setAutoAnswer(true);
  await from.dial(callee.number);
  const { callId } = await from.waitForCall(['in-call', 'ended'], deadlineMs);
  await hear([from, to]);
  await from.hold();
  await listen(from);
  await from.resume();
  await hear([from, to]);
  await from.hangUp();
  await Promise.all([from, to].map((phone) => phone.waitForCall(['ended'], deadlineMs)));
  await listen(from);
  return callId;
};

const change = async (world: World, from: Phone, to: Phone): Promise<void> => {
  const before = (await from.mediaKeys()).length;
  const listening = await startListening(world);
  // Anew, so that the connections' beginnings are among what is heard.
  await Promise.all([from, to].map((phone) => phone.register()));
  const callId = await holdAndResume(from, to);
  const keys = (await from.mediaKeys()).slice(before);
  await world.write('changes.json', { callId, keys });
  await world.write('outsider.json', await listening([from, to], callId, keys));
};

/** A call with a hold between: three key agreements, whose keys and streams must have nothing in common; an outsider has all the packets. */
export const audioChanges: Activity = {
  id: audioChangesActivity,
  title: 'two phones call, hold, resume and hang up while an outsider listens on the wire',
  effect: 'makes one call between two enrolled numbers',
  disturbs: false,
  needs: ['call', 'hold', 'media-keys', 'tls-key-log'],
  expected: 1_500,
  after: ['call'],
  captured: true,
  async run(world) {
    await world.write('topology.json', await (await world.appliance()).describe());
    const [from, to] = await Promise.all([world.phone(caller.name), world.phone(callee.name)]);
    await change(world, from, to);
  },
};
