import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const programFile = join(import.meta.dirname, '../../../cli.ts');

/** Set in the environment of everything that one of these programs starts. */
const mark = 'DISCRETIO_LAB_MARK';

/** A `discretio` under way. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Resolves with all output so far once it contains the text; rejects when the program ends before. */
  says(text: string): Promise<string>;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

/** How a program is started. */
export interface ProgramStart {
  /** By which its processes are found. */
  readonly mark: string;
  /** Folder for temporary files. */
  readonly temporary: string;
  /** A program, with its arguments, that starts it. */
  readonly through?: readonly string[];
}

/** Starts `discretio` with these words, in a process group of its own as a shell does. */
export const startProgram = (words: readonly string[], how: ProgramStart): RunningProgram => {
  const [command = '', ...args] = [...(how.through ?? []), process.execPath, programFile, ...words];
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: how.temporary, [mark]: how.mark },
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const hear = (take: (text: string) => void) => (text: string) => {
    take(text);
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on(
    'data',
    hear((text) => (stdout += text)),
  );
  child.stderr.setEncoding('utf8').on(
    'data',
    hear((text) => (stderr += text)),
  );
  const ended = new Promise<Awaited<RunningProgram['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () =>
          (stdout + stderr).includes(text) ? resolve(stdout + stderr) : undefined;
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended without saying "${text}": ${stderr}`)));
      }),
  };
};

/** A process that carries a mark. */
export interface MarkedProcess {
  readonly pid: number;
  /** Its words, separated by spaces. */
  readonly command: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

/** Living processes with a mark. */
export const markedProcesses = (value: string): readonly MarkedProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/environ`).includes(`${mark}=${value}`))
    .map((pid) => ({
      pid: Number(pid),
      command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(),
    }));
