import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Milliseconds that a group has to end by itself, and to go once killed, and between two looks. Dead processes that nobody collects count as there. */
const patience = { end: 1_500, killed: 500, look: 20 } as const;

/** Lines of the log that a message about its end repeats. */
const remembered = 3;

/** A program in a process group of its own. */
export interface OwnGroup {
  /** Resolves with what ended the program, in words; never rejects. */
  readonly ended: Promise<string>;
  /** Whether the program runs. */
  isUp(): boolean;
  /** The last lines of its log, in one. */
  lastWords(): string;
  /** Ends every process of the group; resolves once none is left. */
  stop(): Promise<void>;
}

const isGone = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true;
  }
};

const signalGroup = (group: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended already.
  }
};

/** Resolves with whether the group has gone, at the latest after `deadline` milliseconds. */
const untilGone = async (group: number, deadline: number): Promise<boolean> => {
  const until = performance.now() + deadline;
  while (!isGone(group)) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, patience.look));
  }
  return true;
};

/**
 * Starts a program in a group of its own: killing the main process alone would leave Kamailio's others. Every line that it writes is
 * stamped into `log` and told.
 */
export const startOwnGroup = (
  program: string,
  words: readonly string[],
  log: string,
  onLine: (line: string) => void,
): OwnGroup => {
  const child = spawn(program, words, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  const file = createWriteStream(log, { mode: 0o600 });
  const last: string[] = [];
  const take = (line: string): void => {
    file.write(`${new Date().toISOString()} ${line}\n`);
    last.push(line);
    if (last.length > remembered) last.shift();
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', take);
  const kill = (): void => {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  };
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      // Kamailio's other processes would go on without it, and hold its control socket without answering.
      kill();
      resolve(signal === null ? `ended with ${code}` : `was ended by ${signal}`);
    });
    child.once('error', (error) => resolve(`did not start: ${error.message}`));
  });
  const isUp = (): boolean =>
    child.exitCode === null && child.signalCode === null && pid !== undefined;
  // Also where the testbed ends without having stopped it.
  process.once('exit', kill);
  return {
    ended,
    isUp,
    lastWords: () => last.join(' | '),
    async stop() {
      process.off('exit', kill);
      if (pid !== undefined) {
        if (isUp()) {
          signalGroup(pid, 'SIGTERM');
          await untilGone(pid, patience.end);
        }
        kill();
        await untilGone(pid, patience.killed);
      }
      await ended;
      await new Promise<void>((resolve) => file.end(() => resolve()));
    },
  };
};
