import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

let ticksPerSecond: number | undefined;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** CPU ticks, user and system, of all its threads. */
  readonly ticks: number;
}

const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold blanks.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0, group = 0] = fields;
    return { pid, parent, group, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) };
  } catch {
    return undefined;
  }
};

const processes = (): readonly Stat[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);

const secondsOf = (stats: readonly Stat[]): number => {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK']).toString());
  return stats.reduce((total, { ticks }) => total + ticks, 0) / ticksPerSecond;
};

/** CPU seconds that the processes of a group have used, user and system (proc(5), fields 14, 15 and 5). */
export const groupCpuSeconds = (group: number): number =>
  secondsOf(processes().filter((stat) => stat.group === group));

/** CPU seconds of the programs that a group's leader has started in groups of their own, with all their processes. */
export const startedCpuSeconds = (leader: number): number => {
  const all = processes();
  const below = (parents: readonly number[]): readonly Stat[] => {
    const children = all.filter(({ parent }) => parents.includes(parent));
    return children.length === 0 ? [] : [...children, ...below(children.map(({ pid }) => pid))];
  };
  return secondsOf(below([leader]).filter(({ group }) => group !== leader));
};
