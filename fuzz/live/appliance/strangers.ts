import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ApplianceDescription, Endpoint } from '../../../devices/contract.ts';
import { exactTlsProfile } from '../../../simulators/attackers/enrolment-client.ts';

/** Milliseconds for a word of a server to someone unknown. */
const wordDeadline = 15_000;

const alertOf = (bytes: Uint8Array): string => `alert ${bytes[6] ?? 'without description'}`;

const heardAs = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return 'closed';
  if (bytes[0] === 21) return alertOf(bytes);
  return bytes[0] === 22 ? 'handshake goes on' : 'other';
};

/**
 * Sends bytes to a TLS port as they are, and ends that half of the connection; what came back until the server closed, as a
 * shape; null where it did not close.
 */
export const tellPort = (endpoint: Endpoint, bytes: Uint8Array): Promise<string | null> =>
  new Promise((resolve) => {
    let first: Uint8Array = new Uint8Array();
    const socket = connectTcp({ host: endpoint.host, port: endpoint.port });
    const finish = (shape: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(shape);
    };
    const timer = setTimeout(() => finish(null), wordDeadline);
    socket.on('data', (chunk) => {
      if (first.length === 0) first = new Uint8Array(chunk);
    });
    socket.on('error', () => finish(heardAs(first)));
    socket.on('close', () => finish(heardAs(first)));
    socket.end(bytes);
  });

const statusLine = /^HTTP\/1\.[01] (\d{3})/;

const opened = ({ registration, trust }: ApplianceDescription, from: string): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const tcp = connectTcp({
      host: registration.host,
      port: registration.port,
      localAddress: from,
    });
    const socket = connectTls({
      ...exactTlsProfile,
      socket: tcp,
      ca: [trust.root, trust.serverAuthority],
      checkServerIdentity: () => undefined,
    });
    for (const each of [tcp, socket]) each.on('error', reject);
    socket.once('secureConnect', () => resolve(socket));
    socket.once('close', () => reject(new Error('the registration service closed a handshake')));
  });

const askOn = (socket: TLSSocket, bytes: Uint8Array): Promise<string | null> =>
  new Promise((resolve) => {
    let text = '';
    const finish = (shape: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(shape);
    };
    const heard = (): string => `http ${statusLine.exec(text)?.[1] ?? 'closed'}`;
    const timer = setTimeout(() => finish(null), wordDeadline);
    socket.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(0, 200);
      if (statusLine.test(text) && !text.startsWith('HTTP/1.1 1')) finish(heard());
    });
    socket.on('error', () => finish(heard()));
    socket.on('close', () => finish(heard()));
    // The end of this half tells the service that nothing more will come of a request that is under way.
    socket.end(bytes);
  });

/**
 * Sends a request to the registration service as it is, from an address of one's own, so that what is counted by address is the
 * sender's alone; its status as a shape, null where nothing came.
 */
export const askService = async (
  appliance: ApplianceDescription,
  from: string,
  bytes: Uint8Array,
): Promise<string | null> => askOn(await opened(appliance, from), bytes);
