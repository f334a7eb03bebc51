import type { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import { answersSchema, inputsSchema, requestsActivity } from './activities/enrolment-evidence.ts';
import { isRefusal } from './enrolment-issuing.ts';

const answersPath = [`evidence/${requestsActivity}/answers.json`];
const inputsPath = [`evidence/${requestsActivity}/inputs.json`];

type Answer = z.infer<typeof answersSchema>[number];

/** Headers of the connection, not of the answer. */
const passing = ['connection', 'keep-alive', 'date', 'content-length'];

const said = ({ status, body, headers }: Answer): string =>
  `${status} ${body} ${headers.filter((name) => !passing.includes(name)).join(' ')}`;

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

const judgeEnumeration = (evidence: Evidence): Finding => {
  const answers = evidence.json(requestsActivity, 'answers.json', answersSchema);
  if (!answers) return inconclusive('the answers are not among the evidence');
  const times: string[] = [];
  for (const step of ['request', 'wrong-token'] as const) {
    const own = answers.filter((each) => each.step === step);
    const [enrolled, unknown] = (['enrolled', 'unknown'] as const).map((number) =>
      own.filter((each) => each.number === number),
    );
    if (!enrolled?.length || !unknown?.length)
      return inconclusive(`no ${step} for a number of each kind was made`, answersPath);
    const isDecided = own.every(({ status }) =>
      step === 'request' ? isRefusal(status) || status === 202 : isRefusal(status),
    );
    if (!isDecided)
      return inconclusive(
        `a ${step} came to ${own.map(({ status }) => status).join(', ')}`,
        answersPath,
      );
    const [first, second] = [enrolled, unknown].map((list) => new Set(list.map(said)));
    const alike = [...(first ?? [])].every((text) => second?.has(text) === true);
    if (!alike || first?.size !== second?.size)
      return fail(
        `the answer to a ${step} tells whether the number is enrolled`,
        `${[...(second ?? [])].join(' | ')}, as for an unknown one (I-6)`,
        [...(first ?? [])].join(' | '),
        answersPath,
      );
    const [own1, own2] = [enrolled, unknown].map((list) => median(list.map(({ took }) => took)));
    times.push(`${step} ${(own1 ?? 0).toFixed(1)} and ${(own2 ?? 0).toFixed(1)} ms`);
  }
  return pass(
    `an enrolled and an unknown number are answered alike; medians of few: ${times.join(', ')}`,
    answersPath,
  );
};

type Input = z.infer<typeof inputsSchema>['inputs'][number];

/** Connections that end so were closed by the service, without an answer. */
const closings = ['closed', 'ECONNRESET', 'EPIPE', 'ECONNABORTED', 'HPE_INVALID_CONSTANT'];

const judgeInput = ({ name, status, certificates }: Input): Finding | null => {
  const isTaken =
    (typeof status === 'number' && status < 400) || /^HTTP\/1\.[01] [123]/.test(String(status));
  if (certificates > 0 || isTaken)
    return fail(
      `the registration service took the input "${name}"`,
      'refused or closed',
      String(status),
      inputsPath,
    );
  const isSilent =
    name === 'in-clear' && (status === 'deadline' || String(status).startsWith('HTTP'));
  return isSilent || isRefusal(status) || closings.includes(String(status))
    ? null
    : inconclusive(`the input "${name}" was not refused for what it is: ${status}`, inputsPath);
};

const neededInputs = [
  'number-line-break',
  'number-list',
  'request-bomb',
  'request-deep',
  'body-huge',
  'method-put',
  'path-parent',
  'in-clear',
] as const;

const judgeInputs = (evidence: Evidence): Finding => {
  const found = evidence.json(requestsActivity, 'inputs.json', inputsSchema);
  if (!found) return inconclusive('the inputs are not among the evidence');
  const { before, whileSlow, after, inputs } = found;
  const bad = worst(inputs.filter(({ tolerable }) => !tolerable).map(judgeInput));
  if (bad?.kind === 'fail') return bad;
  if (before !== 202)
    return inconclusive(`the control, a right request before, came to ${before}`, inputsPath);
  const later = [whileSlow, after];
  if (later.some((status) => typeof status !== 'number' || status >= 500))
    return fail(
      'after such input, right requests are served no more',
      '202 while slow requests are open, and afterwards',
      later.join(', '),
      inputsPath,
    );
  if (later.some((status) => status !== 202))
    return inconclusive(`the controls meanwhile and after came to ${later.join(', ')}`, inputsPath);
  const missing = neededInputs.find((name) => !inputs.some((each) => each.name === name));
  if (missing !== undefined) return inconclusive(`"${missing}" was not sent`, inputsPath);
  const counts = new Map<string, number>();
  for (const { status } of inputs)
    counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  const told = [...counts].map(([status, count]) => `${status} × ${count}`);
  return bad ?? pass(`${told.join(', ')}; right requests were served meanwhile`, inputsPath);
};

const base = {
  revision: 1,
  activities: [requestsActivity],
  needs: ['enrol', 'read-token', 'refusal-log'],
} as const;

/** What the registration service tells strangers, and what it takes from them (catalogue E9, E11). */
export const enrolmentAnswerAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/E9/enumeration', claims: ['2.2.b'], judge: judgeEnumeration },
  { ...base, id: 'attacks/E11/input', claims: ['4.b'], judge: judgeInputs },
];
