import { parseArgs } from 'node:util';
import { runKills } from './kill-harness.ts';

/** `node kill-trial.ts [--rounds N] [--seed N]`: prints a summary as JSON; exit code 1 when anything was lost. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
});
const started = performance.now();
const summary = await runKills({
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  progress: (text) => void process.stderr.write(`${text}\n`),
});
const seconds = Math.round((performance.now() - started) / 1000);
process.stdout.write(`${JSON.stringify({ ...summary, seconds }, null, 2)}\n`);
process.exitCode = summary.findings.length === 0 ? 0 : 1;
