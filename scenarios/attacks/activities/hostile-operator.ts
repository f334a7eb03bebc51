import type { Phone } from '../../../devices/contract.ts';
import { coursePlots } from '../../../simulators/attackers/hostile-course.ts';
import {
  startHostileOperator,
  type HostileOperator,
} from '../../../simulators/attackers/hostile-operator.ts';
import type { SeenDialog } from '../../../simulators/attackers/hostile-requests.ts';
import { keyAgreementPlots, type Plot } from '../../../simulators/attackers/hostile-tamperings.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { passphraseOf } from '../../conformity/activities/basic-call.ts';
import { callThrough, play, type Victims } from './hostile-calls.ts';
import { hostileActivity, type HostileCall } from './hostile-evidence.ts';
import { bringBack, identifierIn, slipIn } from './hostile-requests.ts';

/** Numbers of the phones and of the operator's own user; of the range kept for fiction. */
const numbers = { caller: '+33639980040', callee: '+33639980041' } as const;
const userNumber = '+33639980042';

/** What is tried, by name. */
const plots: Readonly<Record<string, Plot>> = { ...keyAgreementPlots, ...coursePlots };

/** A phone of the operator's, enrolled and registered with it. */
const preparePhone = async (
  world: World,
  operator: HostileOperator,
  name: string,
  number: string,
): Promise<Phone> => {
  const { sip, registration, trust } = operator;
  const relay = { host: sip.host, first: 0, last: 0 };
  const phone = await world.phone(name, { sip, registration, relay, trust });
  const passphrase = passphraseOf(name, world.seed);
  await phone.requestEnrolment(number, passphrase);
  await phone.completeEnrolment(await operator.readToken(number));
  await phone.unlock(passphrase);
  await phone.register();
  return phone;
};

const seenIn = ({ operator }: Victims): SeenDialog => {
  const seen = operator.seen();
  if (!seen)
    throw new Error('the control call through the hostile operator showed no INVITE and 200');
  return seen;
};

/** A control, every attack, and a control again in which requests are slipped in. */
const attackAll = async (world: World, victims: Victims): Promise<void> => {
  const calls: HostileCall[] = [];
  const nothing = { before: [], calleeIdentifier: new Uint8Array(0) };
  play(victims, null, nothing);
  calls.push(await callThrough(victims, 'none'));
  const first = seenIn(victims);
  const rest = { before: [first.invite, first.answer], calleeIdentifier: identifierIn(first) };
  for (const [attack, plot] of Object.entries(plots)) {
    play(victims, plot, rest);
    calls.push(await callThrough(victims, attack));
  }
  play(victims, null, rest);
  let slipped: Awaited<ReturnType<typeof slipIn>> = { requests: [], wentOn: false };
  const control = await callThrough(victims, 'none', async () => {
    slipped = await slipIn(victims, seenIn(victims));
  });
  const brought = await bringBack(victims, first);
  await world.write('calls.json', [...calls, control]);
  await world.write('requests.json', {
    requests: [...slipped.requests, ...brought],
    wentOn: slipped.wentOn,
  });
};

/** Two phones whose appliance belongs to the attacker: it reads, strips, swaps, replays and reflects what they tell each other, and has their audio. */
export const hostileOperator: Activity = {
  id: hostileActivity,
  title: 'two phones call each other through a signalling server that is hostile',
  effect: 'enrols two phones with an appliance of the testbed’s own and makes calls between them',
  disturbs: false,
  needs: ['enrol', 'call', 'refusal-log', 'media-keys'],
  expected: 3_300,
  after: [],
  captured: false,
  async run(world) {
    const operator = await startHostileOperator(world.site.address('testbed'), userNumber);
    try {
      const [caller, callee] = await Promise.all([
        preparePhone(world, operator, 'grace', numbers.caller),
        preparePhone(world, operator, 'heidi', numbers.callee),
      ]);
      await callee.setAutoAnswer(true);
      const victims = { operator, caller, callee, numbers };
      await attackAll(world, victims);
      await world.write('keys.json', [
        ...(await caller.mediaKeys()),
        ...(await callee.mediaKeys()),
      ]);
    } finally {
      await operator.close();
    }
  },
};
