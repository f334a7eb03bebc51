import { request } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

/** What a page answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** Where a redirect leads, else empty. */
  readonly location: string;
}

/** Asks for pages as a browser without scripts does, with a cookie jar of its own. */
export interface Visitor {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** Sends a form as it is given; headers of a browser unless others are given. */
  post(
    path: string,
    form: Readonly<Record<string, string>> | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered>;
  /** Opens a page, then sends a form with that page's token. */
  submit(page: string, path: string, form: Readonly<Record<string, string>>): Promise<Answered>;
  send(
    method: string,
    path: string,
    options?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
  ): Promise<Answered>;
}

/** The token of a page's forms. */
export const tokenIn = (text: string): string =>
  /name="token" value="([0-9a-f]+)"/.exec(text)?.[1] ?? '';

/** A visitor of the service at this port of the loopback interface. */
export const createVisitor = (port: number, tls: SecureContextOptions): Visitor => {
  const cookies = new Map<string, string>();
  const keep = (values: readonly string[]): void => {
    for (const value of values) {
      const [, name = '', content = ''] = /^([^=]+)=([^;]*)/.exec(value) ?? [];
      if (/Max-Age=0/.test(value)) cookies.delete(name);
      else cookies.set(name, content);
    }
  };
  const send: Visitor['send'] = (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const outgoing = request({
        ...tls,
        host: '127.0.0.1',
        // Else node verifies the certificate against the Host header.
        servername: '',
        port,
        method,
        path,
        agent: false,
        headers: { ...(jar === '' ? {} : { cookie: jar }), ...headers },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          keep(answer.headers['set-cookie'] ?? []);
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            location: answer.headers.location ?? '',
          });
        });
      });
      outgoing.end(body);
    });
  const post: Visitor['post'] = (path, form, headers) =>
    send('POST', path, {
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: `https://127.0.0.1:${port}`,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    });
  return {
    cookies,
    send,
    post,
    get: (path, headers = {}) => send('GET', path, { headers }),
    submit: async (page, path, form) => {
      const { text } = await send('GET', page);
      return post(path, { token: tokenIn(text), ...form });
    },
  };
};
