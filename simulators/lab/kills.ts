import { parseArgs } from 'node:util';
import { createSeededRandom } from './link/seeded-random.ts';
import { namespaceProblem } from './own-namespace.ts';
import { drawKill, killOnce } from './testing/killing.ts';

/**
 * `node simulators/lab/kills.ts --runs 50 --seed 1`: runs of the netns lab killed at random moments, and what is left of
 * each after the next start. Ends with 1 when anything is, with 2 where there can be no lab.
 */

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const killAll = async (runs: number, seed: number): Promise<number> => {
  const random = createSeededRandom(seed);
  const times: number[] = [];
  let bad = 0;
  for (let run = 1; run <= runs; run += 1) {
    const kill = drawKill(random);
    const { hit, code, left, upIn } = await killOnce(kill);
    times.push(upIn);
    if (left.length > 0) bad += 1;
    const result = left.length === 0 ? 'nothing left' : `LEFT: ${left.join(', ')}`;
    say(
      `${run} ${kill.words} ${kill.signal} to ${hit} after ${kill.after} ms, ended with ${code}: ${result}; the next lab was up in ${upIn} ms`,
    );
  }
  times.sort((left, right) => left - right);
  say(
    `seed ${seed}: ${runs} runs killed, ${bad} left something; the lab was up in ${times[times.length >> 1]} ms (median), ${times.at(-1)} ms (most)`,
  );
  return bad === 0 ? 0 : 1;
};

const problem = namespaceProblem('lab');
if (problem !== null) {
  process.stderr.write(`kills: ${problem}\n`);
  process.exitCode = 2;
} else process.exitCode = await killAll(Number(values.runs), Number(values.seed));
