import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '../link/seeded-random.ts';
import { markedProcesses, startProgram, type ProgramStart } from './program.ts';

/** How and when a run is to be killed. */
export interface Kill {
  readonly words: 'evaluate' | 'lab up';
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT';
  readonly victim: keyof typeof commands;
  /** Milliseconds after its start. */
  readonly after: number;
}

/** What a killed run and the next start left. */
export interface Killed {
  /** What the signal went to; the victim wanted may not have been there yet. */
  readonly hit: string;
  readonly code: number | null;
  /** What was left after the next start; empty when all is well. */
  readonly left: readonly string[];
  /** Milliseconds in which the next start's lab was up. */
  readonly upIn: number;
}

/** By how their command begins or ends: the processes of a run. */
const commands = {
  starter: /cli\.ts (evaluate|lab up)/,
  unshare: /^unshare /,
  inner: /cli\.ts (evaluate|lab up)/,
  part: /host-program\.ts/,
} as const;

const oneOf = <Value>(random: SeededRandom, values: readonly [Value, ...Value[]]): Value =>
  values[random.below(values.length)] ?? values[0];

/** The next kill that a seed gives. */
export const drawKill = (random: SeededRandom): Kill => {
  const words = oneOf(random, ['evaluate', 'lab up'] as const);
  return {
    words,
    signal: oneOf(random, ['SIGKILL', 'SIGTERM', 'SIGINT'] as const),
    victim: oneOf(random, ['starter', 'inner', 'unshare', 'part', 'starter', 'inner'] as const),
    after: random.below(words === 'evaluate' ? 6_000 : 1_500),
  };
};

/** Process to send the signal to: the one wanted, or the first where there is none such. */
const victimOf = (kill: Kill, starter: number, mark: string) => {
  const first = { pid: starter, what: 'starter' };
  if (kill.victim === 'starter') return first;
  const fitting = markedProcesses(mark).find(
    ({ pid, command }) =>
      pid !== starter &&
      !command.startsWith('unshare') === (kill.victim !== 'unshare') &&
      commands[kill.victim].test(command),
  );
  return fitting === undefined ? first : { pid: fitting.pid, what: kill.victim };
};

const told = (tool: string, ...words: readonly string[]): string =>
  spawnSync(tool, words, { encoding: 'utf8' }).stdout;

/** State of the machine outside every lab that a run must not change. */
const outside = () => ({
  names: told('ip', 'netns', 'list'),
  rules: told('nft', 'list', 'ruleset'),
  mounts: readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / nsfs | discretio /.test(line))
    .join('\n'),
});

/** Waits until a question is answered with nothing, at most the limit (milliseconds); gives the last answer. */
const untilNone = async <Value>(limit: number, ask: () => readonly Value[]) => {
  const end = performance.now() + limit;
  for (;;) {
    const answer = ask();
    if (answer.length === 0 || performance.now() > end) return answer;
    await delay(50);
  }
};

/** Another start, ended as a user ends it; gives how long its lab took to be up. */
const nextStart = async (how: ProgramStart): Promise<number> => {
  const next = startProgram(['lab', 'up'], how);
  const text = await next.says('Ctrl-C ends the lab.');
  next.child.kill('SIGINT');
  await next.ended;
  return Number(/Up in (\d+) ms/.exec(text)?.[1]);
};

const leftOf = async (how: ProgramStart, before: ReturnType<typeof outside>) => {
  // A run whose starter was killed ends by itself, with its report.
  const processes = await untilNone(15_000, () => markedProcesses(how.mark));
  const after = outside();
  return [
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...(await readdir(how.temporary)).map((name) => `file ${name}`),
    ...(['names', 'rules', 'mounts'] as const)
      .filter((part) => before[part] !== after[part])
      .map((part) => `${part} of the machine: ${after[part]}`),
  ];
};

/** Starts a run, kills it, starts another one, and tells what is left. */
export const killOnce = async (kill: Kill): Promise<Killed> => {
  const root = await mkdtemp(join(tmpdir(), 'lab-kill-'));
  const how = { mark: randomUUID(), temporary: join(root, 'tmp') };
  await mkdir(how.temporary);
  const before = outside();
  try {
    const evaluate = ['evaluate', '--lab', 'netns', '--only', '2.2.g', '--out', join(root, 'run')];
    const running = startProgram(kill.words === 'evaluate' ? evaluate : ['lab', 'up'], how);
    await Promise.race([delay(kill.after), running.ended]);
    const { pid, what } = victimOf(kill, running.child.pid ?? Number.NaN, how.mark);
    const over = running.child.exitCode !== null;
    if (!over) process.kill(pid, kill.signal);
    // What only one part of it heard goes on; an interruption ends it.
    const { code } = await Promise.race([
      running.ended,
      delay(10_000).then(() => {
        running.child.kill('SIGINT');
        return running.ended;
      }),
    ]);
    const upIn = await nextStart(how);
    return {
      hit: over ? 'nobody: it had ended' : what,
      code,
      left: await leftOf(how, before),
      upIn,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};
