import { X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { verifyChain } from '../../core/pki/chain.ts';
import { exactTlsProfile } from '../../core/tls/profile.ts';

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
}

export type TlsRefusalCode =
  | 'tls/connect'
  | 'tls/handshake'
  | 'tls/deadline'
  | 'tls/chain'
  | 'tls/issuer'
  | 'tls/server-auth'
  | 'tls/host'
  | 'tls/suite'
  | 'tls/dh-size';

/** Why no connection came about; the message is one line that names the endpoint and the reason. */
export interface TlsRefusal extends Error {
  readonly code: TlsRefusalCode;
}

interface Finding {
  readonly code: TlsRefusalCode;
  readonly reason: string;
}

const otherIssuer: Finding = {
  code: 'tls/issuer',
  reason: 'the server certificate was not issued by the server authority',
};
const otherPurpose: Finding = {
  code: 'tls/server-auth',
  reason: 'the certificate is not for a server (serverAuth)',
};

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const certificateDer = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw);

interface TrustDer {
  readonly root: Uint8Array;
  readonly authority: Uint8Array;
}

/** Checks the server's chain and name; undefined when nothing is wrong. */
const inspectCertificate = (
  socket: TLSSocket,
  host: string,
  trust: TrustDer,
): Finding | undefined => {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return otherIssuer;
  const leaf = new Uint8Array(certificate.raw);
  const verified = verifyChain({ kind: 'server', leaf, ...trust }, Date.now());
  if (!verified.ok) {
    const { code } = verified.error;
    if (code === 'chain-leaf-issuer') return otherIssuer;
    if (code === 'chain-leaf-kind' || code === 'chain-leaf-is-authority') return otherPurpose;
    return { code: 'tls/chain', reason: `the server's chain does not verify (${code})` };
  }
  const named =
    isIP(host) === 0
      ? certificate.checkHost(host, { subject: 'never', wildcards: false })
      : certificate.checkIP(host);
  if (named === undefined) {
    return { code: 'tls/host', reason: 'the server certificate is for another host' };
  }
  return socket.authorized
    ? undefined
    : {
        code: 'tls/chain',
        reason: `OpenSSL refuses the chain (${String(socket.authorizationError)})`,
      };
};

/** Checks of what the handshake came to. */
const inspectSession = (socket: TLSSocket): Finding | undefined => {
  const suite = socket.getCipher().standardName;
  const version = socket.getProtocol();
  if (
    version !== exactTlsProfile.maximumVersion ||
    suite !== 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384'
  ) {
    return { code: 'tls/suite', reason: `${version ?? 'no version'} with ${suite} was agreed` };
  }
  const key = socket.getEphemeralKeyInfo();
  const size = key !== null && 'size' in key && key.type === 'DH' ? key.size : 0;
  return size === exactTlsProfile.dhBits
    ? undefined
    : { code: 'tls/dh-size', reason: `the Diffie-Hellman modulus has ${size} bits, not 2048` };
};

/** Classifies an error of node:tls. */
const findingOf = (error: Error, connected: boolean): Finding => {
  const code = codeOf(error);
  if (!connected) return { code: 'tls/connect', reason: code === '' ? error.message : code };
  if (code === 'ERR_TLS_DH_PARAM_SIZE' || error.message.includes('dh key too small')) {
    return { code: 'tls/dh-size', reason: 'the Diffie-Hellman modulus is too small' };
  }
  return { code: 'tls/handshake', reason: `the handshake failed (${code || error.message})` };
};

const connectionOptions = ({ endpoint, trust, identity }: ConnectTlsOptions): ConnectionOptions => {
  return {
    host: endpoint.host,
    port: endpoint.port,
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
    // Decided in one place, by inspectCertificate, before anyone gets the socket: here node would name only the last of OpenSSL's
    // findings, and a certificate of the client authority could not be told from one for another purpose.
    rejectUnauthorized: false,
  };
};

/**
 * Connects a phone to a server of the appliance with exactly the profile of target 5.1. The server's chain must lead to the
 * root, its certificate must come from the server authority, be for serverAuth and for the configured host.
 * Rejects with a {@link TlsRefusal}.
 */
export const connectTls = (options: ConnectTlsOptions): Promise<TLSSocket> => {
  const { host, port } = options.endpoint;
  const refuse = ({ code, reason }: Finding): TlsRefusal =>
    Object.assign(new Error(`${host}:${port}: ${reason}; check the address and the trust files`), {
      code,
    });
  return new Promise((resolve, reject) => {
    const trust = {
      root: certificateDer(options.trust.root),
      authority: certificateDer(options.trust.serverAuthority),
    };
    const socket = connect(connectionOptions(options));
    let connected = false;
    const settle = (finding?: Finding): void => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      socket.removeListener('close', onClose);
      if (finding === undefined) {
        resolve(socket);
        return;
      }
      socket.on('error', () => {});
      socket.destroy();
      reject(refuse(finding));
    };
    const onError = (error: Error): void => settle(findingOf(error, connected));
    const onClose = (): void =>
      settle({ code: 'tls/handshake', reason: 'the server closed during the handshake' });
    const timer = setTimeout(
      () => settle({ code: 'tls/deadline', reason: `no session within ${options.deadline} ms` }),
      options.deadline,
    );
    socket.setNoDelay(true);
    socket.once('connect', () => (connected = true));
    socket.on('error', onError);
    socket.on('close', onClose);
    if (options.keyLog !== undefined) {
      const { keyLog } = options;
      socket.on('keylog', (line) => keyLog(line.toString('latin1').trimEnd()));
    }
    socket.once('secureConnect', () =>
      settle(inspectCertificate(socket, host, trust) ?? inspectSession(socket)),
    );
  });
};
