import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint } from './endpoint.ts';

/** Someone who is in no call, with a UDP port of his own. */
export interface RtpOutsider {
  send(to: Endpoint, bytes: Uint8Array): void;
  /** Datagrams that came to him. */
  received(): number;
  close(): void;
}

/** Binds a port of the system's choice on an address; rejects with one line where that is not to be had. */
export const openOutsider = (host: string): Promise<RtpOutsider> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let received = 0;
    socket.on('message', () => {
      received += 1;
    });
    socket.once('error', (error) =>
      reject(new Error(`outsider on ${host}: ${error.message}; free a UDP port there`)),
    );
    socket.bind(0, host, () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      resolve({
        send: (to, bytes) => socket.send(bytes, to.port, to.host, () => undefined),
        received: () => received,
        close: () => socket.close(),
      });
    });
  });
