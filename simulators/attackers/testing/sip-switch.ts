import { createServer, type TLSSocket } from 'node:tls';
import { concat } from '../../../reference/core/bytes.ts';
import { createFramer } from '../../../reference/core/sip/message/framer.ts';
import { header, parseMessage, serialize } from '../../../reference/core/sip/message/message.ts';
import { userOf } from '../sip-dialog.ts';
import { responseTo } from '../sip-link.ts';
import type { TestAuthorities } from './authorities.ts';
import { listen, type TestServer } from './tcp-server.ts';

/** A TLS server that asks for client certificates, answers REGISTER itself and passes every other message on unchanged. */
export const startSipSwitch = (
  authorities: TestAuthorities,
  registerStatus = 200,
): Promise<TestServer> => {
  const phones = new Map<string, TLSSocket>();
  const ends = new Map<string, ReadonlySet<TLSSocket>>();
  const receive = (socket: TLSSocket, bytes: Uint8Array): void => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(`switch: ${parsed.error.code}`);
    const message = parsed.value;
    const callId = header(message, 'Call-ID') ?? '';
    if (message.kind === 'request' && message.method === 'REGISTER') {
      phones.set(userOf(header(message, 'To')), socket);
      socket.write(serialize(responseTo(message, registerStatus, 'Registered or not', 'switch')));
      return;
    }
    const callee = message.kind === 'request' ? phones.get(userOf(message.uri)) : undefined;
    if (!ends.has(callId) && callee) ends.set(callId, new Set([socket, callee]));
    for (const end of ends.get(callId) ?? []) if (end !== socket) end.write(concat(bytes));
  };
  const server = createServer(
    {
      key: authorities.server.key,
      cert: authorities.server.chain,
      ca: [authorities.trust.root, authorities.trust.clientAuthority],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      dhparam: 'auto',
    },
    (socket) => {
      const framer = createFramer({ side: 'server' });
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        for (const frame of framer.push(chunk))
          if (frame.kind === 'message') receive(socket, frame.bytes);
      });
    },
  );
  return listen(server.on('tlsClientError', () => undefined));
};
