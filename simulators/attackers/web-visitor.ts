import type { Endpoint } from './endpoint.ts';
import type { WebOutcome, WebRequest } from './web-client.ts';
import type { Form } from './web-page.ts';

/** A cookie as a server set it, without its value. */
export interface CookieFacts {
  readonly name: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  /** Lower case; null where nothing is said. */
  readonly sameSite: string | null;
  /** Characters of the value; 0 for a cookie that is taken away. */
  readonly length: number;
}

/** Where a visitor ended up, and what happened on the way. */
export interface Visited {
  /** Path and query of the last page asked for. */
  readonly path: string;
  /** Statuses of the redirects that were followed. */
  readonly redirects: readonly number[];
  readonly outcome: WebOutcome;
  /** Cookies set on the way. */
  readonly cookies: readonly CookieFacts[];
}

/** Asks for pages as a browser without scripts does, with cookies of its own. */
export interface WebVisitor {
  readonly cookies: Map<string, string>;
  /** Opens a page and follows redirects. */
  open(path: string): Promise<Visited>;
  /** Sends a form of a page with some fields' values changed (left out: null), and follows redirects. */
  submit(
    form: Form,
    page: string,
    values: Readonly<Record<string, string | null>>,
  ): Promise<Visited>;
}

/** What a visitor works with. */
export interface VisitorOptions {
  readonly endpoint: Endpoint;
  readonly trust: string;
  readonly send: (order: WebRequest) => Promise<WebOutcome>;
  /** For each request. */
  readonly deadlineMs: number;
}

const mostRedirects = 5;

/** A Set-Cookie value (RFC 6265 section 5.2) without the secret. */
export const cookieFacts = (value: string): CookieFacts => {
  const [pair = '', ...attributes] = value.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  const lower = attributes.map((attribute) => attribute.toLowerCase());
  return {
    name: pair.slice(0, Math.max(at, 0)),
    secure: lower.includes('secure'),
    httpOnly: lower.includes('httponly'),
    sameSite:
      lower.find((attribute) => attribute.startsWith('samesite='))?.slice('samesite='.length) ??
      null,
    length: lower.includes('max-age=0') ? 0 : pair.length - at - 1,
  };
};

const keep = (jar: Map<string, string>, values: readonly string[]): void => {
  for (const value of values) {
    const { name, length } = cookieFacts(value);
    if (length === 0) jar.delete(name);
    else jar.set(name, /^[^=]*=([^;]*)/.exec(value)?.[1]?.trim() ?? '');
  }
};

/** The path that a Location or action leads to; null where it is another site's. */
const localPath = (to: string, from: string, { host, port }: Endpoint): string | null => {
  const base = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const url = URL.parse(to, `${base}${from}`);
  return url?.origin === new URL(base).origin ? `${url.pathname}${url.search}` : null;
};

const originOf = ({ host, port }: Endpoint): string =>
  new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`).origin;

/** The values that a browser would send of a form: the first button is the one that is pressed. */
const valuesOf = (
  { fields }: Form,
  values: Readonly<Record<string, string | null>>,
): URLSearchParams => {
  const sent = new URLSearchParams();
  const button = fields.find(({ type }) => type === 'button' || type === 'submit');
  for (const field of fields) {
    const { name, type, value } = field;
    if ((type === 'button' || type === 'submit') && field !== button) continue;
    const given = values[name];
    if (given !== null) sent.append(name, given ?? value);
  }
  return sent;
};

/** A visitor of one site, without cookies. */
export const createWebVisitor = (options: VisitorOptions): WebVisitor => {
  const { endpoint, trust, send, deadlineMs } = options;
  const jar = new Map<string, string>();
  const ask = (
    method: 'GET' | 'POST',
    path: string,
    body?: URLSearchParams,
  ): Promise<WebOutcome> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      accept: 'text/html',
      'accept-language': 'en',
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined
        ? {}
        : {
            'content-type': 'application/x-www-form-urlencoded',
            origin: originOf(endpoint),
            'sec-fetch-site': 'same-origin',
          }),
    };
    const content = body === undefined ? {} : { body: body.toString() };
    return send({ endpoint, trust, method, path, headers, ...content, deadlineMs });
  };
  const follow = async (path: string, first: WebOutcome): Promise<Visited> => {
    const redirects: number[] = [];
    const cookies: CookieFacts[] = [];
    let [at, outcome] = [path, first];
    for (;;) {
      if (outcome.kind !== 'answered') break;
      keep(jar, outcome.setCookies);
      cookies.push(...outcome.setCookies.map(cookieFacts));
      const { status, location } = outcome;
      const to =
        status >= 300 && status < 400 && location !== null
          ? localPath(location, at, endpoint)
          : null;
      if (to === null || redirects.length === mostRedirects) break;
      redirects.push(status);
      at = to;
      outcome = await ask('GET', at);
    }
    return { path: at, redirects, outcome, cookies };
  };
  return {
    cookies: jar,
    open: async (path) => follow(path, await ask('GET', path)),
    async submit(form, page, values) {
      const path = localPath(form.action, page, endpoint) ?? page;
      const sent = valuesOf(form, values);
      if (form.method === 'POST') return follow(path, await ask('POST', path, sent));
      const target = `${path.split('?')[0]}?${sent.toString()}`;
      return follow(target, await ask('GET', target));
    },
  };
};
