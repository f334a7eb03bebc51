import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { groupCpuSeconds, startedCpuSeconds } from './process-cpu.ts';

/** A program in a process group of its own. */
export interface OwnProcess {
  /** The next line of its standard output that matches; rejects when it ends before. */
  line(pattern: RegExp): Promise<string>;
  write(text: string): void;
  /** CPU seconds of the whole group so far. */
  cpuSeconds(): number;
  /** CPU seconds so far of the programs that it started in groups of their own. */
  startedCpuSeconds(): number;
  /** Closes its standard input and waits until it has ended by itself; the whole group is ended where it does not. */
  dismiss(): Promise<void>;
  /** Ends the whole group. */
  end(): Promise<void>;
}

/** Milliseconds that a program has to end by itself. */
const patience = 15_000;

const awaitLine = (lines: Interface, child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      lines.off('line', look);
      child.off('exit', ended);
      finish();
    };
    const look = (line: string): void => {
      if (pattern.test(line)) settle(() => resolve(line));
    };
    const ended = (code: number | null): void =>
      settle(() => reject(new Error(`${child.spawnfile} ended with ${code}; run it by hand`)));
    lines.on('line', look);
    child.once('exit', ended);
  });

/** Starts a program; what a peer says on its standard error is left out. */
export const startOwnProcess = (
  program: string,
  options: readonly string[],
  errors: 'inherit' | 'ignore' = 'inherit',
): OwnProcess => {
  const child = spawn(program, options, { detached: true, stdio: ['pipe', 'pipe', errors] });
  const { pid = 0 } = child;
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit');
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
    await exited;
  };
  return {
    line: (pattern) => awaitLine(lines, child, pattern),
    write: (text) => void child.stdin.write(text),
    cpuSeconds: () => groupCpuSeconds(pid),
    startedCpuSeconds: () => startedCpuSeconds(pid),
    end,
    async dismiss() {
      child.stdin.end();
      const timer = setTimeout(() => void end(), patience);
      await exited;
      clearTimeout(timer);
    },
  };
};
