import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What a service has in common with others that listen. */
interface Service {
  readonly endpoint: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

/** Listens where a service should, asks of each connection's first bytes whether to answer itself, and leads the others to the service. */
export const portBefore = async <Listening extends Service>(
  service: Listening,
  { host, port }: { readonly host: string; readonly port: number },
  answer: (first: Uint8Array) => Uint8Array | null,
): Promise<Listening> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const own = { inner: undefined as Socket | undefined };
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket);
        own.inner?.destroy();
      });
    socket.once('data', (first) => {
      const said = answer(new Uint8Array(first));
      if (said) return void socket.write(said);
      const inner = connect(service.endpoint);
      own.inner = inner;
      inner.on('error', () => socket.destroy()).on('close', () => socket.destroySoon());
      inner.write(first);
      socket.pipe(inner).pipe(socket);
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    ...service,
    endpoint: { host, port: typeof address === 'object' ? (address?.port ?? port) : port },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await service.close();
    },
  };
};
