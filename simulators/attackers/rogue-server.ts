import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { ipAddressBytes } from '../../reference/core/pki/ip-address.ts';
import {
  certificatesInPem,
  forgeAuthority,
  forgeCertificate,
  freshKey,
  nameOf,
  subjectNameOf,
  toPem,
  type CertifiedKey,
} from './certificate-forger.ts';
import type { Endpoint } from './endpoint.ts';
import { exactTlsProfile } from './enrolment-client.ts';

/** What phones did at a rogue server. */
export interface RogueServerLog {
  readonly connections: number;
  /** Handshakes that a phone completed. */
  readonly handshakes: number;
  /** Bytes that phones sent inside TLS: anything here has leaked. */
  readonly bytes: number;
}

/** A server that pretends to be the appliance: the right TLS profile, a wrong certificate. */
export interface RogueServer {
  readonly endpoint: Endpoint;
  log(): RogueServerLog;
  /** Resolves once a phone has sent something inside TLS. */
  readonly leak: Promise<void>;
  close(): Promise<void>;
}

/** A server certificate for an IP address, as it should be in everything but its issuer: a forged authority that bears the true one's name. */
export const forgeServer = (address: string, trueAuthorityPem: string): CertifiedKey => {
  const [likeness] = certificatesInPem(trueAuthorityPem);
  const bytes = ipAddressBytes(address);
  if (!likeness || !bytes)
    throw new Error('rogue server: needs the PEM of a server authority and an IP address');
  const authority = forgeAuthority(likeness);
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: nameOf(address),
    publicKey: key,
    issuer: subjectNameOf(authority.certificate),
    issuerKey: authority.key,
    role: 'server',
    address: bytes,
  });
  return { certificate, key };
};

/** Listens on a port of the system's choice and shows `shown`, followed by `chainPem`, to whoever connects. */
export const startRogueServer = (
  host: string,
  shown: CertifiedKey,
  chainPem: string,
): Promise<RogueServer> =>
  new Promise((resolve, reject) => {
    let connections = 0;
    let handshakes = 0;
    let bytes = 0;
    const { promise: leak, resolve: leaked } = Promise.withResolvers<void>();
    const server = createServer({
      ...exactTlsProfile,
      dhparam: 'auto',
      key: shown.key.export({ type: 'pkcs8', format: 'pem' }),
      cert: toPem('CERTIFICATE', shown.certificate) + chainPem,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const sockets = new Set<{ destroy(): void }>();
    server.on('connection', (socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('secureConnection', (socket) => {
      handshakes += 1;
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        leaked();
      });
      socket.on('error', () => undefined);
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        endpoint: { host, port },
        leak,
        log: () => ({ connections, handshakes, bytes }),
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
