import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namespaceProblem } from '../../simulators/lab/own-namespace.ts';
import { activitiesSchema, readEvidence } from '../campaign/evidence-on-disk.ts';
import { describeJudges, uncovered } from '../testing/judge-cases.ts';
import { accessScenarios, mostLost } from './section-2.1-access.ts';
import { firstUseSchema } from './activities/first-use-evidence.ts';
import { connectedScenarios } from './section-2.2-connected.ts';
import { accessNetworkCases } from './testing/access-network-cases.ts';

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

const program = join(import.meta.dirname, '../../cli.ts');

/** The reference's calls over access networks, and its first use, in the lab of namespaces. */
const evaluateOnHosts = async () => {
  const parent = await mkdtemp(join(tmpdir(), 'discretio-access-'));
  const folder = join(parent, 'run');
  const words = ['evaluate', '--lab', 'netns', '--only', '2.1.f', '2.2.c', '--out', folder];
  try {
    const { stderr } = spawnSync(process.execPath, [program, ...words], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    const text = await readFile(join(folder, 'activities.json'), 'utf8').catch(() => {
      throw new Error(`the evaluation left no run: ${stderr}`);
    });
    return await readEvidence(folder, activitiesSchema.parse(JSON.parse(text)));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
};

it('a call over access networks has a case in which it must fail, and one in which it cannot say', () => {
  expect(uncovered(accessScenarios, accessNetworkCases)).toEqual([]);
});

it.each([
  [0, 0.01, 0],
  [60, 0, 0],
  [1000, 0.01, 28],
  [60, 0.005, 5],
])(
  'of %d packets at a share of %d no more than %d are lost, but once in a million times',
  (packets, share, most) => {
    expect(mostLost(packets, share)).toBe(most);
  },
);

const evidence = problem === null ? await evaluateOnHosts() : null;

if (evidence)
  describe(`phones on hosts of their own${why}`, () => {
    describeJudges(evidence, [...accessScenarios, ...connectedScenarios], accessNetworkCases);

    it('a phone whose network is taken away does not make another ring, and does with it again', () => {
      const steps = evidence.json('first-use', 'calls.json', firstUseSchema);
      expect(steps?.withoutNetwork).toMatchObject({ rang: false });
      expect(steps?.networkBack).toMatchObject({ rang: true });
    });
  });
