import type { Judgement } from '../../reports/model/verdict.ts';
import type { Plan } from '../../reports/model/run.ts';
import { aliveFile, aliveSchema, controlFile, controlIds, controlSchema } from './control.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from './scenario.ts';

/** How the target was on one instance before and after the activities that it served. */
interface LaneState {
  readonly activities: readonly string[];
  readonly state: 'works' | 'never worked' | 'not looked at' | 'broken' | 'unclear';
  /** What was seen, where it does not work. */
  readonly observed: string;
  readonly evidence: readonly string[];
}

const lastOf = <Value>(values: readonly Value[]): Value | undefined => values.at(-1);

const laneState = (evidence: Evidence, lane: number): LaneState | null => {
  const { first, last } = controlIds;
  const before = evidence.json(first, controlFile(lane), controlSchema);
  if (!before) return null;
  const after = evidence.json(last, controlFile(lane), controlSchema);
  const alive = evidence.json(last, aliveFile(lane), aliveSchema);
  const paths = [
    `evidence/${first}/${controlFile(lane)}`,
    ...(after ? [`evidence/${last}/${controlFile(lane)}`] : []),
    ...(alive ? [`evidence/${last}/${aliveFile(lane)}`] : []),
  ];
  const { activities } = before;
  const started = lastOf(before.attempts);
  const ended = after ? lastOf(after.attempts) : undefined;
  const told = (state: LaneState['state'], observed: string): LaneState => ({
    activities,
    state,
    observed,
    evidence: paths,
  });
  if (started?.worked !== true)
    return told('never worked', `${started?.step ?? 'start'}: ${started?.observed ?? 'nothing'}`);
  if (!ended) return told('not looked at', 'the last control was not reached');
  if (ended.worked) return told('works', ended.observed);
  const seen = `${ended.step}: ${ended.observed}`;
  if (ended.unasked === true) return told('unclear', `it could not be asked: ${seen}`);
  if (alive?.alive === true) return told('broken', `${seen}; ${alive.observed}`);
  return told(
    'unclear',
    `${seen}; ${alive?.observed ?? 'whether the testbed was alive is not known'}`,
  );
};

/** The lanes of a run, in order. */
const laneStates = (evidence: Evidence): readonly LaneState[] => {
  const states: LaneState[] = [];
  for (let lane = 1; ; lane += 1) {
    const state = laneState(evidence, lane);
    if (!state) return states;
    states.push(state);
  }
};

const allEvidence = (states: readonly LaneState[]): readonly string[] =>
  states.flatMap(({ evidence }) => evidence);

const expected = 'after everything that was done to it, the target serves users as before';

const judgeControls = (evidence: Evidence): Finding => {
  const states = laneStates(evidence);
  const having = (state: LaneState['state']) => states.filter((each) => each.state === state);
  const [broken] = having('broken');
  if (broken)
    return fail(
      `after ${broken.activities.join(', ')} the target no longer serves its users, and the testbed is alive`,
      expected,
      broken.observed,
      allEvidence(having('broken')),
    );
  const [unclear] = [...having('unclear'), ...having('never worked')];
  if (unclear)
    return inconclusive(
      unclear.state === 'never worked'
        ? `the control before anything else did not work: ${unclear.observed}`
        : `the control after ${unclear.activities.join(', ')} did not work, and nothing shows that it was the target and not the testbed: ${unclear.observed}`,
      unclear.evidence,
    );
  const works = having('works');
  if (works.length === 0) return inconclusive('no last control was reached');
  return pass(
    'users of the testbed’s own enrolled, registered and called each other before everything else and after it',
    allEvidence(works),
  );
};

/** The whole system serves its users before and after everything that a run does to it. */
export const controlScenario: Scenario = {
  id: '2.1/control',
  revision: 1,
  claims: ['2.1.a'],
  activities: [controlIds.first, controlIds.last],
  needs: [],
  judge: judgeControls,
};

/** What can break a target: activities of attacks, and those that leave it otherwise than they found it. */
const dangers = ({ scenarios, activities = [] }: Plan): ReadonlySet<string> =>
  new Set([
    ...scenarios.filter(({ id }) => isAttack(id)).flatMap((scenario) => scenario.activities),
    ...activities.filter(({ disturbs }) => disturbs).map(({ id }) => id),
  ]);

const isAttack = (scenario: string): boolean => scenario.startsWith('attacks/');

/**
 * What the controls make of an attack's judgements. An attack that was refused is not survived when the target no longer works
 * afterwards: a failure where nothing else can have broken it and the testbed is alive, else inconclusive. Only a pass or a
 * warning becomes worse by it; nothing becomes better.
 */
export const withControls = (
  judgements: readonly Judgement[],
  plan: Plan,
  evidence: Evidence,
): readonly Judgement[] => {
  if ((plan.controls?.activities.length ?? 0) === 0) return judgements;
  const bad = laneStates(evidence).filter(({ state }) => state === 'broken' || state === 'unclear');
  if (bad.length === 0) return judgements;
  const dangerous = dangers(plan);
  const needed = new Map(plan.scenarios.map(({ id, activities }) => [id, activities]));
  return judgements.map((judgement) => {
    const { scenario, kind } = judgement;
    if (!isAttack(scenario) || (kind !== 'pass' && kind !== 'warn')) return judgement;
    const own = needed.get(scenario) ?? [];
    const lane = bad.find(({ activities }) => activities.some((id) => own.includes(id)));
    if (!lane) return judgement;
    const suspects = lane.activities.filter((id) => dangerous.has(id));
    const { observed: seen, ...rest } = judgement;
    const blamed = lane.state === 'broken' && suspects.length <= 1;
    const reason = blamed
      ? `the target no longer serves its users after ${suspects.join('')}`
      : `the target no longer served its users after ${lane.activities.join(', ')}: run this claim alone, with controls`;
    return {
      ...rest,
      kind: blamed ? ('fail' as const) : ('inconclusive' as const),
      reason,
      expected,
      observed: [seen, lane.observed].filter((text) => text !== undefined).join('; then '),
      evidence: [...(rest.evidence ?? []), ...lane.evidence],
    };
  });
};
