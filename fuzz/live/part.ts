import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askOnHost } from '../../simulators/attackers/on-host.ts';
import { hostProcessOf } from '../../simulators/lab/host-process.ts';
import type { PartAnswer, PartFigures, PartOrder } from './part-protocol.ts';

/** Milliseconds that a part may take for its own end, and then its process. */
const limits = { stop: 3_000, end: 2_000 } as const;

/** Characters kept of what a part writes on its standard error. */
const longestErrors = 20_000;

/** The appliance or a phone in a process of its own. */
export interface Part {
  readonly pid: number;
  /** Rejects with what the part says is wrong, or with how its process ended. */
  ask(order: PartOrder): Promise<unknown>;
  figures(): Promise<PartFigures>;
  /** Resolves with how its process ended. */
  readonly ended: Promise<string>;
  /** How its process ended; null while it runs. */
  readonly over: () => string | null;
  /** Its last words on standard error. */
  readonly errors: () => string;
  stop(): Promise<void>;
}

/** Numbers of the open descriptors of a process, sockets among them; 0 where the system does not tell. */
export const descriptorsOf = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
};

/** Resident memory of a process, bytes; 0 where the system does not tell. */
export const residentOf = (pid: number): number => {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

/** UDP ports that a process has open on IPv4 (proc(5)); none where the system does not tell. */
export const udpPortsOf = (pid: number): readonly number[] => {
  try {
    const held = new Set(
      readdirSync(`/proc/${pid}/fd`).map((name) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
        } catch {
          return undefined;
        }
      }),
    );
    return readFileSync(`/proc/${pid}/net/udp`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => held.has(fields[9]))
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16));
  } catch {
    return [];
  }
};

/** Starts the process of a part; `name` is what its end is told by. */
export const startPart = (name: string): Part => {
  const program = fileURLToPath(new URL('./part-program.ts', import.meta.url));
  // Else V8 takes what the machine has for its young generation, and resident memory tells little.
  const child = fork(program, [], {
    execArgv: ['--max-semi-space-size=8'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let [over, errors]: [string | null, string] = [null, ''];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-longestErrors);
    });
  const ended = once(child, 'exit').then(
    ([code, signal]) => {
      over = signal === null ? `${name} ended with ${code}` : `${name} was ended by ${signal}`;
      return over;
    },
    (error: Error) => (over = `${name} could not start: ${error.message}`),
  );
  const host = hostProcessOf(child, ended);
  const asking = askOnHost(host);
  const ask = async (order: PartOrder): Promise<unknown> => {
    const answer = (await asking(order)) as PartAnswer;
    if (!answer.ok) throw new Error(answer.error);
    return answer.value;
  };
  return {
    pid: host.pid,
    ask,
    figures: async () => (await ask({ do: 'figures' })) as PartFigures,
    ended,
    over: () => over,
    errors: () => errors,
    async stop() {
      const late = delay(limits.stop, undefined, { ref: false });
      if (over === null) await Promise.race([ask({ do: 'stop' }).catch(() => undefined), late]);
      await host.stop(limits.end);
    },
  };
};
