import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

let ticksPerSecond: number | undefined;

const statOf = (pid: number): readonly string[] | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold blanks.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** CPU seconds that the processes of a group have used, user and system (proc(5), fields 14, 15 and 5). */
export const groupCpuSeconds = (group: number): number => {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK']).toString());
  const ticks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => Number(stat?.[2]) === group)
    .map((stat) => Number(stat?.[11]) + Number(stat?.[12]));
  return ticks.reduce((total, part) => total + part, 0) / ticksPerSecond;
};
