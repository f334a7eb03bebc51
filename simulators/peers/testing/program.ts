import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program of a peer, without a terminal. */
export interface PeerProgram {
  /** Resolves with the first line of its output, standard or of errors, that matches; rejects when it ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Everything that it said so far. */
  said(): string;
  /** Resolves with its exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end, by a signal, and waits. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Whether a program is there, whatever it ends with: SIPp says its version and ends with 99. */
export const isInstalled = (program: string, ...words: readonly string[]): boolean =>
  spawnSync(program, words, { stdio: 'ignore' }).error === undefined;

/** Starts a program in a folder. */
export const startProgram = (
  program: string,
  words: readonly string[],
  folder: string,
): PeerProgram => {
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const listener of listeners) listener(line);
    });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
  return {
    ended,
    said: () => lines.join('\n'),
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (line: string): void => {
          if (!pattern.test(line)) return;
          listeners.delete(look);
          resolve(line);
        };
        listeners.add(look);
        lines.forEach(look);
        void ended.then((code) =>
          reject(new Error(`${program} ended with ${code}: ${lines.slice(-3).join(' | ')}`)),
        );
      }),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
};
