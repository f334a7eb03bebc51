import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ApplianceMetrics } from './metrics.ts';

/** Whether the appliance serves: each part by name. */
export type Readiness = Readonly<Record<string, boolean>>;

/** What the endpoint shows. */
export interface MetricsEndpointOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly metrics: Pick<ApplianceMetrics, 'text' | 'contentType'>;
  readonly readiness: () => Readiness;
}

/** The running endpoint. */
export interface MetricsEndpoint {
  readonly endpoint: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

type Answer = readonly [status: number, type: string, body: string];

const json = (status: number, value: unknown): Answer => [
  status,
  'application/json',
  `${JSON.stringify(value)}\n`,
];

const answer = async (
  request: IncomingMessage,
  { metrics, readiness }: MetricsEndpointOptions,
): Promise<Answer> => {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(405, { error: 'only GET is answered' });
  const [path = ''] = (request.url ?? '').split('?');
  switch (path) {
    case '/metrics':
      return [200, metrics.contentType, await metrics.text()];
    case '/health/live':
      return json(200, { status: 'live' });
    case '/health':
    case '/health/ready': {
      const parts = readiness();
      const isReady = Object.values(parts).every(Boolean);
      return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', parts });
    }
    default:
      return json(404, { error: 'there are /metrics, /health/live and /health/ready' });
  }
};

const respond = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsEndpointOptions,
): Promise<void> => {
  const [status, type, body] = await answer(request, options).catch(() =>
    json(500, { error: 'the measurements cannot be read' }),
  );
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
};

/** Serves measurements and health over HTTP. Rejects with one line when the port cannot be had. */
export const startMetricsEndpoint = async (
  options: MetricsEndpointOptions,
): Promise<MetricsEndpoint> => {
  const { host, port } = options;
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => void respond(request, response, options),
  );
  server.maxConnections = 32;
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const reason =
      code === 'EADDRINUSE'
        ? 'the port is in use; stop the program that holds it or choose another'
        : `cannot listen (${code}); choose another address or port`;
    throw new Error(`metrics ${host} port ${port}: ${reason}`, { cause: error });
  });
  const address = server.address();
  return {
    endpoint: {
      host,
      port: typeof address === 'object' && address !== null ? address.port : port,
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};
