import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds that a program may take to end when it is asked to, before it is killed. */
const grace = 3_000;

/** Characters of what a program says that are kept. */
const kept = 20_000;

/** A program that runs for as long as sessions need it. */
export interface Helper {
  readonly pid: number;
  /** The end of what it has said so far. */
  readonly said: () => string;
  readonly ended: Promise<number | null>;
  readonly stop: () => Promise<void>;
}

/** Starts a program of this user's; it ends with {@link Helper.stop}, and with this process. */
export const startHelper = (
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Helper => {
  const child: ChildProcess = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment },
  });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-kept);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said += error.message;
      resolve(null);
    });
    child.once('exit', (code) => resolve(code));
  });
  const withUs = (): void => void child.kill('SIGKILL');
  process.once('exit', withUs);
  void ended.then(() => process.off('exit', withUs));
  return {
    pid: child.pid ?? -1,
    said: () => said,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const end = new AbortController();
      await Promise.race([
        ended,
        delay(grace, undefined, { signal: end.signal }).catch(() => undefined),
      ]);
      end.abort();
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
};
