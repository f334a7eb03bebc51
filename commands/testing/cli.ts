import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const ownProgram = join(import.meta.dirname, '../../cli.ts');

/** How a command came to its end. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves once standard error contains the text. */
  readonly says: (text: string) => Promise<void>;
  /** Resolves once the command and everything that writes where it does has ended. */
  readonly ended: Promise<Ended>;
}

/** What a test changes of how the command is started. */
export interface Start {
  readonly env?: NodeJS.ProcessEnv;
  /** A program, with its arguments, that starts the command's own. */
  readonly through?: readonly string[];
  /** The program's file; ours unless given. */
  readonly program?: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Where standard output goes; a pipe unless given. */
  readonly stdout?: number;
}

/** A place for one test's commands: a temporary folder of their own, and a mark by which their processes are found. */
export interface Bench {
  /** For run folders and other files; open to every user. */
  readonly folder: string;
  start(words: readonly string[], how?: Start): Running;
  run(words: readonly string[], how?: Start): Promise<Ended>;
  /** Numbers of the processes of any command that run a program, by its name. */
  processes(program: string): readonly number[];
  /** Processes and temporary files of any command that are left. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const mark = 'DISCRETIO_TEST_MARK';

/** Numbers of the processes that have the mark in their environment; none where the system does not tell. */
const marked = (value: string): readonly string[] =>
  globSync('/proc/[0-9]*/environ').filter((file) => {
    try {
      return readFileSync(file, 'latin1').includes(`${mark}=${value}`);
    } catch {
      return false;
    }
  });

/** The program of a process, of whose folder in /proc this is; empty once it has ended. */
const programOf = (place: string): string => {
  try {
    return readFileSync(join(place, 'comm'), 'utf8').trim();
  } catch {
    return '';
  }
};

const collect = (child: ChildProcess): Running => {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stderr.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without saying ${text}: ${stderr}`)));
    });
  return { child, says, ended };
};

/** Opens a bench. */
export const openBench = async (): Promise<Bench> => {
  const root = await mkdtemp(join(tmpdir(), 'commands-'));
  const [temporary, folder] = [join(root, 'tmp'), join(root, 'work')];
  for (const path of [temporary, folder]) await mkdir(path);
  for (const path of [root, temporary, folder]) await chmod(path, 0o777);
  const value = randomUUID();
  const start = (words: readonly string[], how: Start = {}): Running => {
    const { through = [], node = [], stdout = 'pipe', program = ownProgram } = how;
    const [command = '', ...rest] = [...through, process.execPath, ...node, program, ...words];
    const child = spawn(command, rest, {
      cwd: folder,
      // A process group of its own, as a shell gives to each command.
      detached: true,
      stdio: ['ignore', stdout, 'pipe'],
      env: { ...process.env, TMPDIR: temporary, [mark]: value, ...how.env },
    });
    return collect(child);
  };
  return {
    folder,
    start,
    run: (words, how) => start(words, how).ended,
    processes: (program) =>
      marked(value)
        .map((file) => file.replace(/environ$/, ''))
        .filter((place) => programOf(place) === program)
        .map((place) => Number(basename(place))),
    leftovers: async () => [
      ...marked(value).map((file) => `process ${file}`),
      ...(await readdir(temporary)),
    ],
    close: () => rm(root, { recursive: true, force: true }),
  };
};

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** One line of ours that contains these parts in this order, and nothing else. */
export const oneLine = (...parts: readonly string[]): RegExp =>
  new RegExp(`^discretio: ${['', ...parts, ''].map(literally).join('[^\\n]*')}\\n$`);

/** The lines that are neither progress nor remarks. */
export const withoutProgress = (stderr: string): string =>
  stderr
    .split(/(?<=\n)/)
    .filter((line) => !/^[✓✗–!] /.test(line))
    .join('');

/** Why a test cannot run here, for its title; empty where it can. */
export const lacks = (program: string, ...words: readonly string[]): string => {
  const { status, error } = spawnSync(program, words, { stdio: 'ignore' });
  if (error) return ` (skipped: ${program} is not installed)`;
  return status === 0 ? '' : ` (skipped: ${[program, ...words].join(' ')} is not permitted)`;
};
