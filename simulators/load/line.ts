import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { latin1 } from '../../reference/core/bytes.ts';
import { createFramer } from '../../reference/core/sip/message/framer.ts';

/** What all lines of a load have in common; texts are PEM. */
export interface LoadTls {
  readonly privateKey: string;
  /** Whom the server's certificate must lead to. */
  readonly trust: readonly string[];
}

/** A phone's connection. */
export interface Line {
  readonly number: string;
  /** host:port of its own end. */
  readonly contact: string;
  readonly socket: TLSSocket;
  send(text: string): void;
  /** Called with the text of each message that comes. */
  onMessage: (text: string) => void;
  close(): void;
}

/** Client options of the suite of target 5.1, without session resumption. */
export const tlsOptionsOf = (
  server: { readonly host: string; readonly port: number },
  tls: LoadTls,
  certificate: string,
): ConnectionOptions => ({
  ...server,
  key: tls.privateKey,
  cert: certificate,
  ca: [...tls.trust],
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'DHE-RSA-AES256-GCM-SHA384',
});

/** Opens a line with a certificate (PEM) that was issued for the number; rejects when the handshake fails. */
export const openLine = async (
  number: string,
  certificate: string,
  server: { readonly host: string; readonly port: number },
  tls: LoadTls,
): Promise<Line> => {
  const socket = connect(tlsOptionsOf(server, tls, certificate));
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  const framer = createFramer({ side: 'client' });
  const line: Line = {
    number,
    contact: `${socket.localAddress ?? '127.0.0.1'}:${socket.localPort ?? 0}`,
    socket,
    send: (text) => void socket.write(text, 'latin1'),
    onMessage: () => undefined,
    close: () => socket.destroy(),
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    for (const frame of framer.push(chunk))
      if (frame.kind === 'message') line.onMessage(latin1(frame.bytes));
  });
  return line;
};
