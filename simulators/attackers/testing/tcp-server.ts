import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../endpoint.ts';

/** A running test server. */
export interface TestServer {
  readonly endpoint: Endpoint;
  readonly stop: () => Promise<void>;
}

/** Listens on a free loopback port; `stop` drops the connections that are open. */
export const listen = (server: Server): Promise<TestServer> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const stop = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done());
          for (const socket of sockets) socket.destroy();
        });
      resolve({ endpoint: { host: '127.0.0.1', port }, stop });
    });
  });
};

/** A TCP server that does one thing with each connection. */
export const startTcpServer = (serve: (socket: Socket) => void): Promise<TestServer> =>
  listen(createServer(serve));

/** A loopback endpoint where nothing listens. */
export const closedEndpoint = async (): Promise<Endpoint> => {
  const server = await startTcpServer(() => undefined);
  await server.stop();
  return server.endpoint;
};
