import { z } from 'zod';
import type { Activity } from '../../scenarios/campaign/activity.ts';
import { fail, inconclusive, pass, type Scenario } from '../../scenarios/campaign/scenario.ts';
import { callee, caller } from '../../scenarios/conformity/activities/basic-call.ts';

const reportSchema = z.object({ endedBy: z.string().nullable() });

const calleeHangsUp: Activity = {
  id: 'callee-hangs-up',
  title: 'the called phone hangs up',
  effect: 'makes one call between two enrolled numbers',
  disturbs: false,
  needs: ['call'],
  after: ['call'],
  captured: false,
  async run(world) {
    const [alice, bob] = [await world.phone(caller.name), await world.phone(callee.name)];
    await alice.dial(callee.number);
    await alice.waitForCall(['in-call'], 10_000);
    await bob.hangUp();
    await world.write('alice.json', await alice.waitForCall(['ended'], 5_000));
  },
};

const hangUpIsHeard: Scenario = {
  id: 'example/hang-up-is-heard',
  revision: 1,
  claims: ['6.2.a'],
  activities: [calleeHangsUp.id],
  needs: ['call'],
  judge(evidence) {
    const seen = evidence.json(calleeHangsUp.id, 'alice.json', reportSchema);
    if (!seen) return inconclusive('what alice saw is not among the evidence');
    if (seen.endedBy === null) return pass('the call ended at both phones');
    return fail('the call ended otherwise', 'ended by BYE', seen.endedBy);
  },
};

export const [activities, scenarios] = [[calleeHangsUp], [hangUpIsHeard]];
