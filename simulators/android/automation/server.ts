import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Fault, Result } from '../../../reference/core/result.ts';
import { fault, ok } from '../../../reference/core/result.ts';
import { routes, type Handler } from './routes.ts';
import { createElementStore, type AutomatedPhone } from './session.ts';

/** Port of the phone that the server is forwarded from. */
const devicePort = 'tcp:6790';

/** Longest request, in bytes. */
const bodyLimit = 4 * 1024 * 1024;

/** HTTP status of each error that is none of the client's making or of its naming (WebDriver 2, section 6.6). */
const statusOf: Readonly<Record<string, number>> = {
  'unknown command': 404,
  'no such element': 404,
  'no such alert': 404,
  'invalid session id': 404,
  'stale element reference': 404,
  'session not created': 500,
};

interface Match {
  readonly handler: Handler;
  readonly parts: readonly string[];
}

const table = Object.entries(routes).map(([route, handler]) => {
  const [method = '', path = ''] = route.split(' ');
  return { method, pattern: path.split('/').slice(1), handler };
});

const match = (method: string, path: readonly string[]): Match | null => {
  for (const { method: wanted, pattern, handler } of table) {
    if (wanted !== method || pattern.length !== path.length) continue;
    if (pattern.every((part, index) => part === ':' || part === path[index]))
      return { handler, parts: path.filter((_part, index) => pattern[index] === ':') };
  }
  return null;
};

const readBody = async (request: IncomingMessage): Promise<Result<Record<string, unknown>>> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > bodyLimit) return fault('invalid argument', bodyLimit, 'the request is too long');
    parts.push(part);
  }
  if (length === 0) return ok({});
  try {
    const body: unknown = JSON.parse(Buffer.concat(parts).toString());
    return typeof body === 'object' && body !== null
      ? ok(body as Record<string, unknown>)
      : fault('invalid argument', 0, 'the request is no object');
  } catch {
    return fault('invalid argument', 0, 'the request is no JSON');
  }
};

/** Parts of a request's path; one that cannot be decoded stays as it is, and is then unknown. */
const pathOf = (url: string): readonly string[] =>
  (url.split('?')[0] ?? '')
    .split('/')
    .filter(Boolean)
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });

const errorBody = ({ code, detail = '' }: Fault) => ({
  error: code,
  message: detail,
  stacktrace: '',
});

/** A running UiAutomator2 server. */
export interface AutomationServer {
  stop(): Promise<void>;
}

const capabilitiesOf = ({ state }: AutomatedPhone) => ({
  platformName: 'Android',
  deviceModel: state.device.model,
  deviceApiLevel: state.device.sdk,
  platformVersion: state.device.androidVersion,
  deviceManufacturer: state.device.manufacturer,
  deviceScreenSize: `${state.device.screen.width}x${state.device.screen.height}`,
  deviceScreenDensity: state.device.screen.density,
});

/** Sessions and what is asked of them. */
const createDispatcher = (
  phone: AutomatedPhone,
  onDeleted: () => void,
  onUnknown: (what: string) => void,
) => {
  const elements = createElementStore(phone.screen);
  const settings = new Map<string, unknown>();
  let session: string | null = null;
  const begin = () => {
    session = randomUUID();
    elements.clear();
    return ok({ sessionId: session, capabilities: capabilitiesOf(phone) });
  };
  const end = () => {
    session = null;
    onDeleted();
    return ok(null);
  };
  const inSession = (
    method: string,
    path: readonly string[],
    body: Record<string, unknown>,
  ): Result<unknown> => {
    if (path[0] !== session) return fault('invalid session id', -1, 'no such session');
    if (path.length === 1 && method === 'DELETE') return end();
    if (path.length === 1 && method === 'GET') return ok(capabilitiesOf(phone));
    const found = match(method, path.slice(1));
    if (found) return found.handler({ phone, elements, settings, body, parts: found.parts });
    onUnknown(`${method} /${path.slice(1).join('/')}`);
    return fault('unknown command', -1, `${method} /${path.slice(1).join('/')}`);
  };
  const dispatch = (
    method: string,
    path: readonly string[],
    body: Record<string, unknown>,
  ): Result<unknown> => {
    const [first, ...rest] = path;
    if (first === 'status')
      return ok({ ready: true, message: 'UiAutomator2 Server is ready to accept commands' });
    if (first === 'sessions') return ok(session === null ? [] : [{ id: session }]);
    if (first !== 'session') return fault('unknown command', -1, `${method} /${path.join('/')}`);
    return rest.length === 0 && method === 'POST' ? begin() : inSession(method, rest, body);
  };
  return { dispatch, session: () => session };
};

/** Starts the server and lets the phone's port 6790 lead to it; it stops by itself once its session is deleted. */
export const startAutomationServer = async (
  phone: AutomatedPhone,
  onDeleted: () => void,
  onUnknown: (what: string) => void,
): Promise<AutomationServer> => {
  const { dispatch, session } = createDispatcher(phone, onDeleted, onUnknown);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = pathOf(request.url ?? '/');
    const body = await readBody(request);
    const result = body.ok ? dispatch(request.method ?? 'GET', path, body.value) : body;
    const status = result.ok ? 200 : (statusOf[result.error.code] ?? 400);
    const value = result.ok ? result.value : errorBody(result.error);
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ sessionId: session(), value }));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the automation server got no port');
  phone.state.sockets.set(devicePort, () => connect(address.port, '127.0.0.1'));
  return {
    async stop() {
      phone.state.sockets.delete(devicePort);
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
};
