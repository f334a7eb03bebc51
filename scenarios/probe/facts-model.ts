import type { HelloOutcome } from '../../simulators/attackers/tls-hello.ts';
import type { TlsVersion } from '../../simulators/attackers/tls-wire.ts';
import type { UnclearOffer } from '../../simulators/attackers/tls-client/enumeration.ts';
import type { PlainAnswer } from '../../simulators/attackers/tls-client/plain-offer.ts';

/** Whose claims a port is judged by. */
export type ProbedService = 'sip' | 'registration';

/** What one attempt showed; `unclear` was tried without an answer, `untested` could not be tried. */
export interface Trial {
  readonly answer: 'yes' | 'no' | 'unclear' | 'untested';
  readonly detail: string;
}

/** A version and suite that the server takes. */
export interface AcceptedProfile {
  readonly version: TlsVersion;
  readonly suite: number;
  readonly name: string;
  /** Whether it was taken again when offered alone. */
  readonly confirmed: boolean;
}

/** A finite-field Diffie-Hellman group that the server used. */
export interface DhGroupFacts {
  /** Hexadecimal without leading zeros. */
  readonly prime: string;
  readonly generator: string;
  /** Length of the modulus in bits. */
  readonly bits: number;
  /** Such as ffdhe2048, modp2048 (group 14); null for a group nobody published. */
  readonly name: string | null;
  /** Null where the modulus is too long to be tested. */
  readonly isPrime: boolean | null;
  readonly isSafePrime: boolean | null;
  /** What is wrong with the generator, if anything is. */
  readonly generatorFault: 'zero-or-one' | 'minus-one' | 'small-order' | null;
  /** Names of the profiles it was seen in. */
  readonly seenIn: readonly string[];
}

/** Diffie-Hellman over several connections with one suite. */
export interface DhReuseFacts {
  readonly profile: string;
  readonly connections: number;
  readonly distinctPublicValues: number;
  /** Public values that leak the secret or fix it: 0, 1, p-1 or outside the group. */
  readonly degenerate: number;
}

/** A certificate the server sent. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Such as rsa, ec. */
  readonly keyType: string;
  readonly keyBits: number | null;
  /** Decimal; null for other keys than RSA. */
  readonly exponent: string | null;
  readonly signatureAlgorithm: string;
  /** SHA-256 of the DER, hexadecimal. */
  readonly fingerprint: string;
  readonly isAuthority: boolean;
}

/** Certificates of every flight read. */
export interface CertificatesFacts {
  /** As sent with the first suite that sends any, the server's own first. */
  readonly chain: readonly CertificateFacts[];
  /** Certificates that other suites showed and the chain does not hold. */
  readonly others: readonly CertificateFacts[];
  /** Certificates that could not be read. */
  readonly unreadable: number;
  /** Whether signatures lead from the server's certificate to an authority given; null where none was given. */
  readonly leadsToAuthority: boolean | null;
}

/** A handshake tried to its end, with a request sent inside. */
export interface HandshakeFacts {
  readonly established: boolean;
  readonly certificateRequested: boolean;
  /** How it ended, in words. */
  readonly ending: string;
  /** First line of what came back inside TLS; null where nothing did. */
  readonly answerLine: string | null;
}

/** Whether there is a TLS server at all. */
export type Contact =
  | { readonly kind: 'tls' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'closes' }
  | { readonly kind: 'not-tls'; readonly firstBytes: string };

/** Protocol features, each tried on its own. */
export interface FeatureFacts {
  /** The server knows RFC 5746. */
  readonly secureRenegotiation: Trial;
  /** It lets a client renegotiate, bound to the handshake before (RFC 5746), or not bound. */
  readonly clientRenegotiation: Trial;
  readonly insecureRenegotiation: Trial;
  readonly resumptionById: Trial;
  readonly resumptionByTicket: Trial;
  readonly extendedMasterSecret: Trial;
  readonly compression: Trial;
  /** It takes a ChangeCipherSpec before the keys exist (CVE-2014-0224). */
  readonly earlyChangeCipherSpec: Trial;
  readonly heartbeat: Trial;
  /** It answers a heartbeat whose length is a lie (CVE-2014-0160), asked only for bytes that were sent along. */
  readonly heartbeatOverlong: Trial;
  /** It honours the signal against downgrades (RFC 7507). */
  readonly fallbackSignal: Trial;
}

/** Everything a probe saw, as plain data. */
export interface ProbeFacts {
  readonly host: string;
  readonly port: number;
  /** Milliseconds since 1970 when the probe began. */
  readonly at: number;
  readonly service: ProbedService;
  readonly contact: Contact;
  readonly connections: number;
  /** The bound that cut the probe short, if one did. */
  readonly cutShort: 'connections' | 'unanswered' | null;
  /** The one right profile offered alone before and after everything else. */
  readonly controls: { readonly first: HelloOutcome | null; readonly last: HelloOutcome | null };
  readonly accepted: readonly AcceptedProfile[];
  readonly unclear: readonly UnclearOffer[];
  /** Hellos sent, and how many suites were offered in each version. */
  readonly offers: number;
  readonly suitesOffered: number;
  readonly groups: readonly DhGroupFacts[];
  readonly reuse: DhReuseFacts | null;
  /** Numbers of the curves of ECDHE suites. */
  readonly curves: readonly number[];
  readonly certificates: CertificatesFacts;
  /** Whether the signatures over key exchanges held; null where none could be checked. */
  readonly parametersSigned: boolean | null;
  /** The right profile to the end without a certificate, and with the one given; null where it was not tried. */
  readonly anonymousHandshake: HandshakeFacts | null;
  readonly identifiedHandshake: HandshakeFacts | null;
  /** The service's own protocol offered in clear. */
  readonly plain: PlainAnswer | null;
  readonly features: FeatureFacts | null;
}
