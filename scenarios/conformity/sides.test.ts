import { describe, expect, it } from 'vitest';
import { namespaceProblem } from '../../simulators/lab/own-namespace.ts';
import { repertoire } from '../repertoire.ts';
import { describeJudges, uncovered } from '../testing/judge-cases.ts';
import { evaluateReference } from '../testing/real-run.ts';
import { sidesCases } from '../testing/sides-cases.ts';

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

const scenarios = repertoire.scenarios.filter(({ activities }) =>
  activities.includes('administration-sides'),
);

it('each scenario of the two sides has a case in which it must fail, and one in which it cannot say', () => {
  expect(uncovered(scenarios, sidesCases)).toEqual([]);
});

const claims = ['2.3.a', '2.3.3.a', '2.3.3.b'];
const real =
  problem === null ? await evaluateReference(['--lab', 'netns', '--only', ...claims]) : null;

if (real !== null)
  describe('with an appliance on a host of its own', () => {
    describeJudges(real.evidence, scenarios, sidesCases);
  });
describe.skipIf(real === null)(`scans of both sides${why}`, () => {
  it('tried every TCP port, and leave no secret of the administrator among the evidence', () => {
    const text = real?.evidence.text('administration-sides', 'sides.json') ?? '';
    expect(text.match(/"scanned": ?65535/g)).toHaveLength(2);
    expect(text).not.toMatch(/password"/);
  });
});
