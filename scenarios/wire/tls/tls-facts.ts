/** What is known of one finite-field exchange of a session. */
export interface DhFacts {
  /** Length of the modulus in bits. */
  readonly bits: number;
  /** Hexadecimal, as sent. */
  readonly prime: string;
  readonly generator: string;
  readonly serverPublic: string;
  /** Bits of the server's public value. */
  readonly serverPublicBits: number;
  /** Hexadecimal; null when no ClientKeyExchange was read. */
  readonly clientPublic: string | null;
  /** Name of a published group with this modulus, or null. */
  readonly group: string | null;
  /** TLS SignatureScheme or hash and signature pair of the ServerKeyExchange; null when it carries none. */
  readonly signatureAlgorithm: number | null;
}

/** An alert; level and description are null while it is encrypted and no key is at hand. */
export interface AlertFact {
  readonly from: 'client' | 'server';
  readonly at: number;
  readonly level: number | null;
  readonly description: number | null;
}

/**
 * `nothing-encrypted`: the handshake never got so far. `unsupported`: a version or suite whose records are not decrypted here.
 * `failed`: a key was there, and a record did not verify under it or the stream had holes.
 */
export type Decryption = 'yes' | 'no-key' | 'failed' | 'unsupported' | 'nothing-encrypted';

/** Everything one TLS connection shows; no judgement. */
export interface TlsFacts {
  /** Versions the client offered, newest of the list first as sent; the legacy field alone without supported_versions. */
  readonly offeredVersions: readonly number[];
  readonly offeredSuites: readonly number[];
  readonly serverName: string | null;
  readonly clientRandom: string | null;
  /** The version the server chose (0x0303 is TLS 1.2); null without a ServerHello. */
  readonly version: number | null;
  /** The suite the server chose; null without a ServerHello. */
  readonly suite: number | null;
  readonly suiteName: string | null;
  /** Both sides finished the handshake, or the server sent application data. */
  readonly established: boolean;
  /** The server took up an earlier session (RFC 5246 section 7.3, RFC 5077, RFC 8446 section 2.2). */
  readonly resumed: boolean;
  /** A session ticket was issued in clear (before TLS 1.3). */
  readonly ticketIssued: boolean;
  /** A further handshake inside the session was begun. */
  readonly renegotiation: boolean;
  readonly dh: DhFacts | null;
  /** IANA number of the group that the server named: the curve of an ECDHE exchange, in TLS 1.3 that of its key share, finite fields included. */
  readonly namedCurve: number | null;
  /** DER as base64, the sender's own certificate first; empty when none was read. */
  readonly serverChain: readonly string[];
  readonly clientChain: readonly string[];
  readonly certificateRequested: boolean;
  readonly clientCertificateVerify: boolean;
  readonly alerts: readonly AlertFact[];
  readonly decrypted: Decryption;
  /** Holes in the captured stream. */
  readonly gaps: number;
  /** Codes of what could not be read, each with the side and the offset. */
  readonly problems: readonly string[];
}

/** The usual name of a version number. */
export const versionName = (version: number | null): string => {
  switch (version) {
    case null:
      return 'none';
    case 0x0300:
      return 'SSL 3.0';
    case 0x0301:
      return 'TLS 1.0';
    case 0x0302:
      return 'TLS 1.1';
    case 0x0303:
      return 'TLS 1.2';
    case 0x0304:
      return 'TLS 1.3';
    default:
      return `0x${version.toString(16).padStart(4, '0')}`;
  }
};
