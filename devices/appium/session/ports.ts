import { createServer } from 'node:net';
import { DeviceProblem } from '../problem.ts';

const listen = (port: number): Promise<{ readonly port: number; close(): Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () => new Promise((done) => server.close(() => done())),
      });
    });
  });

/** So many different ports that nothing listens on now; all are held until the last is found, so that none is given twice. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const held = await Promise.all(Array.from({ length: count }, () => listen(0)));
  await Promise.all(held.map((each) => each.close()));
  return held.map(({ port }) => port);
};

/** Throws a {@link DeviceProblem} where something listens on the port already. */
export const checkFree = async (what: string, port: number): Promise<void> => {
  const held = await listen(port).catch((error: unknown) => {
    throw new DeviceProblem(
      'port-taken',
      `${what}: port ${port} is taken; end what listens there (ss -ltnp "sport = :${port}"), or leave the port out and a free one is taken`,
      { cause: error },
    );
  });
  await held.close();
};
