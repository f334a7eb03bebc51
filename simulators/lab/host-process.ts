import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** How a program comes to run on a host: nothing before it, or what leads it into the host's namespace. */
export type HostEntry = readonly string[];

/** A program running on a host of the lab. */
export interface HostProcess {
  readonly pid: number;
  /** Its control channel: messages are plain data. */
  send(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves with how it ended, once everything that it said on its control channel was heard. */
  readonly ended: Promise<string>;
  /** Closes the control channel, which asks it to end; kills it when it has not within the limit (milliseconds). */
  stop(limit: number): Promise<void>;
}

/** What to run. */
export interface HostProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A Node program of this project. */
export const nodeProgram = (file: string, args: readonly string[]): HostProgram => ({
  command: process.execPath,
  args: [file, ...args],
});

/** Milliseconds after a program's end in which its last messages are heard, should another process hold its control channel. */
const lastWords = 500;

const endOf = async (child: ChildProcess, name: string): Promise<string> => {
  const heard = new Promise<void>((resolve) => {
    child.once('disconnect', resolve);
  });
  try {
    const [code, signal] = await once(child, 'exit');
    await Promise.race([heard, delay(lastWords, undefined, { ref: false })]);
    return signal === null ? `${name} ended with ${code}` : `${name} was ended by ${signal}`;
  } catch (error) {
    return `${name} could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** A child that was started with a control channel; `ended` resolves with how it ended. */
export const hostProcessOf = (child: ChildProcess, ended: Promise<string>): HostProcess => ({
  pid: child.pid ?? -1,
  ended,
  send(message) {
    // A program that has ended reads nothing; `ended` says so.
    if (child.connected) child.send(message, () => undefined);
  },
  onMessage: (listener) => void child.on('message', listener),
  async stop(limit) {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    await ended;
    clearTimeout(timer);
  },
});

/** Starts a program with a control channel; its output goes to this process's standard error. */
export const startHostProcess = (entry: HostEntry, program: HostProgram): HostProcess => {
  const [command = '', ...args] = [...entry, program.command, ...program.args];
  const child = spawn(command, args, {
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    env: { ...process.env, ...program.environment },
  });
  return hostProcessOf(child, endOf(child, program.command));
};
