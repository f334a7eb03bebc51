import { spawnSync } from 'node:child_process';
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
    `gets the verdicts of the built-in reference${noTrial}`,
    () => {
      const proof = join(import.meta.dirname, 'testing/proof.ts');
      const { status, stdout } = spawnSync(process.execPath, [proof], { encoding: 'utf8' });
      expect(stdout).toMatch(/^\d+ claims, 0 different\n$/);
      expect(status).toBe(0);
    },
    600_000,
  );

  it.skipIf(noTrial !== '')(
    `is not touched without permission${noTrial}`,
    async () => {
      const words = ['--only', '5.1.c', '--out', join(folder, 'refused')];
      const came = await attemptTrial({ words });
      expect(came.stderr).toMatch(/not on this machine: nothing was done; .* --i-am-authorised\n$/);
      expect(came).toMatchObject({ code: 64, stdout: '', appliance: 'ended with 0' });
    },
    90_000,
  );

  it.skipIf(noTrial !== '')(
    `in a pair of a reference phone and one that gives nothing away is judged by the one’s keys${noTrial}`,
    async () => {
      const silent = join(import.meta.dirname, 'testing/silent-phones.ts');
      const phones = `phones: { bob: { kind: file, path: ${silent} } }\n`;
      const scenarios = [
        '5.1/key-agreement/derivation',
        '5.1/key-agreement/signed',
        '5.2/identifiers',
      ];
      const out = join(folder, 'pair');
      await attemptTrial({
        words: ['--i-am-authorised', '--only', '5.1.i', '5.1.j', '5.2.e', '--out', out],
        phones,
      });
      const { judgements } = runSchema.parse(
        JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')),
      );
      const kinds = judgements.flatMap(({ scenario, kind }) =>
        scenarios.includes(scenario) ? [`${scenario} ${kind}`] : [],
      );
      expect(new Set(kinds)).toEqual(new Set(scenarios.map((id) => `${id} pass`)));
    },
    90_000,
  );

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
