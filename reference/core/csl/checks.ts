import { equal } from '../bytes.ts';
import {
  issuedBy,
  keyIdentifierOf,
  parseCertificate,
  sha256WithRsa,
  type Certificate,
} from '../pki/certificate.ts';
import type { Fault, Result } from '../result.ts';
import type { MediaDescription } from '../sdp/media.ts';
import { isInRange, isQuadraticResidue } from './group14.ts';
import type { CslMessage } from './message.ts';
import { numberOf, type LocalParty } from './party.ts';
import type { CslRefusal, FormatRefusal } from './refusal.ts';
import { acceptedOffset } from './replay-memory.ts';
import { verifySignature } from './transcript.ts';

/** What is known of the peer certificate's revocation when a message is verified; only `good` lets it pass. */
export type Revocation = 'good' | 'revoked' | 'unavailable' | 'not-consulted';

/** Public value and nonce of one own exchange under way. */
export interface ExchangeUnderWay {
  readonly publicValue: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The dialog so far, in a re-INVITE: the last exchange that verified and the first one's certificates. */
export interface DialogHistory {
  /** H(answer preimage) of the last exchange that verified, 32 bytes. */
  readonly answerHash: Uint8Array;
  /** DER of both certificates of the dialog's first exchange. */
  readonly ownCertificate: Uint8Array;
  readonly peerCertificate: Uint8Array;
}

/** What the checks of a received INVITE or 200 look at. */
export interface Subject {
  readonly message: CslMessage;
  readonly media: Result<MediaDescription>;
  /** X-CSL-From and X-CSL-From-Chain where they are certificates. */
  readonly certificate: Certificate | undefined;
  readonly chain: Certificate | undefined;
  readonly own: LocalParty;
  readonly clientAuthorities: readonly Certificate[];
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
  readonly underWay: readonly ExchangeUnderWay[];
  readonly revocation: Revocation;
  readonly previous: DialogHistory | undefined;
  /** The number that the peer's CommonName has to be. */
  readonly requiredNumber: string;
  /** Whether the dialled number (in an INVITE, From and To) and the identities agree apart from the certificate. */
  readonly addressed: boolean;
  /** The preimage that the peer's signature covers. */
  readonly transcript: Uint8Array;
}

/** One check of a list: `check` is true where the subject passes, else the message is refused with `code`. */
export interface Check<Examined> {
  readonly code: CslRefusal;
  readonly check: (subject: Examined) => boolean;
}

const clientAuthentication = '1.3.6.1.5.5.7.3.2';

const format = (code: FormatRefusal): Check<{ readonly message: CslMessage }> => ({
  code,
  check: ({ message }) => !message.faults.has(code),
});

/** Headers and base64: the first checks of every message. */
const headerChecks: readonly Check<{ readonly message: CslMessage }>[] = [
  format('headers-absent'),
  format('headers-repeated'),
  format('headers-unknown'),
  format('headers-folded'),
  format('headers-joined'),
  format('base64'),
  format('value-length'),
];

const info2Checks: readonly Check<{ readonly message: CslMessage }>[] = [
  format('info2-length'),
  format('info2-version'),
  format('info2-parts'),
];

/** Format of an ACK: headers, base64, X-CSL-Info2. */
export const confirmationFormatChecks: readonly Check<{ readonly message: CslMessage }>[] = [
  ...headerChecks,
  ...info2Checks,
];

const timeIsNear = ({ message, now }: Subject): boolean =>
  message.info1 !== undefined && Math.abs(now - message.info1.time) <= acceptedOffset;

/** Format, medium and time: the checks before the replay memory. */
export const formatChecks: readonly Check<Subject>[] = [
  ...headerChecks,
  format('info1-length'),
  format('info1-version'),
  format('group'),
  ...info2Checks,
  { code: 'media', check: ({ media }) => media.ok },
  { code: 'time', check: timeIsNear },
];

const isForeign = ({ message, certificate, own, underWay }: Subject): boolean => {
  const { info1 } = message;
  if (message.certificate && equal(message.certificate, own.certificate.der)) return false;
  if (info1) {
    const reflected = underWay.some(
      ({ publicValue, nonce }) =>
        equal(publicValue, info1.publicValue) || equal(nonce, info1.nonce),
    );
    if (reflected) return false;
  }
  if (!certificate) return true;
  const ownKey = own.certificate.publicKey;
  const { publicKey, commonNames } = certificate;
  const sameKey =
    equal(publicKey.subjectPublicKey, ownKey.subjectPublicKey) ||
    (publicKey.algorithm === 'rsa' &&
      ownKey.algorithm === 'rsa' &&
      equal(publicKey.modulus, ownKey.modulus));
  const sameName = commonNames.some((name) => name.kind === 'text' && name.value === own.number);
  return !sameKey && !sameName;
};

const chainIsStored = ({ message: { chain }, clientAuthorities }: Subject): boolean =>
  chain !== undefined && clientAuthorities.some(({ der }) => equal(der, chain));

const isClientCertificate = ({ certificate }: Subject): boolean => {
  if (!certificate) return false;
  const { keyUsage, extendedKeyUsage, basicConstraints, unknownCritical } = certificate.extensions;
  return (
    certificate.signatureAlgorithm === sha256WithRsa &&
    keyUsage?.has('digitalSignature') === true &&
    !keyUsage.has('keyCertSign') &&
    !keyUsage.has('cRLSign') &&
    extendedKeyUsage?.includes(clientAuthentication) === true &&
    basicConstraints?.authority !== true &&
    unknownCritical.length === 0
  );
};

const hasRequiredKey = ({ certificate }: Subject): boolean =>
  certificate?.publicKey.algorithm === 'rsa' &&
  certificate.publicKey.modulusBits === 2048 &&
  certificate.publicKey.exponent === 65537n;

const keyIdentifierMatches = ({ certificate }: Subject): boolean => {
  const identifier = certificate?.extensions.subjectKeyIdentifier;
  return (
    certificate !== undefined &&
    identifier !== undefined &&
    equal(identifier, keyIdentifierOf(certificate))
  );
};

const identityHolds = ({ certificate, requiredNumber, addressed }: Subject): boolean => {
  const [name] = certificate?.commonNames ?? [];
  return addressed && name?.kind === 'text' && name.value === requiredNumber;
};

const dialogCertificatesHold = ({ message, own, previous }: Subject): boolean =>
  previous === undefined ||
  (message.certificate !== undefined &&
    equal(message.certificate, previous.peerCertificate) &&
    equal(own.certificate.der, previous.ownCertificate));

const issuerHolds = ({ certificate, chain }: Subject): boolean =>
  certificate !== undefined && chain !== undefined && issuedBy(certificate, chain);

/** Both ends are included, and notAfter names a whole second (RFC 5280 section 4.1.2.5). */
const isValidNow = ({ certificate, chain, now }: Subject): boolean =>
  [certificate, chain].every(
    (each) => each !== undefined && each.notBefore <= now && now < each.notAfter + 1000,
  );

const signatureHolds = ({ certificate, message, transcript }: Subject): boolean =>
  certificate !== undefined &&
  message.info2?.signature !== undefined &&
  verifySignature(certificate, transcript, message.info2.signature);

/** Public value, reflection, certificate and signature: the checks between the replay memory and what follows it. */
export const peerChecks: readonly Check<Subject>[] = [
  {
    code: 'public-value-range',
    check: ({ message }) => message.info1 !== undefined && isInRange(message.info1.publicValue),
  },
  {
    code: 'public-value-residue',
    check: ({ message }) =>
      message.info1 !== undefined && isQuadraticResidue(message.info1.publicValue),
  },
  { code: 'reflection', check: isForeign },
  { code: 'from-chain', check: chainIsStored },
  { code: 'certificate-form', check: isClientCertificate },
  { code: 'key', check: hasRequiredKey },
  {
    code: 'common-name',
    check: ({ certificate }) => numberOf(certificate?.commonNames ?? []).ok,
  },
  { code: 'key-identifier', check: keyIdentifierMatches },
  { code: 'identity', check: identityHolds },
  { code: 'dialog-certificate', check: dialogCertificatesHold },
  { code: 'issuer', check: issuerHolds },
  { code: 'validity', check: isValidNow },
  { code: 'signature', check: signatureHolds },
];

/** Revocation, as far as it has been asked for. */
export const revocationChecks: readonly Check<Subject>[] = [
  { code: 'revoked', check: ({ revocation }) => revocation !== 'revoked' },
  {
    code: 'revocation-unavailable',
    check: ({ revocation }) => revocation === 'good' || revocation === 'revoked',
  },
];

/** The certificate of a decoded header, or nothing where it is none. */
export const certificateOf = (der: Uint8Array | undefined): Certificate | undefined => {
  const certificate = der && parseCertificate(der);
  return certificate?.ok ? certificate.value : undefined;
};

/** The code of the first check that a subject fails. */
export const firstRefusal = <Examined>(
  subject: Examined,
  checks: readonly Check<Examined>[],
): Fault<CslRefusal> | undefined => {
  const failed = checks.find(({ check }) => !check(subject));
  return failed && { code: failed.code, offset: -1 };
};
