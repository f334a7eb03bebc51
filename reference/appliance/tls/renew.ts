import { Server, type TlsOptions } from 'node:tls';

/** Lets a running TLS or HTTPS server serve new handshakes by other options. Throws for any other server. */
export const renewTls = (server: unknown, options: TlsOptions): void => {
  if (!(server instanceof Server)) throw new TypeError('renewal: this server speaks no TLS');
  server.setSecureContext(options);
};
