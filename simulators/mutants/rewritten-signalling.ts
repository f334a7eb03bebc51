import type { TLSSocket } from 'node:tls';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { createTls } from '../../reference/appliance/signalling/listen.ts';

/** What is changed of what clients say before the SIP service hears it, and of what it says; a text holds whole messages. */
export interface Rewriting {
  readonly heard?: (text: string) => string;
  readonly said?: (text: string) => string;
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** The same socket, through which others are heard and spoken to otherwise. */
const through = (socket: TLSSocket, { heard, said }: Rewriting): TLSSocket => {
  const [on, write] = [socket.on.bind(socket), socket.write.bind(socket)];
  if (heard)
    Object.assign(socket, {
      on: (event: string, listener: (given: Uint8Array) => void) =>
        event === 'data'
          ? on('data', (bytes: Uint8Array) => listener(Buffer.from(heard(latin1(bytes)), 'latin1')))
          : on(event, listener),
    });
  if (said)
    Object.assign(socket, {
      write: (bytes: Uint8Array) => write(Buffer.from(said(latin1(bytes)), 'latin1')),
    });
  return socket;
};

/** A SIP service that hears or speaks otherwise; its TLS is the reference's. */
export const signallingRewritten =
  (rewriting: Rewriting): ApplianceParts['startSignalling'] =>
  (options) =>
    applianceParts.startSignalling({
      ...options,
      createTls: (...given) => {
        const server = createTls(...given);
        const on = server.on.bind(server);
        return Object.assign(server, {
          on: (event: string, listener: (socket: TLSSocket, ...more: unknown[]) => void) =>
            on(
              event,
              event === 'secureConnection'
                ? (socket: TLSSocket) => listener(through(socket, rewriting))
                : listener,
            ),
        });
      },
    });
