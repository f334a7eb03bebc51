import { constants, X509Certificate, type KeyObject } from 'node:crypto';
import { connect as netConnect, isIP, type Socket } from 'node:net';
import { connect, TLSSocket, type ConnectionOptions } from 'node:tls';
import { createDhGroupReader } from '../../core/tls/dh-group-reader.ts';
import { exactTlsProfile } from '../../core/tls/profile.ts';
import {
  findingOfError,
  findingOfGroup,
  inspectCertificate,
  inspectSession,
  type Finding,
  type TlsRefusalCode,
  type TrustDer,
} from './handshake-checks.ts';
import { inspectedStream } from './inspected-stream.ts';

/** Whom a phone trusts as a server; PEM. */
export interface ServerTrust {
  readonly root: string;
  readonly serverAuthority: string;
}

/** With what a phone authenticates itself. */
export interface ClientIdentity {
  readonly privateKey: KeyObject;
  /** PEM of the phone's certificate, then the client authority's. */
  readonly certificateChain: string;
}

export interface ConnectTlsOptions {
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly trust: ServerTrust;
  readonly identity?: ClientIdentity;
  /** Receives each line of the NSS key log format. */
  readonly keyLog?: (line: string) => void;
  /** Milliseconds from now within which the handshake must be complete. */
  readonly deadline: number;
  /** Gives the attempt up, with `tls/aborted`; means nothing any more once the promise is settled. */
  readonly signal?: AbortSignal;
}

/** Why no connection came about; the message is one line that names the endpoint and the reason. */
export interface TlsRefusal extends Error {
  readonly code: TlsRefusalCode;
}

const certificateDer = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw);

const sessionOptions = ({ endpoint, trust, identity }: ConnectTlsOptions): ConnectionOptions => ({
  // Of a given stream, the name to check alone.
  host: endpoint.host,
  ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
  ca: [trust.root, trust.serverAuthority],
  ...(identity === undefined
    ? {}
    : {
        key: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        cert: identity.certificateChain,
      }),
  minVersion: exactTlsProfile.minimumVersion,
  maxVersion: exactTlsProfile.maximumVersion,
  ciphers: exactTlsProfile.suites.map((suite) => suite.name).join(':'),
  minDHSize: exactTlsProfile.dhBits,
  // A second handshake inside the first is out of sight: its group could not be inspected.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  // Decided in one place, by inspectCertificate, before anyone gets the socket: here node would name only the last of OpenSSL's
  // findings, and a certificate of the client authority could not be told from one for another purpose.
  rejectUnauthorized: false,
});

/** A TLS session under way over a TCP connection; `refuse` is called before the end of a refused group reaches OpenSSL. */
const startSession = (
  tcp: Socket,
  options: ConnectTlsOptions,
  refuse: (finding: Finding) => void,
): TLSSocket => {
  const groups = createDhGroupReader(exactTlsProfile);
  const stream = inspectedStream(tcp, (chunk) => {
    const read = groups.push(chunk);
    if (read.ok) return read.value;
    refuse(findingOfGroup(read.error));
    return 'refuse';
  });
  const { localAddress, localPort, remoteAddress, remotePort } = tcp;
  const socket = connect({ ...sessionOptions(options), socket: stream });
  socket.allowHalfOpen = false;
  // RFC 5246 section 7.2.2: closed at once after a fatal alert; of a session that stands, node only tells.
  socket.on('error', () => socket.destroy());
  if (options.keyLog) {
    const { keyLog } = options;
    socket.on('keylog', (line) => keyLog(line.toString('latin1').trimEnd()));
  }
  return Object.defineProperties(socket, {
    localAddress: { value: localAddress },
    localPort: { value: localPort },
    remoteAddress: { value: remoteAddress },
    remotePort: { value: remotePort },
  });
};

/** Calls with each error of the socket and its closing, until the function given back is called. */
const watch = (
  socket: Socket,
  connected: boolean,
  refuse: (finding: Finding) => void,
): (() => void) => {
  const onError = (error: Error): void => refuse(findingOfError(error, connected));
  const onClose = (): void =>
    refuse({ code: 'tls/handshake', reason: 'the server closed during the handshake' });
  socket.on('error', onError);
  socket.on('close', onClose);
  return () => {
    socket.removeListener('error', onError);
    socket.removeListener('close', onClose);
  };
};

const gaveUp: Finding = { code: 'tls/aborted', reason: 'the attempt was given up' };

/** What may end an attempt from outside, until the function given back is called. */
const watchClockAndSignal = (
  { deadline, signal }: ConnectTlsOptions,
  refuse: (finding: Finding) => void,
): (() => void) => {
  const abort = (): void => refuse(gaveUp);
  const timer = setTimeout(
    () => refuse({ code: 'tls/deadline', reason: `no session within ${deadline} ms` }),
    deadline,
  );
  signal?.addEventListener('abort', abort);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'no code';

/** A TCP connection and the handshake over it; settles once, with the first finding or with the session when there is none. */
const attempt = (
  options: ConnectTlsOptions,
  trust: TrustDer,
  settle: (outcome: Finding | TLSSocket) => void,
): void => {
  const { host, port } = options.endpoint;
  const tcp = netConnect({ host, port, allowHalfOpen: true, noDelay: true });
  let session: TLSSocket | undefined;
  const finish = (outcome: Finding | TLSSocket): void => {
    unwatchOutside();
    unwatch();
    settle(outcome);
  };
  const refuse = (finding: Finding): void => {
    for (const socket of [tcp, session]) socket?.on('error', () => {}).destroy();
    finish(finding);
  };
  const unwatchOutside = watchClockAndSignal(options, refuse);
  let unwatch = watch(tcp, false, refuse);
  tcp.once('connect', () => {
    let socket: TLSSocket;
    try {
      socket = startSession(tcp, options, refuse);
    } catch (error) {
      // OpenSSL refuses a key and a certificate that do not belong together as soon as it is given them.
      const reason = `the phone’s own key and certificate cannot be used (${codeOf(error)})`;
      return refuse({ code: 'tls/identity', reason });
    }
    session = socket;
    unwatch();
    unwatch = watch(socket, true, refuse);
    socket.once('secureConnect', () => {
      const finding = inspectCertificate(socket, host, trust) ?? inspectSession(socket);
      if (finding) refuse(finding);
      else finish(socket);
    });
  });
};

/**
 * Connects a phone to a server of the appliance with exactly the profile of target 5.1. The server's Diffie-Hellman group must be
 * one of the two known ones of 2048 bits: of any other the phone sends nothing but its ClientHello. Its chain must lead to the
 * root, its certificate must come from the server authority, be for serverAuth and for the configured host.
 * Rejects with a {@link TlsRefusal}.
 */
export const connectTls = (options: ConnectTlsOptions): Promise<TLSSocket> => {
  const { host, port } = options.endpoint;
  return new Promise((resolve, reject) => {
    const trust = {
      root: certificateDer(options.trust.root),
      authority: certificateDer(options.trust.serverAuthority),
    };
    const settle = (outcome: Finding | TLSSocket): void => {
      if (outcome instanceof TLSSocket) return resolve(outcome);
      const { code, reason } = outcome;
      const text = `${host}:${port}: ${reason}; check the address and the trust files`;
      const refusal: TlsRefusal = Object.assign(new Error(text), { code });
      reject(refusal);
    };
    if (options.signal?.aborted === true) settle(gaveUp);
    else attempt(options, trust, settle);
  });
};
