import type { TLSSocket } from 'node:tls';
import { connectTls } from '../../reference/client/tls/connect.ts';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import type { PhoneParts } from '../../reference/client/parts.ts';

type ConnectOptions = Parameters<PhoneParts['connectTls']>[0];

/** What becomes of SIP messages on one connection, as text of one character a byte. */
export interface Rewriting {
  readonly outward: (message: string) => string;
  /** Of whatever arrives: lengths must stay as they are. */
  readonly inward?: (bytes: string) => string;
}

/** Node's own reading of a socket calls `push` of the object for all that arrives. */
const rewrite = (socket: TLSSocket, { outward, inward }: Rewriting): TLSSocket => {
  const write = socket.write.bind(socket);
  const push = socket.push.bind(socket);
  return Object.assign(socket, {
    write: (bytes: Uint8Array) => write(fromLatin1(outward(latin1(bytes)))),
    push: (bytes: Uint8Array | null) =>
      push(bytes && inward ? Buffer.from(inward(latin1(bytes)), 'latin1') : bytes),
  });
};

/** Connects as it should, and changes what the phone says. */
export const saying =
  (rewriting: (options: ConnectOptions) => Rewriting): PhoneParts['connectTls'] =>
  async (options) =>
    rewrite(await connectTls(options), rewriting(options));
