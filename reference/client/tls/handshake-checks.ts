import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { verifyChain } from '../../core/pki/chain.ts';
import type { DhGroupFaultCode } from '../../core/tls/dh-group-reader.ts';
import { exactTlsProfile } from '../../core/tls/profile.ts';
import type { Fault } from '../../core/result.ts';

export type TlsRefusalCode =
  | 'tls/connect'
  | 'tls/handshake'
  | 'tls/deadline'
  | 'tls/aborted'
  /** The phone's own key and certificate do not belong together. */
  | 'tls/identity'
  | 'tls/chain'
  | 'tls/issuer'
  | 'tls/server-auth'
  | 'tls/host'
  | 'tls/suite'
  | 'tls/dh-size'
  | 'tls/dh-group'
  | 'tls/dh-public-value';

/** Why a server was left, for a {@link TlsRefusal}. */
export interface Finding {
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

/** Certificates that a server's chain must lead to; DER. */
export interface TrustDer {
  readonly root: Uint8Array;
  readonly authority: Uint8Array;
}

/** Checks the server's chain and name; undefined when nothing is wrong. */
export const inspectCertificate = (
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
export const inspectSession = (socket: TLSSocket): Finding | undefined => {
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

/** Classifies an error of node:net or node:tls. */
export const findingOfError = (error: Error, connected: boolean): Finding => {
  const code = codeOf(error);
  if (!connected) return { code: 'tls/connect', reason: code === '' ? error.message : code };
  return { code: 'tls/handshake', reason: `the handshake failed (${code || error.message})` };
};

const knownGroups = exactTlsProfile.groups.map(({ name }) => name).join(' or ');

/** What a server's Diffie-Hellman parameters, or the bytes around them, were refused for. */
export const findingOfGroup = ({ code, detail = '' }: Fault<DhGroupFaultCode>): Finding => {
  switch (code) {
    case 'size':
      return { code: 'tls/dh-size', reason: `the Diffie-Hellman modulus has ${detail}, not 2048` };
    case 'group':
      return {
        code: 'tls/dh-group',
        reason: `the Diffie-Hellman group is neither ${knownGroups.replace(' or ', ' nor ')}`,
      };
    case 'public-value':
      return { code: 'tls/dh-public-value', reason: `the server sent ${detail}` };
    case 'record':
    case 'parameters':
    case 'missing':
      return { code: 'tls/handshake', reason: `the handshake failed (the server sent ${detail})` };
  }
};
