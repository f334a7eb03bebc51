import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KamailioControl } from './control.ts';

/** Processes that use OpenSSL: who serves connections, and who accepts and closes them. */
export interface TlsProcesses {
  readonly receivers: readonly number[];
  readonly main: readonly number[];
}

/** The processes by what they say of themselves. */
export const tlsProcesses = async (control: KamailioControl): Promise<TlsProcesses> => {
  const said = await control.ask('core.ps').catch(() => '');
  const named = (name: RegExp): readonly number[] =>
    [...said.matchAll(/^(\d+)\s+(.*)$/gm)].flatMap(([, id, words = '']) =>
      name.test(words) ? [Number(id)] : [],
    );
  return { receivers: named(/^tcp receiver/), main: named(/^tcp main/) };
};

/** Milliseconds that processes have to come to rest, and between two looks. */
const patience = { rest: 1_000, look: 1 } as const;

/** Numbers of the system calls in which a process waits for events (syscalls(2)). */
const waiting: ReadonlySet<string> = new Set(process.arch === 'x64' ? ['232', '281'] : ['22']);

/** Whether a stopped process was waiting for events (proc_pid_syscall(5)), or is gone. */
const wasWaiting = (id: number): boolean => {
  try {
    const [call = ''] = readFileSync(`/proc/${id}/syscall`, 'latin1').split(' ');
    return waiting.has(call);
  } catch {
    return true;
  }
};

const signal = (ids: readonly number[], name: 'SIGSTOP' | 'SIGCONT'): void => {
  for (const id of ids)
    try {
      process.kill(id, name);
    } catch {
      // It has ended; what that means is said by who started it.
    }
};

/** Stops processes where they wait for events, at the latest after a second wherever they are. */
const rest = async (ids: readonly number[]): Promise<void> => {
  const end = performance.now() + patience.rest;
  for (;;) {
    signal(ids, 'SIGSTOP');
    await delay(patience.look);
    if (ids.every(wasWaiting) || performance.now() > end) return;
    signal(ids, 'SIGCONT');
    await delay(patience.look);
  }
};

/** Commands that use OpenSSL in the process of the control socket; a request is sent by a descriptor that the main TCP process gives. */
const usesTls = (command: string, { receivers, main }: TlsProcesses): readonly number[] => {
  if (command === 'tls.reload') return [...receivers, ...main];
  return ['tm.t_uac_start', 'tm.cancel'].includes(command) ? receivers : [];
};

/**
 * A control socket whose commands use OpenSSL only while no other process does. Kamailio 5.6 has one error state of OpenSSL 3 in memory
 * that all its processes share (its issue 3695; tls_threads_mode of later versions mends it): two that use it at once free it twice.
 */
export const quietControl = (
  control: KamailioControl,
  processes: TlsProcesses,
): KamailioControl => {
  let last: Promise<unknown> = Promise.resolve();
  const askAlone = async (words: readonly string[], ids: readonly number[]): Promise<string> => {
    try {
      await rest(ids);
      return await control.ask(...words);
    } finally {
      signal(ids, 'SIGCONT');
    }
  };
  return {
    ask(...words) {
      const ids = usesTls(words[0] ?? '', processes);
      if (ids.length === 0) return control.ask(...words);
      const asked = last.then(() => askAlone(words, ids));
      last = asked.catch(() => undefined);
      return asked;
    },
  };
};
