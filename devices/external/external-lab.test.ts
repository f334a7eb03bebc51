import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSchema } from '../../reports/model/run.ts';
import { attemptTrial, kindsIn, noTrial } from './testing/trial.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'external-lab-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the service in another network namespace, known by a target’s file alone', () => {
  it.skipIf(noTrial !== '')(
    `is judged from the wire between; when it dies in the middle, what comes behind is inconclusive by name${noTrial}`,
    async () => {
      const words = ['--i-am-authorised', '--only', '5.1.h', '2.1.g', '--out', join(folder, 'run')];
      const came = await attemptTrial({ words, killAt: '✓ two phones enrol' });
      expect(came.stderr).toMatch(
        /^What this run does to 203\.0\.113\.10, 10\.200\.0\.1:\n {2}call: enrols two/,
      );
      expect(came).toMatchObject({ code: 2, appliance: 'ended with SIGKILL' });
      expect(kindsIn(came.stdout)).toMatchObject({ '2.1.g': 'inconclusive' });
      const run = runSchema.parse(JSON.parse(readFileSync(join(folder, 'run/run.json'), 'utf8')));
      const before = run.plan.scenarios.filter(({ activities }) => activities.join() === 'call');
      const kinds = run.judgements.flatMap(({ scenario, kind }) =>
        before.some(({ id }) => id === scenario) ? [kind] : [],
      );
      expect(new Set(kinds)).toEqual(new Set(['pass']));
      const told = run.judgements.filter(({ kind }) => kind === 'inconclusive');
      expect(told.length).toBeGreaterThan(0);
      expect(told.some(({ reason = '' }) => /^activity \S+: .*ECONNREFUSED/.test(reason))).toBe(
        true,
      );
      expect(came.stderr).toContain('✓ everything stopped');
    },
    90_000,
  );
});
