import { createServer, type Socket } from 'node:net';

/** An adb server of a test: it answers each request by what the test says. */
export const startFakeAdb = async (
  answer: (request: string) => string | Uint8Array,
): Promise<{
  readonly host: string;
  readonly port: number;
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      const length = Number.parseInt(bytes.subarray(0, 4).toString(), 16);
      if (bytes.length < 4 + length) return;
      const request = bytes.subarray(4, 4 + length).toString();
      bytes = bytes.subarray(4 + length);
      asked.push(request);
      socket.write(answer(request));
      if (/^(shell|exec):/.test(request)) socket.end();
    });
  });
  const port = await new Promise<number>((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    host: '127.0.0.1',
    port,
    asked,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
};

/** A text with its length in front, as the server gives it. */
export const counted = (text: string): string =>
  `${Buffer.byteLength(text).toString(16).padStart(4, '0')}${text}`;
