import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePlan } from './plan.ts';
import { planProblem, readPlanFile } from './plan-file.ts';
import {
  fakeActivity,
  fakeScenario,
  fakeStart,
  repertoireOf,
  usualSelection,
} from './testing/fakes.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const scenario = fakeScenario('5.1/x', { revision: 2, activities: ['scan'] });
const repertoire = repertoireOf([scenario], [fakeActivity('scan')]);
const start = (() => {
  const plan = makePlan({ ...usualSelection, controls: true }, repertoire);
  if (!plan.ok) throw new Error(plan.error.code);
  return fakeStart(plan.value, { capabilities: ['enrol', 'read-token'] });
})();
const able = new Set(['enrol', 'read-token', 'call']);

describe('a plan’s file', () => {
  it('gives back what was written', async () => {
    const path = join(folder, 'plan.json');
    await writeFile(path, JSON.stringify(start));
    expect(await readPlanFile(path)).toEqual(start);
  });

  it.each([
    ['no JSON', '{', /the whole file: /],
    ['another version', '{"schema":2}', /: schema: /],
    ['an unknown field', JSON.stringify({ ...start, more: 1 }), /"more"/],
    [
      'a scenario without revision',
      JSON.stringify({ ...start, plan: { ...start.plan, scenarios: [{ id: 'x' }] } }),
      /plan\.scenarios\.0\.revision: /,
    ],
  ])('with %s is refused by field, in one line', async (_what, content, reason) => {
    const path = join(folder, 'bad.json');
    await writeFile(path, content);
    const said = await readPlanFile(path).catch((error: unknown) => String(error));
    expect(said).toMatch(reason);
    expect(said).toContain(path);
    expect(said).not.toContain('\n');
  });

  it('that is not there is said to be', async () => {
    await expect(readPlanFile(join(folder, 'no'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });
});

describe('a plan that hides a scenario', () => {
  it('is refused by the scenario’s name', () => {
    const { plan } = start;
    const cut = { ...start, plan: { ...plan, scenarios: [] } };
    expect(planProblem(cut, repertoire, able)).toMatch(/^scenario 5\.1\/x shows one of its claims/);
    expect(planProblem(start, repertoire, able)).toBeNull();
  });

  it('is no such plan where it says that its claims rest on scenarios that were named', () => {
    const more = repertoireOf(
      [scenario, fakeScenario('5.1/y', { activities: ['scan'] })],
      [fakeActivity('scan')],
    );
    const named = makePlan({ ...usualSelection, only: ['5.1/x'] }, more);
    if (!named.ok) throw new Error(named.error.code);
    expect(named.value.byScenario).toEqual(scenario.claims);
    expect(planProblem(fakeStart(named.value), more, able)).toBeNull();
  });
});

describe('a plan of another day', () => {
  it('is performed where nothing has changed, also by a target that can do more', () => {
    expect(planProblem(start, repertoire, able)).toBe(null);
  });

  const altered = (more: Partial<typeof start.plan>) => ({
    ...start,
    plan: { ...start.plan, ...more },
  });
  it.each([
    [
      'a scenario was revised',
      start,
      repertoireOf([{ ...scenario, revision: 3 }], [fakeActivity('scan')]),
      'scenario 5.1/x was planned in revision 2 and is now in revision 3',
    ],
    ['a scenario is gone', start, repertoireOf([]), 'there is no scenario 5.1/x any more'],
    ['an activity is gone', start, repertoireOf([scenario]), 'there is no activity scan any more'],
    ['a claim is gone', altered({ selected: ['9.9.z'] }), repertoire, 'there is no claim 9.9.z'],
  ])('is not where %s, with the reason', (_what, from, now, reason) => {
    expect(planProblem(from, now, able)).toContain(reason);
  });

  it('is not by a target that can do less', () => {
    expect(planProblem(start, repertoire, new Set(['enrol']))).toBe(
      'the plan counts on the capability read-token, which the target does not have now',
    );
  });
});
