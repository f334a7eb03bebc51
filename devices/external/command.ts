import { spawn } from 'node:child_process';
import { DeadlineError } from '../contract.ts';
import { codeOf } from './problem.ts';

/** Bytes of output that are taken. */
const maximumOutput = 64 * 1024 * 1024;

/** What a command is run with. */
export interface CommandRun {
  /** What it is for, at the beginning of every message. */
  readonly purpose: string;
  readonly words: readonly string[];
  /** Goes in for `{number}`, inside a word: no shell sees it. */
  readonly number?: string;
  /** Folder that it runs in. */
  readonly folder: string;
  /** Milliseconds. */
  readonly deadline: number;
}

/** The words with the number in its places; never the program itself. */
export const withNumber = (words: readonly string[], number = ''): readonly string[] =>
  words.map((word, index) => (index === 0 ? word : word.replaceAll('{number}', number)));

/**
 * Runs a command without a shell and gives its standard output. Rejects with one line that names purpose and program, never what
 * the command said: that could be a token. Past its deadline (a DeadlineError) or the bound of output it is killed.
 */
export const runCommand = ({
  purpose,
  words,
  number,
  folder,
  deadline,
}: CommandRun): Promise<string> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = withNumber(words, number);
    const named = `${purpose}: the command ${program}`;
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    const taken: Buffer[] = [];
    let length = 0;
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      finish();
    };
    const kill = (error: Error) =>
      settle(() => {
        child.kill('SIGKILL');
        // Whatever it started may hold the pipe.
        child.stdout.destroy();
        reject(error);
      });
    const timer = setTimeout(
      () => kill(new DeadlineError(`${named} did not end within ${deadline / 1000} s`)),
      deadline,
    );
    child.stdout.on('data', (chunk: Buffer) => {
      taken.push(chunk);
      length += chunk.length;
      if (length > maximumOutput)
        kill(new Error(`${named} says more than ${maximumOutput} bytes; let it say less`));
    });
    child.once('error', (error) =>
      settle(() => reject(new Error(`${named} cannot be run (${codeOf(error)}); mend its path`))),
    );
    child.once('close', (code, signal) =>
      settle(() =>
        code === 0
          ? resolve(Buffer.concat(taken).toString('utf8'))
          : reject(new Error(`${named} ended with ${code ?? signal}; run it by hand to see why`)),
      ),
    );
  });
