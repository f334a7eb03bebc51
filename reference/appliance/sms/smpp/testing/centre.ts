import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import library, { type LibraryPdu, type LibrarySession } from 'smpp';

/** What the centre answers to a text: a command_status, or nothing. */
export type Answering = (pdu: LibraryPdu, session: LibrarySession) => number | 'nothing';

/** A real SMPP centre by the library `smpp`, on a port of its own. */
export interface TestCentre {
  readonly port: number;
  readonly pdus: readonly LibraryPdu[];
  readonly sessions: readonly LibrarySession[];
  readonly events: EventEmitter;
  close(): Promise<void>;
}

/** Starts a centre that takes the account user with the password secret. */
export const startCentre = async (
  answering: Answering = () => 0,
  options: {
    readonly port?: number;
    readonly tls?: { readonly key: string; readonly cert: string };
  } = {},
): Promise<TestCentre> => {
  const pdus: LibraryPdu[] = [];
  const sessions: LibrarySession[] = [];
  const events = new EventEmitter();
  const serve = (session: LibrarySession): void => {
    sessions.push(session);
    session.on('error', () => undefined);
    session.on('pdu', (pdu: LibraryPdu) => {
      pdus.push(pdu);
      if (pdu.command === 'bind_transceiver') {
        const isKnown = pdu.system_id === 'user' && pdu.password === 'secret';
        session.send(pdu.response({ command_status: isKnown ? 0 : 0x0e, system_id: 'centre' }));
      }
      if (pdu.command === 'enquire_link') session.send(pdu.response());
      if (pdu.command === 'unbind') session.send(pdu.response());
      if (pdu.command === 'submit_sm') {
        const result = answering(pdu, session);
        if (result !== 'nothing')
          session.send(pdu.response({ command_status: result, message_id: 'id' }));
      }
      events.emit(pdu.command, pdu, session);
    });
  };
  const server =
    options.tls === undefined
      ? library.createServer(serve)
      : library.createServer(options.tls, serve);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    pdus,
    sessions,
    events,
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
