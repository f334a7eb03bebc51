import { request } from 'node:https';
import { isIP } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { errorCode, type Endpoint } from './endpoint.ts';

/** One request to a web page over a connection of its own; plain data. */
export interface WebRequest {
  readonly endpoint: Endpoint;
  /** PEM of the certificate that the page's own must chain to. */
  readonly trust: string;
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The only version offered; TLS 1.2 and 1.3 unless given. */
  readonly version?: SecureVersion;
  readonly deadlineMs: number;
}

/** What came of it; plain data. */
export type WebOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly location: string | null;
      readonly setCookies: readonly string[];
      readonly body: string;
      /** Of the connection, such as `TLSv1.3` and `TLS_AES_256_GCM_SHA384`. */
      readonly protocol: string;
      readonly suite: string;
    }
  /** `TLS alert 70` where the server sent one (its number), else an error's code. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'deadline' };

const longestBody = 1_048_576;

/** What a client needs for offering an old version at all. */
const tlsOptions = (version: SecureVersion | undefined) =>
  version === undefined
    ? {}
    : {
        minVersion: version,
        maxVersion: version,
        ...(version === 'TLSv1' || version === 'TLSv1.1' ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
      };

/** A peer's alert by its number (RFC 5246 section 7.2), else the error's code. */
const reasonOf = (error: Error): string => {
  const alert = /SSL alert number (\d+)/.exec(error.message)?.[1];
  return alert === undefined ? errorCode(error) : `TLS alert ${alert}`;
};

/** Asks for a page as a browser's TLS would, verifying the certificate. Never rejects; settles within the deadline. */
export const requestPage = (order: WebRequest): Promise<WebOutcome> =>
  new Promise((resolve) => {
    const { endpoint, trust, method, path, headers, body, version, deadlineMs } = order;
    const finish = (outcome: WebOutcome): void => {
      clearTimeout(timer);
      call.destroy();
      resolve(outcome);
    };
    const call = request({
      ...tlsOptions(version),
      host: endpoint.host,
      port: endpoint.port,
      ...(isIP(endpoint.host) === 0 ? {} : { servername: '' }),
      ca: trust,
      method,
      path,
      agent: false,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    });
    const timer = setTimeout(() => finish({ kind: 'deadline' }), deadlineMs);
    call.on('error', (error) => finish({ kind: 'failed', reason: reasonOf(error) }));
    call.on('response', (response) => {
      const socket = response.socket as TLSSocket;
      const [protocol, suite] = [socket.getProtocol() ?? '', socket.getCipher().name];
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > longestBody) finish({ kind: 'failed', reason: 'answer too long' });
      });
      response.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
      response.on('end', () =>
        finish({
          kind: 'answered',
          status: response.statusCode ?? 0,
          location: response.headers.location ?? null,
          setCookies: response.headers['set-cookie'] ?? [],
          body: text,
          protocol,
          suite,
        }),
      );
    });
    call.end(body);
  });
