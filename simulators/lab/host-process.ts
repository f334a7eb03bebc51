import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a program comes to run on a host: nothing before it, or what leads it into the host's namespace. */
export type HostEntry = readonly string[];

/** A program running on a host of the lab. */
export interface HostProcess {
  readonly pid: number;
  /** Its control channel: messages are plain data. */
  send(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves with how it ended. */
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

const endOf = async (child: ChildProcess, name: string): Promise<string> => {
  try {
    const [code, signal] = await once(child, 'exit');
    return signal === null ? `${name} ended with ${code}` : `${name} was ended by ${signal}`;
  } catch (error) {
    return `${name} could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** Starts a program with a control channel; its output goes to this process's standard error. */
export const startHostProcess = (entry: HostEntry, program: HostProgram): HostProcess => {
  const [command = '', ...args] = [...entry, program.command, ...program.args];
  const child = spawn(command, args, {
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    env: { ...process.env, ...program.environment },
  });
  const ended = endOf(child, program.command);
  return {
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
  };
};
