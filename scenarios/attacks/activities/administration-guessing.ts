import type { z } from 'zod';
import type { Activity } from '../../campaign/activity.ts';
import {
  atDesk,
  findNumber,
  signIn,
  visitOf,
  type Desk,
} from '../../conformity/activities/administration-visits.ts';
import { caller } from '../../conformity/activities/basic-call.ts';
import { sees } from './administration-intrusion.ts';
import type { guessingSchema } from './administration-intrusion-evidence.ts';

/** Wrong passwords in a row: the most that PCI DSS 3.2.1 (8.1.6) lets pass before an account is locked; more would meet the limits of an address first. */
const guesses = 6;

const guess = async ({
  administration,
  visitor,
}: Desk): Promise<z.infer<typeof guessingSchema>> => {
  const { account, password } = administration;
  const administrator = visitor();
  await signIn(administrator, administration);
  const list = await findNumber(administrator, caller.number);
  const admittedBefore = await sees(administrator, list, caller.number);
  const tried = [];
  for (let index = 0; index < guesses; index += 1)
    tried.push(visitOf(await signIn(visitor(), { account, password: `${password}${index}` })));
  const late = visitor();
  const after = visitOf(await signIn(late, administration));
  return {
    admittedBefore,
    guesses: tried,
    after,
    admittedAfter: await sees(late, list, caller.number),
    sessionAlive: await sees(administrator, list, caller.number),
  };
};

/** Somebody guesses the administrator's password; then the administrator comes, too late. The account stays locked for as long as the appliance locks it. */
export const administrationGuessing: Activity = {
  id: 'administration-guessing',
  title: 'an intruder guesses the administrator’s password',
  effect: `gives ${guesses} wrong passwords for the administrator’s account, which is then locked for a while`,
  disturbs: true,
  needs: ['administer'],
  expected: 2_500,
  after: ['call'],
  captured: false,
  run: (world) => atDesk(world, async (desk) => world.write('guesses.json', await guess(desk))),
};
