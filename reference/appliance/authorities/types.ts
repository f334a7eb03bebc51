import type { RsaSigner } from '../../core/pki/issue.ts';
import type { OcspStatus } from '../../core/pki/ocsp-response.ts';
import type { LeafKind } from '../../core/pki/profiles.ts';
import type { RevocationReason } from '../../core/pki/revocation.ts';
import type { Expiring, ExpiryAlarm } from './validity.ts';

/** A certificate of an authority. */
export interface AuthorityCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PEM. */
  readonly pem: string;
}

/** An authority: its certificate, and the use of its key without the key itself. */
export interface Authority extends AuthorityCertificate {
  readonly sign: RsaSigner;
}

/** A server's private key (PKCS#8) and its chain (own certificate, server authority), both PEM. */
export interface ServerCredentials {
  readonly privateKey: string;
  readonly certificateChain: string;
}

/** An entry of a revocation list, as the appliance's store keeps it. */
export interface RevokedSerial {
  /** Hexadecimal. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}

/** A list just issued. */
export interface IssuedCrl {
  readonly der: Uint8Array;
  /** `X509 CRL`, as TLS servers take it. */
  readonly pem: string;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

/** What is known of a certificate of an authority; `serial` is lower-case hexadecimal without leading zero bytes. */
export type StatusOf = (kind: LeafKind, serial: string) => OcspStatus | Promise<OcspStatus>;

/** The authorities as the appliance works with them: the root's key is not among them. */
export interface OnlineAuthorities {
  readonly root: AuthorityCertificate;
  readonly clientAuthority: Authority;
  readonly serverAuthority: Authority;
  /** The three certificates that ship inside the phone, PEM (target 5.2, 6.1). */
  readonly trust: {
    readonly root: string;
    readonly clientAuthority: string;
    readonly serverAuthority: string;
  };
  /** The root's revocation list as issued at its ceremony; verifiers check the whole chain (I-7). */
  readonly rootList: IssuedCrl;
  /** DER of a new certificate for a number and a SubjectPublicKeyInfo (DER), both verified by the caller. */
  issueClientCertificate(number: string, publicKey: Uint8Array): Promise<Uint8Array>;
  /** A new key with a certificate for these hosts (IP addresses or DNS names), the first being the CommonName. */
  issueServerCertificate(hosts: readonly [string, ...string[]]): Promise<ServerCredentials>;
  /** Issues the revocation list of an authority; `number` grows with each (RFC 5280 section 5.2.3). */
  crl(kind: LeafKind, number: number, revoked: readonly RevokedSerial[]): Promise<IssuedCrl>;
  /**
   * Answers an OCSP request (DER) with a response (DER): signed by the authority that it asks about; `malformedRequest`, and
   * `unauthorized` for certificates of anybody else or of both authorities at once. Rejects only where `statusOf` or the key fails.
   */
  ocsp(request: Uint8Array, statusOf: StatusOf): Promise<Uint8Array>;
  /** What expires soon, with the server certificates that the caller holds; the first to expire first. */
  alarms(now: number, servers?: readonly Omit<Expiring, 'what'>[]): readonly ExpiryAlarm[];
  /** Ends the use of a token, if the keys are in one. */
  close(): Promise<void>;
}

/** Authorities made for a test or a run in memory, whose root can be used too. */
export interface Authorities extends OnlineAuthorities {
  readonly root: Authority;
}

/** What authorities take from the world. */
export interface AuthoritiesWorld {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** CommonNames of the authorities. */
export interface AuthorityNames {
  readonly root: string;
  readonly clientAuthority: string;
  readonly serverAuthority: string;
}
