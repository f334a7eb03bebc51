import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { TlsProfile } from '../../core/tls/profile.ts';
import type { ServerCredentials } from '../authorities/authorities.ts';
import { serverTlsOptions } from '../tls/server-options.ts';

/** What the TLS side is made of. */
export interface SignallingTls {
  readonly credentials: ServerCredentials;
  /** PEM of root and client authority. */
  readonly trust: { readonly root: string; readonly clientAuthority: string };
  readonly profile: TlsProfile;
  readonly requireClientCertificate: boolean;
}

/** Its options, for a start and for a renewed certificate. */
export const signallingTlsOptions = (options: SignallingTls): TlsOptions =>
  serverTlsOptions({
    ...options.credentials,
    profile: options.profile,
    clientTrust: [options.trust.root, options.trust.clientAuthority],
    requireClientCertificate: options.requireClientCertificate,
  });

/** The TLS side: it listens to nothing itself, but takes the connections that the service lets in. `handshakeTime` in milliseconds. */
export const createTls = (options: SignallingTls, handshakeTime: number) =>
  createTlsServer({ ...signallingTlsOptions(options), handshakeTimeout: handshakeTime });

/** Listens, and gives the port. Rejects with one line. */
export const listen = async (server: Server, host: string, port: number): Promise<number> => {
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      busy
        ? `signalling: port ${port} of ${host} is in use; stop the program that holds it or choose another port`
        : `signalling: cannot listen on ${host} port ${port}: ${reason}`,
      { cause: error },
    );
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
};
