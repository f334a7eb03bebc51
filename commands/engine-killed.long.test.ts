import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kamailioProgram, programProblem, rtpengineProgram } from '../devices/kamailio/programs.ts';
import { runSchema } from '../reports/model/run.ts';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';
import { openBench } from './testing/cli.ts';

const problem =
  namespaceProblem('lab') ??
  (await programProblem(kamailioProgram)) ??
  (await programProblem(rtpengineProgram));
const why = problem === null ? '' : ` (skipped: ${problem})`;

const bench = await openBench();
afterAll(() => bench.close());

const target = join(import.meta.dirname, '../targets/kamailio.yaml');

/** Sockets of UDP on the host of a process; a call has four at the relay, two legs of RTP and RTCP. */
const udpSockets = (id: number): number =>
  readFileSync(`/proc/${id}/net/udp`, 'utf8').trim().split('\n').length - 1;

/** The first process of a program, once there is one. */
const engineOf = async (program: string): Promise<number> => {
  await expect.poll(() => bench.processes(program).length, { timeout: 30_000 }).toBeGreaterThan(0);
  return Math.min(...bench.processes(program));
};

describe.skipIf(problem !== null)(`an engine that is killed in the middle of a call${why}`, () => {
  it.each([
    ['kamailio', 'kamailio was ended by SIGKILL in the middle of the run'],
    ['rtpengine', 'rtpengine was ended by SIGKILL in the middle of the run'],
  ])(
    '%s: the evaluation ends with 2, blames nobody, and leaves nothing',
    { timeout: 120_000 },
    async (program, reason) => {
      const out = join(bench.folder, program);
      const only = ['2.1.a', '2.2.d', '5.1.g', '5.1.k'];
      const words = ['evaluate', '--controls', '--target', target, '--only', ...only, '--out', out];
      const running = bench.start(words);
      await running.says('✓ the appliance started');
      const engine = await engineOf(program);
      const before = udpSockets(engine);
      await expect
        .poll(() => udpSockets(engine) - before, { timeout: 30_000, interval: 20 })
        .toBeGreaterThanOrEqual(4);
      process.kill(engine, 'SIGKILL');
      const { code, stderr } = await running.ended;
      expect(code).toBe(2);
      const { verdicts } = runSchema.parse(
        JSON.parse(await readFile(join(out, 'run.json'), 'utf8')),
      );
      expect(verdicts.map(({ claim, kind }) => `${claim} ${kind}`)).toEqual(
        only.map((claim) => `${claim} inconclusive`),
      );
      expect(stderr + JSON.stringify(verdicts)).toContain(reason);
      expect(await bench.leftovers()).toEqual([]);
    },
  );
});
