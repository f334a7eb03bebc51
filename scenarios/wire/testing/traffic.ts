import { once } from 'node:events';
import {
  connect,
  createServer,
  type ConnectionOptions,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import type { AddressInfo } from 'node:net';

/** What one TLS connection is to do. */
export interface Exchange {
  readonly server: TlsOptions;
  readonly client: ConnectionOptions;
  /** Sent by the client once connected; the server answers each write with the next answer. */
  readonly requests: readonly Uint8Array[];
  readonly answers: readonly Uint8Array[];
}

/** What it came to. */
export interface Exchanged {
  readonly port: number;
  readonly keyLog: readonly string[];
  readonly outcome: 'closed' | 'refused';
}

const converse = async (socket: TLSSocket, exchange: Exchange): Promise<void> => {
  for (const [index, request] of exchange.requests.entries()) {
    socket.write(request);
    let wanted = exchange.answers[index]?.length ?? 0;
    while (wanted > 0) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      wanted -= chunk.length;
    }
  }
  socket.end();
  await once(socket, 'close');
};

const answering = (exchange: Exchange) => (socket: TLSSocket) => {
  let received = 0;
  let answered = 0;
  let due = exchange.requests[0]?.length ?? Infinity;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received += chunk.length;
    while (received >= due) {
      socket.write(exchange.answers[answered] ?? new Uint8Array());
      answered += 1;
      due += exchange.requests[answered]?.length ?? Infinity;
    }
  });
};

/** Runs one real TLS connection over loopback. */
export const exchangeOverTls = async (exchange: Exchange): Promise<Exchanged> => {
  const server = createServer(exchange.server, answering(exchange)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('tlsClientError', () => {});
  const { port } = server.address() as AddressInfo;
  const keyLog: string[] = [];
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...exchange.client,
  });
  socket.on('keylog', (line) => keyLog.push(line.toString().trim()));
  try {
    await once(socket, 'secureConnect');
    await converse(socket, exchange);
    return { port, keyLog, outcome: 'closed' };
  } catch {
    return { port, keyLog, outcome: 'refused' };
  } finally {
    socket.destroy();
    server.close();
  }
};
