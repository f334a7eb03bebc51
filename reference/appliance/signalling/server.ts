import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { parsePem } from '../../core/keystore/pem.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { createFramer, PONG } from '../../core/sip/framer.ts';
import {
  createRegistrarProxy,
  type IdentityRule,
  type Peer,
  type RegistrarProxy,
  type RegistrarProxyInput,
  type RegistrarProxyOutput,
} from '../../core/sip/registrar-proxy.ts';
import type { TlsProfile } from '../../core/tls/profile.ts';
import type { ServerCredentials } from '../authorities/authorities.ts';
import { serverTlsOptions } from '../tls/server-options.ts';
import type { MediaPath } from './media-path.ts';

/** Milliseconds that a client may take for its handshake. */
const handshakeTimeout = 10_000;

/** Connections at the same time; further ones are closed at once. */
const maximumConnections = 10_000;

/** What the SIP service is made of. */
export interface SignallingServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  /** PEM of root and client authority. */
  readonly trust: { readonly root: string; readonly clientAuthority: string };
  readonly mediaPath: MediaPath;
  readonly random: () => string;
  readonly profile: TlsProfile;
  readonly identityRule: IdentityRule;
  readonly requireClientCertificate: boolean;
  readonly onRefusal: (code: string, detail: string) => void;
}

/** The running SIP service. */
export interface SignallingServer {
  readonly endpoint: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

const derOf = (pem: string): Uint8Array => {
  const der = parsePem(pem, 'CERTIFICATE');
  if (!der.ok) throw new Error(`signalling: a trust certificate is not PEM (${der.error.code})`);
  return der.value;
};

/** Whom a connection belongs to: the CommonName of a certificate that the client authority issued; null and a log entry otherwise. */
const identify = (socket: TLSSocket, options: SignallingServerOptions): Peer | null => {
  const address = socket.remoteAddress ?? '';
  const port = socket.remotePort ?? 0;
  const leaf = socket.getPeerX509Certificate()?.raw;
  if (!leaf) {
    if (!options.requireClientCertificate) return { commonName: '', address, port };
    options.onRefusal('sip/client-certificate', `${address}:${port}: no certificate`);
    return null;
  }
  const verified = verifyChain(
    {
      kind: 'client',
      leaf: new Uint8Array(leaf),
      authority: derOf(options.trust.clientAuthority),
      root: derOf(options.trust.root),
    },
    Date.now(),
  );
  const name = verified.ok ? verified.value.commonNames[0] : undefined;
  if (name?.kind === 'text') return { commonName: name.value, address, port };
  const code = verified.ok ? 'common-name' : verified.error.code;
  options.onRefusal('sip/client-certificate', `${address}:${port}: ${code}`);
  return null;
};

interface Service {
  readonly proxy: RegistrarProxy;
  readonly sockets: Map<string, TLSSocket>;
  readonly options: SignallingServerOptions;
  alarm: NodeJS.Timeout | undefined;
}

const take = (service: Service, input: RegistrarProxyInput): void => {
  for (const output of service.proxy.handle(input, performance.now())) carryOut(service, output);
};

const carryOut = (service: Service, output: RegistrarProxyOutput): void => {
  const { sockets, options } = service;
  switch (output.kind) {
    case 'send':
      sockets.get(output.connection)?.write(output.bytes);
      break;
    case 'close':
      sockets.get(output.connection)?.destroy();
      break;
    case 'refused':
      options.onRefusal(output.code, output.detail);
      break;
    case 'wake':
      clearTimeout(service.alarm);
      service.alarm = setTimeout(
        () => take(service, { kind: 'tick' }),
        Math.max(0, output.at - performance.now()),
      );
      break;
    case 'call-ended':
      void options.mediaPath.end(output.callId);
      break;
    case 'registered':
    case 'unregistered':
    case 'call-started':
    case 'call-answered':
      break;
  }
};

const serve = (service: Service, socket: TLSSocket): void => {
  const { options, sockets } = service;
  const peer = identify(socket, options);
  if (!peer) {
    socket.destroy();
    return;
  }
  const connection = options.random();
  const framer = createFramer({ side: 'server' });
  sockets.set(connection, socket);
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === 'message')
        take(service, { kind: 'message', connection, peer, message: frame.bytes });
      else if (frame.kind === 'ping') socket.write(PONG);
      else if (frame.kind === 'fault') {
        options.onRefusal(frame.fault.code, `connection of ${peer.commonName}`);
        socket.destroy();
      }
    }
  });
  // What broke is of no use to anyone else; 'close' follows.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    sockets.delete(connection);
    take(service, { kind: 'connection-closed', connection });
  });
};

const listen = async (server: Server, host: string, port: number): Promise<number> => {
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

/** Starts the SIP service: registrar and proxy over mutual TLS. Rejects with one line when the port cannot be had. */
export const startSignallingServer = async (
  options: SignallingServerOptions,
): Promise<SignallingServer> => {
  const tlsOptions = serverTlsOptions({
    ...options.credentials,
    profile: options.profile,
    clientTrust: [options.trust.root, options.trust.clientAuthority],
    requireClientCertificate: options.requireClientCertificate,
  });
  const server = createServer({ ...tlsOptions, handshakeTimeout });
  server.maxConnections = maximumConnections;
  const port = await listen(server, options.host, options.port);
  const { host, random, identityRule, mediaPath } = options;
  const service: Service = {
    options,
    sockets: new Map(),
    alarm: undefined,
    proxy: createRegistrarProxy({
      domains: [host],
      host,
      port,
      random,
      identityRule,
      rewriteBody: mediaPath.rewriteBody,
    }),
  };
  server.on('secureConnection', (socket) => serve(service, socket));
  server.on('tlsClientError', (error, socket) => {
    options.onRefusal(
      'tls/handshake',
      `${socket.remoteAddress ?? 'unknown address'}: ${error.message}`,
    );
    socket.destroy();
  });
  return {
    endpoint: { host, port },
    async close() {
      clearTimeout(service.alarm);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of service.sockets.values()) socket.destroy();
      await closed;
      clearTimeout(service.alarm);
    },
  };
};
