import { request } from 'node:https';
import { connectTls, type ConnectTlsOptions } from '../tls/connect.ts';

/** An answer of the registration service. */
export interface HttpsAnswer {
  readonly status: number;
  /** Media type without parameters, lower case. */
  readonly contentType: string;
  readonly body: string;
}

/** Largest answer read, in bytes. */
const maximumAnswer = 65_536;

/** Posts JSON over a connection of its own with exactly the profile of target 5.1; the deadline and the signal cover everything. */
export const postJson = async (
  connection: ConnectTlsOptions,
  path: string,
  body: unknown,
  connect = connectTls,
): Promise<HttpsAnswer> => {
  const { host, port } = connection.endpoint;
  const started = performance.now();
  const socket = await connect(connection);
  const text = JSON.stringify(body);
  const fail = (reason: string): Error =>
    new Error(`${host}:${port}: POST ${path}: ${reason}; try again later`);
  return new Promise((resolve, reject) => {
    const remaining = Math.max(1, connection.deadline - (performance.now() - started));
    const timer = setTimeout(
      () => outgoing.destroy(fail(`no answer within ${connection.deadline} ms`)),
      remaining,
    );
    const { signal } = connection;
    const abort = (): void => void outgoing.destroy(fail('given up'));
    const outgoing = request({
      createConnection: () => socket,
      method: 'POST',
      host,
      port,
      path,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        connection: 'close',
      },
    });
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    outgoing.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      // Settles nothing when an answer or an error came first.
      reject(fail('the connection closed before the answer was complete'));
    });
    outgoing.on('error', (error) =>
      reject(error.message.startsWith(`${host}:`) ? error : fail(error.message)),
    );
    outgoing.on('response', (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maximumAnswer) outgoing.destroy(fail('the answer is too large'));
      });
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          contentType:
            (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.end(text);
  });
};
