import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

/** Longest that a token may take, milliseconds. */
const tokenLimit = 60_000;

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** A door by which tokens are read. */
interface TokenDoor {
  /** Before the number; a secret. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves the newest token of a number on a path that only the specs are told. */
export const openTokenDoor = async (
  read: (number: string, deadline: number) => Promise<string>,
): Promise<TokenDoor> => {
  const path = `/${randomBytes(16).toString('hex')}/`;
  const server = createServer((request, response) => {
    const asked = request.url ?? '';
    if (!asked.startsWith(path)) {
      response.writeHead(404).end();
      return;
    }
    const number = decoded(asked.slice(path.length));
    if (number === null) response.writeHead(400).end();
    else
      read(number, tokenLimit).then(
        (token) => response.end(token),
        () => response.writeHead(504).end(),
      );
  });
  const port = await new Promise<number>((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};
