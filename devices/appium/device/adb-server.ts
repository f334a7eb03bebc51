import { connect } from 'node:net';
import type { Result } from '../../../reference/core/result.ts';
import { DeadlineError } from '../../contract.ts';
import { codeOf } from '../../external/problem.ts';
import { DeviceProblem } from '../problem.ts';
import { encodeRequest, readCounted, readStatus } from './adb-wire.ts';

/** Where an adb server listens. */
export interface AdbServer {
  readonly host: string;
  readonly port: number;
}

/** The server that everybody's adb starts. */
export const usualAdbServer: AdbServer = { host: '127.0.0.1', port: 5037 };

/** Milliseconds that an answer may take, unless said. */
const usualDeadline = 10_000;

/** Bytes of an answer that are taken: a screenshot has a few million. */
const maximumAnswer = 256 * 1024 * 1024;

const noAdb = ({ host, port }: AdbServer): string => `the adb server ${host}:${port}`;

/** What is read of an answer: to its end, or a text that tells its length. */
type Reading = 'counted' | 'stream';

/** The answer so far, after so many requests were agreed to. */
interface Progress {
  readonly agreed: number;
  readonly rest: Uint8Array;
}

const valueOrProblem = <Value>(result: Result<Value>, server: AdbServer): Value => {
  if (result.ok) return result.value;
  throw new DeviceProblem(
    'adb-unreachable',
    `${noAdb(server)}: what answers there is no adb server (${result.error.code}); give the port of one`,
  );
};

const refused = (server: AdbServer, request: string, reason: string): DeviceProblem =>
  new DeviceProblem(
    'adb-refusal',
    `${noAdb(server)} refuses ${request.split(':', 2).join(':')}: ${reason}; adb devices -l shows what is connected`,
  );

/**
 * Asks an adb server: requests one after the other on one connection, each agreed to before the next, and gives the bytes that follow the
 * last. Rejects with a {@link DeviceProblem}, or a DeadlineError after so many milliseconds.
 */
export const askAdb = (
  server: AdbServer,
  requests: readonly string[],
  reading: Reading,
  deadline = usualDeadline,
): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port });
    const chunks: Uint8Array[] = [];
    let length = 0;
    let progress: Progress = { agreed: 0, rest: new Uint8Array() };
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      finish();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const timer = setTimeout(() => {
      fail(new DeadlineError(`${noAdb(server)} did not answer within ${deadline / 1000} s`));
    }, deadline);
    const send = (request: string | undefined): void => {
      if (request !== undefined) socket.write(valueOrProblem(encodeRequest(request), server));
    };
    const agree = (): void => {
      while (progress.agreed < requests.length) {
        const status = valueOrProblem(readStatus(progress.rest), server);
        if (status.kind === 'more') return;
        if (status.kind === 'fail')
          throw refused(server, requests[progress.agreed] ?? '', status.reason);
        progress = { agreed: progress.agreed + 1, rest: status.rest };
        send(requests[progress.agreed]);
      }
    };
    const take = (chunk: Uint8Array): void => {
      length += chunk.length;
      if (length > maximumAnswer) throw refused(server, requests.at(-1) ?? '', 'it never ends');
      if (progress.agreed === requests.length) chunks.push(chunk);
      else {
        progress = { ...progress, rest: Buffer.concat([progress.rest, chunk]) };
        agree();
        if (progress.agreed === requests.length) chunks.push(progress.rest);
      }
      const text =
        reading === 'counted' && progress.agreed === requests.length
          ? valueOrProblem(readCounted(Buffer.concat(chunks)), server)
          : null;
      if (text !== null) settle(() => resolve(Buffer.from(text)));
    };
    socket.on('connect', () => send(requests[0]));
    socket.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        fail(error);
      }
    });
    socket.on('error', (error) =>
      fail(
        new DeviceProblem(
          'adb-unreachable',
          `${noAdb(server)} does not answer (${codeOf(error)}); start it with adb -P ${server.port} start-server`,
        ),
      ),
    );
    socket.on('end', () => {
      if (progress.agreed === requests.length && reading === 'stream')
        settle(() => resolve(Buffer.concat(chunks)));
      else fail(refused(server, requests[progress.agreed] ?? '', 'it hung up'));
    });
  });

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A question to the server itself, such as `host:devices-l`. */
export const askAdbServer = async (server: AdbServer, question: string): Promise<string> =>
  text(await askAdb(server, [question], 'counted'));

/** Runs a command on a phone and gives what it prints, standard error included, as the phone's shell gives it. */
export const adbShell = async (
  server: AdbServer,
  serial: string,
  command: string,
  deadline?: number,
): Promise<string> =>
  text(await askAdb(server, [`host:transport:${serial}`, `shell:${command}`], 'stream', deadline));

/** Runs a command on a phone and gives the bytes of its standard output, untouched. */
export const adbBytes = (
  server: AdbServer,
  serial: string,
  command: string,
  deadline?: number,
): Promise<Uint8Array> =>
  askAdb(server, [`host:transport:${serial}`, `exec:${command}`], 'stream', deadline);
