import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setImmediate as turnOfLoop, setTimeout as delay } from 'node:timers/promises';
import type { Authorities } from '../../reference/appliance/authorities/authorities.ts';
import { kamailioControl, type KamailioControl } from './control.ts';
import type { EngineFailure } from './failure.ts';
import { handshakeProblem, type TrialCredentials } from './handshake.ts';
import { parseLogLine, type LogLine } from './log-line.ts';
import { startOwnGroup, type OwnGroup } from './own-group.ts';
import { kamailioProgram, programProblem } from './programs.ts';
import { quietControl, tlsProcesses } from './quiet-control.ts';
import { pathsIn } from './run-folder.ts';

/** Milliseconds from the start until it must answer, and between two looks. */
const readiness = { deadline: 15_000, look: 30 } as const;

/** Milliseconds that its server has to end what it is about, and between two looks. */
const turn = { deadline: 1_000, look: 1 } as const;

/** What starting a Kamailio takes, besides the files of its run directory. */
export interface KamailioStart {
  readonly folder: string;
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly trust: Authorities['trust'];
  readonly trial: TrialCredentials;
  readonly failure: EngineFailure;
  readonly onLine: (line: LogLine) => void;
}

/** A running Kamailio. */
export interface RunningKamailio {
  readonly control: KamailioControl;
  /** Resolves once what it has logged by now is read, as far as can be told: the one process that serves connections writes after it has answered. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Whether a process waits for something to do, or is gone (proc_pid_stat(5)). */
const isWaiting = (id: number): boolean => {
  try {
    return !/\) R /.test(readFileSync(`/proc/${id}/stat`, 'latin1'));
  } catch {
    return true;
  }
};

const reader =
  (control: KamailioControl, servers: readonly number[]) => async (): Promise<void> => {
    const end = performance.now() + turn.deadline;
    while (!servers.every(isWaiting) && performance.now() < end) await delay(turn.look);
    // Its log and its control socket are read in turns: what was written before the question is here with the answer.
    await control.ask('core.uptime').catch(() => undefined);
    await turnOfLoop();
  };

/** What is wrong with the configuration, in Kamailio's own words; null when nothing is. */
export const configurationProblem = (folder: string): Promise<string | null> =>
  new Promise((resolve) => {
    const words = ['-c', '-f', pathsIn(folder).configuration, '-Y', folder];
    execFile(kamailioProgram.path, words, { timeout: 10_000 }, (error, stdout, stderr) => {
      const said = /(?:CRITICAL|ERROR): .*/.exec(stderr + stdout)?.[0] ?? String(error?.code);
      resolve(error === null ? null : said);
    });
  });

const until = async (
  look: () => Promise<string | null>,
  group: OwnGroup,
  deadline: number,
): Promise<string | null> => {
  const end = performance.now() + deadline;
  for (;;) {
    const problem = await look();
    if (problem === null || !group.isUp() || performance.now() > end) return problem;
    await delay(readiness.look);
  }
};

/** Ready is who answers on the control socket, and then completes the handshake of target 5.1. */
const readyProblem = async (
  { endpoint, trust, trial }: KamailioStart,
  control: KamailioControl,
  group: OwnGroup,
): Promise<string | null> => {
  const asked = () =>
    control.ask('core.uptime').then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const silent = await until(asked, group, readiness.deadline);
  return (
    silent ??
    (await until(() => handshakeProblem(endpoint, trust, trial), group, readiness.deadline))
  );
};

const problemText = (
  problem: string,
  { endpoint }: KamailioStart,
  words: readonly string[],
): string => {
  const port = `port ${endpoint.port} of ${endpoint.host}`;
  if (words.some((line) => /address already in use/i.test(line)))
    return `kamailio: ${port} is in use; stop the program that holds it or choose another port`;
  const last = words.findLast((line) => /ERROR|CRITICAL|ALERT/.test(line)) ?? words.at(-1) ?? '';
  return `kamailio: not ready on ${port}: ${problem}${last === '' ? '' : `; it said: ${last.trim()}`}`;
};

/** Its command line: in the foreground, logging to standard error, with memory for thousands of connections. */
const wordsOf = (folder: string): readonly string[] => {
  const { configuration, pid } = pathsIn(folder);
  const memory = ['-m', '1024', '-M', '16'];
  return ['-f', configuration, '-DD', '-E', '-P', pid, ...memory, '-Y', folder, '-w', folder];
};

/** Checks the configuration of a run directory, starts Kamailio there and waits until it serves. Rejects with one line, nothing left running. */
export const startKamailio = async (start: KamailioStart): Promise<RunningKamailio> => {
  const { folder, failure, onLine } = start;
  const problem = (await programProblem(kamailioProgram)) ?? (await configurationProblem(folder));
  if (problem !== null) throw new Error(problem);
  const paths = pathsIn(folder);
  const life = { isReady: false, isStopping: false };
  const early: string[] = [];
  const group = startOwnGroup(kamailioProgram.path, wordsOf(folder), paths.log, (text) => {
    if (!life.isReady) early.push(text);
    const line = parseLogLine(text);
    if (line.kind === 'broken' && !life.isStopping)
      failure.report(`kamailio reported ${line.text}; what it does now counts no more`);
    onLine(line);
  });
  void group.ended.then((how) => {
    if (!life.isStopping)
      failure.report(`kamailio ${how} in the middle of the run: ${group.lastWords()}`);
  });
  const stop = async (): Promise<void> => {
    life.isStopping = true;
    await group.stop();
  };
  const control = kamailioControl(paths.control);
  const unready = await readyProblem(start, control, group);
  if (unready !== null) {
    const why = group.isUp() ? unready : 'it ended before it served';
    await stop();
    throw new Error(problemText(why, start, early));
  }
  life.isReady = true;
  const processes = await tlsProcesses(control);
  return {
    control: quietControl(control, processes),
    caughtUp: reader(control, processes.receivers),
    stop,
  };
};
