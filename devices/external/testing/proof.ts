import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { namespaceProblem } from '../../../simulators/lab/own-namespace.ts';
import { startProgram } from '../../../simulators/lab/testing/program.ts';
import { attemptTrial, verdictsIn, type PrintedVerdict } from './trial.ts';

/**
 * `npm run lab:external [-- CLAIM…]`: the main job on the built-in reference, then on the appliance service in another network
 * namespace through a target's file alone. Ends with 1 when a verdict differs, with 2 where there can be no namespaces.
 */

type Verdicts = ReadonlyMap<string, PrintedVerdict>;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const compare = (own: Verdicts, other: Verdicts): number => {
  const claims = [...new Set([...own.keys(), ...other.keys()])];
  const different = claims.filter((claim) => own.get(claim)?.kind !== other.get(claim)?.kind);
  for (const claim of different) {
    const [here, there] = [own.get(claim), other.get(claim)];
    say(`${claim}: reference ${here?.kind}, service ${there?.kind}: ${there?.reason ?? ''}`);
  }
  say(`${claims.length} claims, ${different.length} different`);
  return different.length === 0 ? 0 : 1;
};

const prove = async (claims: readonly string[]): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'proof-'));
  const only = claims.length === 0 ? [] : ['--only', ...claims];
  try {
    const words = ['evaluate', '--json', '--out', join(folder, 'reference'), ...only];
    const own = await startProgram(words, { mark: randomUUID(), temporary: folder }).ended;
    const trial = { words: ['--i-am-authorised', '--out', join(folder, 'service'), ...only] };
    const came = await attemptTrial(trial);
    if (own.stdout === '' || came.stdout === '') {
      say(own.stdout === '' ? own.stderr : came.stderr);
      return 2;
    }
    return compare(verdictsIn(own.stdout), verdictsIn(came.stdout));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const problem = namespaceProblem('lab');
if (problem !== null) {
  process.stderr.write(`proof: ${problem}\n`);
  process.exitCode = 2;
} else process.exitCode = await prove(process.argv.slice(2));
