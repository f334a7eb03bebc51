import { request } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Authorities } from '../../authorities/authorities.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A client's certificate and key, PEM. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
}

/** Options of the exact profile for a service of these authorities. */
export const exactTls = (
  endpoint: { readonly host: string; readonly port: number },
  trust: Authorities['trust'],
  changes: ConnectionOptions = {},
): ConnectionOptions => ({
  ...endpoint,
  ca: [trust.root, trust.serverAuthority],
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'DHE-RSA-AES256-GCM-SHA384',
  ...changes,
});

/** One request over a connection of its own. */
export const send = (
  tls: ConnectionOptions,
  path: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const outgoing = request({
      ...tls,
      path,
      method,
      agent: false,
      headers: body === undefined ? {} : headers,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        const type = answer.headers['content-type'] ?? '';
        resolve({ status: answer.statusCode ?? 0, type, text });
      });
    });
    outgoing.end(body);
  });

/** Status and code of a refusal. */
export const refusalOf = ({ status, text }: Answer): readonly [number, unknown] => [
  status,
  (JSON.parse(text) as { readonly error?: unknown }).error,
];
