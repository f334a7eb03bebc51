import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { DeadlineError } from '../contract.ts';

/** The person at the terminal, who follows printed steps. */
export interface Operator {
  /** Prints a step and gives the line that is typed then, without blanks around it; a DeadlineError after so many milliseconds from when it is printed. */
  ask(step: string, deadline: number): Promise<string>;
}

interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

const nobody = (): Error =>
  new Error('nobody answers: standard input has ended; run it in a terminal');

/** Lines of a stream, one at a time; read only while one is waited for, so that the stream keeps no process alive. */
const createLines = (input: Readable & { readonly isTTY?: boolean }) => {
  const early: string[] = [];
  let isOver = false;
  let waiting: ((line: string | null) => void) | null = null;
  const reader = createInterface({ input, terminal: false });
  reader.on('line', (line) => {
    if (waiting) waiting(line);
    else early.push(line);
  });
  reader.on('close', () => {
    isOver = true;
    waiting?.(null);
  });
  reader.pause();
  return {
    /** The next line; null where there is none any more. */
    next: (signal: AbortSignal): Promise<string | null> =>
      new Promise((resolve) => {
        // What a person typed before the step is no answer to it; a file's lines are all there beforehand.
        const [line] = input.isTTY === true ? early.splice(0).slice(0, 0) : early.splice(0, 1);
        if (line !== undefined || isOver) {
          resolve(line ?? null);
          return;
        }
        const settle = (found: string | null): void => {
          waiting = null;
          signal.removeEventListener('abort', late);
          if (!isOver) reader.pause();
          resolve(found);
        };
        const late = (): void => settle(null);
        signal.addEventListener('abort', late);
        waiting = settle;
        reader.resume();
      }),
  };
};

/** A person at these streams; one step at a time, in the order asked. */
export const createOperator = ({ input, output }: Terminal): Operator => {
  let before: Promise<unknown> = Promise.resolve();
  let lines: ReturnType<typeof createLines> | undefined;
  const show = async (step: string, deadline: number): Promise<string> => {
    output.write(`? ${step}\n  (${deadline / 1000} s) `);
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), deadline);
    lines ??= createLines(input);
    const line = await lines.next(end.signal);
    clearTimeout(timer);
    if (line !== null) return line.trim();
    if (!end.signal.aborted) throw nobody();
    throw new DeadlineError(`nobody answered within ${deadline / 1000} s: ${step}`);
  };
  return {
    ask(step, deadline) {
      const answer = before.then(() => show(step, deadline));
      before = answer.catch(() => undefined);
      return answer;
    },
  };
};

let own: Operator | undefined;

/** The person at this process's terminal. */
export const terminalOperator = (): Operator =>
  (own ??= createOperator({ input: process.stdin, output: process.stderr }));
