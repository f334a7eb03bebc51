import type { z } from 'zod';
import { toBase64 } from '../../../reference/core/bytes.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import {
  requestCases,
  rightRequest,
  type RequestCase,
} from '../../../simulators/attackers/enrolment-requests.ts';
import { spkiOf } from '../../../simulators/attackers/x509-fields.ts';
import { rsaKey } from '../../../simulators/attackers/x509-hierarchy.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import {
  requestsActivity,
  type againSchema,
  type answersSchema,
  type entropySchema,
  type RequestAttempt,
  type swappedSchema,
  type TokenAttempt,
} from './enrolment-evidence.ts';
import { tryInputs } from './enrolment-inputs.ts';
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

/** Milliseconds for each step of the user who enrols twice. */
const deadlineMs = 5_000;

/** Requests that are made for their tokens alone. */
const tokenSamples = 4;

/** Completions of one enrolment at once. */
const racers = 6;

/** Numbers, by what they are used for: {@link numberOf}. */
const used = { cases: 0, certified: 40, tokens: 41, race: 44, swap: 45, known: 46, samples: 60 };

const keyOf = ({ means }: Visit, { name }: RequestCase) => means.keys[name] ?? means.key;

const certifyKnownKey = async (visit: Visit): Promise<void> => {
  const known = visit.means.keys['certified-key'];
  const { id, token } = await begin(visit, numberOf(used.certified), known);
  await give(visit, id, { token });
};

/** Each request, and whether it led to a certificate where it was taken. Those that may be served have a key of their own: nobody certifies one twice. */
const tryRequests = async (visit: Visit): Promise<readonly RequestAttempt[]> => {
  await certifyKnownKey(visit);
  const attempts: RequestAttempt[] = [];
  const cases = [rightRequest, ...requestCases, rightRequest];
  const fresh = await Promise.all(
    cases.map(async ({ kind }) => (kind === 'refused' ? visit.means.key : rsaKey())),
  );
  for (const [index, each] of cases.entries()) {
    const number = numberOf(used.cases + index);
    const key = fresh[index] ?? visit.means.key;
    const own = { ...visit, means: { ...visit.means, key } };
    const before = (await own.logged()).length;
    const { outcome, id } = await ask(own, number, each.make(number, own.means));
    const answer = id === null ? null : await give(own, id, { token: await own.readToken(number) });
    const [certificate] = answer ? leavesOf(answer) : [];
    attempts.push({
      row: each.row,
      name: each.name,
      kind: each.kind,
      number,
      request: statusOf(outcome),
      certificate: answer && statusOf(answer),
      given: certificate === undefined ? null : { certificate },
      publicKey: toBase64(spkiOf(keyOf(own, each))),
      refusals: (await own.logged()).slice(before),
    });
  }
  return attempts;
};

/** Tokens given back where they do not belong, twice, late and at once (catalogue E2, E3). */
const tryTokens = async (visit: Visit): Promise<readonly TokenAttempt[]> => {
  const attempts: TokenAttempt[] = [];
  const attempt = async (row: string, name: string, id: string, token: string): Promise<void> => {
    const outcome = await give(visit, id, { token });
    attempts.push({ row, name, status: statusOf(outcome), certificates: leavesOf(outcome) });
  };
  const number = numberOf(used.tokens);
  const [older, newer, another, late] = await Promise.all([rsaKey(), rsaKey(), rsaKey(), rsaKey()]);
  const first = await begin(visit, number, older);
  const second = await begin(visit, number, newer);
  const other = await begin(visit, numberOf(used.tokens + 1), another);
  await attempt('E2', 'of-an-earlier-request', second.id, first.token);
  await attempt('E2', 'of-another-number', other.id, second.token);
  await attempt('E2', 'control', second.id, second.token);
  await attempt('E2', 'again', second.id, second.token);
  await attempt('E2', 'earlier-request-afterwards', first.id, first.token);
  const race = await begin(visit, numberOf(used.race), late);
  await Promise.all(
    Array.from({ length: racers }, (_, index) =>
      attempt('E3', `racer-${index + 1}`, race.id, race.token),
    ),
  );
  return attempts;
};

/** A token comes back together with another request, or for another number (E5). */
const trySwaps = async (visit: Visit): Promise<z.infer<typeof swappedSchema>> => {
  const number = numberOf(used.swap);
  const [key, otherKey] = await Promise.all([rsaKey(), rsaKey()]);
  const { id, token } = await begin(visit, number, key);
  const csr = rightRequest.make(number, { ...visit.means, key: otherKey });
  const bodies = [
    ['other-request', { token, csr }],
    ['other-number', { token, number: visit.means.otherNumber }],
    ['control', { token }],
  ] as const;
  const swapped = [];
  for (const [name, body] of bodies) {
    const outcome = await give(visit, id, body);
    const certificates = leavesOf(outcome);
    const publicKey = toBase64(spkiOf(key));
    swapped.push({ name, status: statusOf(outcome), certificates, number, publicKey });
  }
  return swapped;
};

/** A number that is enrolled enrols again; then both certificates are shown to the SIP port (E4). */
const enrolAgain = async (world: World): Promise<z.infer<typeof againSchema>> => {
  const appliance = await world.appliance();
  const user = createMaliciousUser(await appliance.describe());
  const number = numberOf(used.known);
  const readToken = (of: string) => appliance.readToken(of, deadlineMs);
  const enrol = async () => {
    const { kind } = await user.enrol(number, readToken, deadlineMs);
    return kind === 'enrolled' ? user.identity(number) : undefined;
  };
  const register = async (name: z.infer<typeof againSchema>['steps'][number]['name']) => {
    const before = (await appliance.refusals()).length;
    const outcome = await user.register(number, deadlineMs);
    const refusals = (await appliance.refusals()).slice(before).map(({ code }) => code);
    return { name, outcome, refusals };
  };
  try {
    const first = await enrol();
    if (!first) throw new Error(`${number} could not enrol`);
    const before = await register('first-before');
    if (!(await enrol())) return { steps: [before] };
    const second = await register('second');
    user.adopt(first);
    return { steps: [before, second, await register('first-after')] };
  } finally {
    user.close();
  }
};

/** What somebody is told who asks for a number that is enrolled, and for one that is not (E9). */
const compareAnswers = async (visit: Visit): Promise<z.infer<typeof answersSchema>> => {
  const { session, means } = visit;
  const numbers = [
    ['enrolled', numberOf(used.known)],
    ['unknown', numberOf(used.known + 1)],
  ] as const;
  const answers: z.infer<typeof answersSchema> = [];
  for (const round of [1, 2]) {
    for (const [number, text] of numbers) {
      const csr = rightRequest.make(text, means);
      const asked = await session.ask({ path: '/v1/enrolments', body: { number: text, csr } });
      const { outcome, took, headers } = asked;
      const raw = outcome.kind === 'answered' ? outcome.body : '';
      const [, id = 'none'] = /"id"\s*:\s*"([^"]*)"/.exec(raw) ?? [];
      const body = raw.replace(id, '');
      const status = statusOf(outcome);
      answers.push({ number, step: 'request', status, body, headers: [...headers], took });
      const token = otherToken(await visit.readToken(text), round);
      const path = `/v1/enrolments/${id}/certificate`;
      const wrong = await session.ask({ path, body: { token } });
      answers.push({
        number,
        step: 'wrong-token',
        status: statusOf(wrong.outcome),
        body: wrong.outcome.kind === 'answered' ? wrong.outcome.body : '',
        headers: [...wrong.headers],
        took: wrong.took,
      });
    }
  }
  return answers;
};

/** Further tokens, and what all of them look like together (E1). */
const sampleTokens = async (visit: Visit): Promise<z.infer<typeof entropySchema>> => {
  const { tokens } = visit;
  for (let index = 0; index < tokenSamples; index += 1)
    await begin(visit, numberOf(used.samples + index));
  const steps = new Set(tokens.slice(1).map((each, at) => Number(each) - Number(tokens[at])));
  const shortest = Math.min(...tokens.map(({ length }) => length));
  return {
    count: tokens.length,
    shortest,
    distinct: new Set(tokens).size,
    constantStep: steps.size === 1,
    variety: Array.from(
      { length: shortest },
      (_, place) => new Set(tokens.map((each) => each[place])).size,
    ),
  };
};

/** A user of numbers of his own asks for what he should not get, one thing at a time. */
export const enrolmentRequests: Activity = {
  id: requestsActivity,
  title: 'a user asks the registration service for certificates that he should not get',
  effect: 'enrols some dozen numbers, half of them with requests that must be refused',
  disturbs: false,
  needs: ['enrol', 'read-token', 'refusal-log'],
  expected: 3_000,
  after: [],
  captured: false,
  run: (world) =>
    visitService(world, 77, async (visit) => {
      await world.write('again.json', await enrolAgain(world));
      await world.write('requests.json', await tryRequests(visit));
      // A faulty service has certified the key of a request by now, and certifies none twice.
      const later = { ...visit, means: { ...visit.means, key: await rsaKey() } };
      await world.write('tokens.json', await tryTokens(later));
      await world.write('swapped.json', await trySwaps(later));
      await world.write('answers.json', await compareAnswers(later));
      await world.write('entropy.json', await sampleTokens(later));
      await world.write('inputs.json', await tryInputs(later));
    }),
};
