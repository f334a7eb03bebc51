import { Agent, request, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { connectTls, type ConnectTlsOptions } from '../tls/connect.ts';

/** Largest answer read, in bytes: a list of the root is far below it. */
const maximumAnswer = 262_144;

/** What is asked of the service. */
export interface StatusRequest {
  readonly path: string;
  /** Media type that the answer must have. */
  readonly expects: string;
  /** Posted where given, else it is a GET. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
}

/** HTTPS to the registration port for questions about certificates, with exactly the profile of target 5.1 and no certificate of its own. */
export interface StatusConnection {
  /** The bytes of a 200; rejects with one line for anything else. */
  fetch(request: StatusRequest): Promise<Uint8Array>;
  /** Closes; what is under way rejects. */
  close(): void;
}

const exchange = (options: RequestOptions, { expects, body }: StatusRequest): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const outgoing = request(options);
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const type = response.headers['content-type'] ?? '';
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maximumAnswer) outgoing.destroy(new Error('the answer is too large'));
      });
      response.on('end', () => {
        if (response.statusCode === 200 && type.split(';')[0]?.trim() === expects)
          resolve(new Uint8Array(Buffer.concat(chunks)));
        else reject(new Error(`HTTP ${response.statusCode ?? 0} ${JSON.stringify(type)}`));
      });
    });
    outgoing.end(body?.bytes);
  });

/** Connects when the first thing is asked, and once. The deadline of the options counts from now and covers everything; so does their signal. */
export const openStatusConnection = (
  connection: ConnectTlsOptions,
  connect = connectTls,
): StatusConnection => {
  const { endpoint, deadline } = connection;
  const { host, port } = endpoint;
  const closing = new AbortController();
  const timeout = AbortSignal.timeout(deadline);
  const given = connection.signal ? [connection.signal] : [];
  const signal = AbortSignal.any([closing.signal, timeout, ...given]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let connected: Promise<TLSSocket> | null = null;
  const ask = async (asked: StatusRequest, method: 'GET' | 'POST'): Promise<Uint8Array> => {
    connected ??= connect({ ...connection, signal });
    const socket = await connected;
    agent.createConnection = () => socket;
    const { path, body } = asked;
    const headers = body ? { 'content-type': body.type, 'content-length': body.bytes.length } : {};
    return exchange({ agent, host, port, path, method, signal, headers }, asked);
  };
  return {
    async fetch(asked) {
      const method = asked.body ? 'POST' : 'GET';
      try {
        return await ask(asked, method);
      } catch (error) {
        const late = timeout.aborted ? `no answer within ${deadline} ms` : undefined;
        const reason = late ?? (error instanceof Error ? error.message : String(error));
        throw new Error(`${host}:${port}: ${method} ${asked.path}: ${reason}`, { cause: error });
      }
    },
    close() {
      closing.abort();
      agent.destroy();
    },
  };
};
