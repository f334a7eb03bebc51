import { connect } from 'node:net';
import { DeadlineError } from '../contract.ts';
import { codeOf } from './problem.ts';

/** Bytes of an answer that are taken. */
const maximumAnswer = 64 * 1024;

/** A line for a control socket. */
export interface SocketRequest {
  /** What it is for, at the beginning of every message. */
  readonly purpose: string;
  /** Of a Unix socket. */
  readonly path: string;
  readonly line: string;
  /** What an answer that means success contains. */
  readonly done: RegExp;
  /** Milliseconds. */
  readonly deadline: number;
}

/** Sends one line to a control socket and reads lines until one means success; rejects with one line, without the answer, when the socket closes before. */
export const askSocket = ({ purpose, path, line, done, deadline }: SocketRequest): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    const settle = (problem: Error | null): void => {
      clearTimeout(timer);
      socket
        .removeAllListeners()
        .on('error', () => undefined)
        .destroy();
      if (problem === null) resolve();
      else reject(problem);
    };
    const fail = (reason: string): void =>
      settle(new Error(`${purpose}: the socket ${path} ${reason}; look at the target's own log`));
    const timer = setTimeout(
      () => settle(new DeadlineError(`${purpose}: no answer within ${deadline / 1000} s`)),
      deadline,
    );
    socket.on('error', (error) => fail(`cannot be used (${codeOf(error)})`));
    socket.on('close', () => fail('was closed without an answer that means success'));
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
      if (done.test(answer)) settle(null);
      else if (answer.length > maximumAnswer) fail('says too much');
    });
    socket.write(`${line}\n`);
  });
