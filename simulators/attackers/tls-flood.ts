import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Endpoint } from './endpoint.ts';
import { createTlsClient } from './tls-client/client.ts';

/** Connections that are opened and never finished their handshake. */
export interface TlsFlood {
  /** How many of them came about, how many the server has ended since, and how many stand. */
  readonly counts: () => { readonly opened: number; readonly ended: number; readonly open: number };
  readonly stop: () => void;
}

export interface TlsFloodOptions {
  readonly endpoint: Endpoint;
  readonly connections: number;
  /** Address to come from, where the host has several. */
  readonly from?: string;
  /** Milliseconds for all of them to be opened. */
  readonly deadlineMs: number;
}

/** What a stalled client has said: nothing, half a ClientHello, or a whole one, whose answer it never follows. */
const beginnings = ['nothing', 'half', 'whole'] as const;

const helloTo = (endpoint: Endpoint): Uint8Array =>
  createTlsClient({
    hello: { version: 0x0303, suites: [0x009f], host: endpoint.host },
    random: (length) => new Uint8Array(randomBytes(length)),
  }).start();

/**
 * Opens handshakes that stall in three places, and leaves them so until it is stopped. Resolves once every one was opened or
 * refused, or the deadline has passed; never rejects.
 */
export const startTlsFlood = (options: TlsFloodOptions): Promise<TlsFlood> => {
  const { endpoint, connections, from, deadlineMs } = options;
  const sockets = new Set<Socket>();
  let [opened, ended, settled] = [0, 0, 0];
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      resolve({
        counts: () => ({ opened, ended, open: opened - ended }),
        stop: () => {
          for (const socket of sockets) socket.destroy();
        },
      });
    };
    const timer = setTimeout(finish, deadlineMs);
    const settle = (): void => {
      settled += 1;
      if (settled === connections) finish();
    };
    for (let index = 0; index < connections; index++) {
      const local = from === undefined ? {} : { localAddress: from };
      const socket = connect({ host: endpoint.host, port: endpoint.port, ...local });
      let connected = false;
      sockets.add(socket);
      socket.on('connect', () => {
        connected = true;
        opened += 1;
        const hello = helloTo(endpoint);
        const beginning = beginnings[index % beginnings.length];
        if (beginning === 'half') socket.write(hello.subarray(0, hello.length / 2));
        if (beginning === 'whole') socket.write(hello);
        settle();
      });
      socket.on('data', () => undefined);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        if (connected) ended += 1;
        else settle();
      });
    }
  });
};
