import type { z } from 'zod';
import { certificatePath } from '../../../simulators/attackers/enrolment-client.ts';
import { rightRequest } from '../../../simulators/attackers/enrolment-requests.ts';
import { rsaKey } from '../../../simulators/attackers/x509-hierarchy.ts';
import type { Activity } from '../../campaign/activity.ts';
import { guessingActivity, type guessesSchema, type limitsSchema } from './enrolment-evidence.ts';
import {
  ask,
  begin,
  give,
  leavesOf,
  numberOf,
  otherToken,
  statusOf,
  visitService,
  type Visit,
} from './enrolment-visits.ts';

/** Wrong tokens before the right one, one after the other and at once; and none of them right by chance. */
const guesses = { few: 1, many: 9, 'at-once': 9 } as const;

/** Requests for one number, and answers awaited from one address: far more than anyone needs in a minute. */
const most = { number: 12, address: 400, parallel: 8 } as const;

/** Numbers used here. */
const used = { few: 90, many: 91, 'at-once': 92, number: 93, another: 94 } as const;

type Guesses = z.infer<typeof guessesSchema>[number];

const guess = async (visit: Visit, name: Guesses['name']): Promise<Guesses> => {
  const { id, token } = await begin(visit, numberOf(used[name]), await rsaKey());
  const tryOne = async (by: number) =>
    statusOf(await give(visit, id, { token: otherToken(token, by) }));
  const all = Array.from({ length: guesses[name] }, (_, index) => index + 1);
  const wrong = [];
  if (name === 'at-once') wrong.push(...(await Promise.all(all.map(tryOne))));
  else for (const by of all) wrong.push(await tryOne(by));
  const outcome = await give(visit, id, { token });
  return { name, wrong, right: statusOf(outcome), given: leavesOf(outcome).length > 0 };
};

/** Requests for one number until the service has enough of them; then one for another. */
const exhaustNumber = async (visit: Visit): Promise<z.infer<typeof limitsSchema>['number']> => {
  const number = numberOf(used.number);
  const statuses = [];
  for (let index = 0; index < most.number; index += 1) {
    const { outcome } = await ask(visit, number, rightRequest.make(number, visit.means));
    statuses.push(statusOf(outcome));
    if (statuses.at(-1) === 429) break;
  }
  const other = numberOf(used.another);
  const { outcome } = await ask(visit, other, rightRequest.make(other, visit.means));
  return { statuses, another: statusOf(outcome) };
};

/** Guesses at enrolments that do not exist, until the address may ask no more. */
const exhaustAddress = async ({
  session,
}: Visit): Promise<z.infer<typeof limitsSchema>['address']> => {
  const statuses: Record<string, number> = {};
  const path = certificatePath('00'.repeat(16));
  let asked = 0;
  while (asked < most.address && statuses['429'] === undefined) {
    const answers = await Promise.all(
      Array.from({ length: most.parallel }, () => session.ask({ path, body: { token: '000000' } })),
    );
    asked += answers.length;
    for (const { outcome } of answers) {
      const status = String(statusOf(outcome));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  }
  return { statuses, asked };
};

/** Somebody guesses tokens, asks again and again for a number, and then asks as fast as the service lets one address. */
export const enrolmentGuessing: Activity = {
  id: guessingActivity,
  title: 'somebody guesses enrolment tokens until the service has enough of it',
  effect:
    'gives some dozen wrong tokens back, and asks some hundred times in a row: its address gets no enrolment for a minute afterwards',
  disturbs: true,
  needs: ['enrol', 'read-token'],
  expected: 1_500,
  after: [],
  captured: false,
  run: (world) =>
    visitService(world, 78, async (visit) => {
      const tried = [];
      for (const name of ['few', 'many', 'at-once'] as const) tried.push(await guess(visit, name));
      await world.write('guesses.json', tried);
      const number = await exhaustNumber(visit);
      await world.write('limits.json', { number, address: await exhaustAddress(visit) });
    }),
};
