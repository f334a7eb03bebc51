import { once } from 'node:events';
import { createServer } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import type { AndroidState } from './state.ts';

/** Passes everything between a stream and what it asked for, until either ends. */
export const joinStreams = (stream: Duplex, connect: () => Duplex | Promise<Duplex>): void => {
  const join = async (): Promise<void> => {
    const other = await connect();
    pipeline(stream, other, stream, () => {
      stream.destroy();
      other.destroy();
    });
  };
  join().catch(() => stream.destroy());
};

/** Gives a socket of the phone a loopback port of this machine, for programs that stand for something on the phone. */
export const exposeSocket = async (state: AndroidState, name: string) => {
  const open = new Set<Duplex>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    const connect = state.sockets.get(name);
    if (connect) joinStreams(socket, connect);
    else socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error(`${name}: no port was free`);
  return {
    port: address.port,
    close(): void {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
};
