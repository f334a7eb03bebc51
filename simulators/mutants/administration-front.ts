import { createServer, request as ask } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { TlsOptions } from 'node:tls';
import type { AdminServiceOptions } from '../../reference/appliance/admin/service.ts';
import { adminTlsOptions } from '../../reference/appliance/admin/tls.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';

/** A request on its way to the page. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer on its way back. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What stands before the page changes on the way; the page itself is the reference's. */
export interface PageFault {
  readonly tls?: TlsOptions;
  readonly request?: (given: PageRequest) => PageRequest;
  /** An answer in place of the page's; undefined to ask it. */
  readonly instead?: (given: PageRequest) => PageAnswer | undefined;
  readonly answer?: (given: PageAnswer, asked: PageRequest) => PageAnswer;
}

const read = async (message: IncomingMessage): Promise<PageRequest> => ({
  method: message.method ?? 'GET',
  path: message.url ?? '/',
  headers: message.headers,
  body: (await buffer(message)).toString(),
});

const forward = async (
  { method, path, headers, body }: PageRequest,
  port: number,
): Promise<PageAnswer> => {
  const { 'content-length': _length, ...others } = headers;
  const call = ask({
    host: '127.0.0.1',
    port,
    method,
    path,
    rejectUnauthorized: false,
    headers: { ...others, ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }) },
  });
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 500,
    headers: response.headers,
    body: (await buffer(response)).toString(),
  };
};

const reply = (response: ServerResponse, { status, headers, body }: PageAnswer): void => {
  const { 'content-length': _length, 'transfer-encoding': _coding, ...others } = headers;
  response.writeHead(status, { ...others, 'content-length': Buffer.byteLength(body) }).end(body);
};

/** The page behind a port that changes what passes; `make` gets what the page works with. */
export const pageBehind =
  (make: (options: AdminServiceOptions) => PageFault): ApplianceParts['startAdministration'] =>
  async (options) => {
    const { host, port, credentials } = options;
    const fault = make(options);
    const page = await applianceParts.startAdministration({
      ...options,
      host: '127.0.0.1',
      port: 0,
      names: [host],
    });
    const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
      const given = await read(message);
      const asked = fault.request?.(given) ?? given;
      const answer = fault.instead?.(asked) ?? (await forward(asked, page.endpoint.port));
      reply(response, fault.answer?.(answer, given) ?? answer);
    };
    const tls = { ...adminTlsOptions(credentials, []), ...fault.tls };
    const server = createServer(tls, (message, response) => {
      serve(message, response).catch(() => response.destroy());
    });
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    return {
      ...page,
      endpoint: { host, port: typeof address === 'object' ? (address?.port ?? port) : port },
      close: async () => {
        server.closeAllConnections();
        server.close();
        await page.close();
      },
    };
  };
