import { createHash, getDiffieHellman, randomBytes, X509Certificate } from 'node:crypto';
import { equal, fromBase64, toHex } from '../../reference/core/bytes.ts';
import { err, ok, type Result } from '../../reference/core/result.ts';
import { readInfo1 } from '../attackers/csl-bytes.ts';
import {
  readAnswer,
  readOffer,
  writeAck,
  writeAnswer,
  writeOffer,
  type CslCall,
  type CslFalsification,
  type CslSession,
  type HeaderPairs,
  type SentOffer,
} from '../attackers/csl-exchange.ts';
import type { DirectionKey } from './audio.ts';
import type { EnrolledNumber } from './enrolment.ts';

/** Who agrees: a number, and DER of the client authority that must have issued both certificates. */
export interface Agreeing {
  readonly identity: EnrolledNumber;
  readonly authority: Uint8Array;
}

/** What one exchange came to. */
export interface Agreement {
  readonly session: CslSession;
  readonly sending: DirectionKey;
  readonly receiving: DirectionKey;
  /** The peer's certificate; DER. */
  readonly certificate: Uint8Array;
  /** As both screens show them (I-10). */
  readonly identifiers: { readonly local: string; readonly peer: string };
}

/** One line that names what was wrong, such as `csl-signature` or `certificate`. */
type Agreed<Value> = Result<Value, string>;

/** Milliseconds by which clocks may differ (I-2). */
const tolerance = 300_000;
const prime = BigInt(`0x${getDiffieHellman('modp14').getPrime('hex')}`);

const fresh = () => ({ nonce: randomBytes(32), time: Date.now(), exponent: randomBytes(32) });

const decoded = (pairs: HeaderPairs, name: string): Uint8Array | null => {
  const value = pairs.find(([found]) => found === name)?.[1] ?? '';
  const bytes = fromBase64(value.trim());
  return bytes.ok ? bytes.value : null;
};

/** The first 16 bytes of the SHA-1 of the subjectPublicKey bits, in groups of four digits (I-10, RFC 5280 section 4.2.1.2). */
export const identifierOf = (certificate: Uint8Array): string => {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  // Of RSA: 4 bytes of SEQUENCE, 15 of AlgorithmIdentifier, 4 of BIT STRING, one that counts unused bits.
  const bits = spki.subarray(24);
  const digits = createHash('sha1').update(bits).digest('hex').slice(0, 32);
  return (digits.match(/.{4}/g) ?? []).join(' ');
};

/** Whether the certificate is the number's, valid and of the authority, as node:crypto sees it. */
const isOf = (number: string, certificate: Uint8Array, authority: Uint8Array): boolean => {
  try {
    const read = new X509Certificate(certificate);
    const now = new Date();
    return (
      read.subject === `CN=${number.replace('+', String.raw`\+`)}` &&
      read.verify(new X509Certificate(authority).publicKey) &&
      read.validFromDate <= now &&
      now <= read.validToDate
    );
  } catch {
    return false;
  }
};

/** The peer's certificate, once everything but signature and tag is right. */
const checkPeer = (pairs: HeaderPairs, number: string, own: Agreeing): Agreed<Uint8Array> => {
  const certificate = decoded(pairs, 'X-CSL-From');
  const chain = decoded(pairs, 'X-CSL-From-Chain');
  const info1 = readInfo1(decoded(pairs, 'X-CSL-Info1') ?? new Uint8Array(0));
  if (!certificate || !chain || !info1) return err('headers');
  if (Math.abs(Date.now() - info1.time) > tolerance) return err('time');
  const y = BigInt(`0x${toHex(info1.publicValue)}`);
  if (y <= 1n || y >= prime - 1n) return err('public-value');
  if (!equal(chain, own.authority)) return err('chain');
  return isOf(number, certificate, own.authority) ? ok(certificate) : err('certificate');
};

const agreementOf = (
  own: Agreeing,
  role: 'caller' | 'callee',
  session: CslSession,
  certificate: Uint8Array,
): Agreement => {
  const { callerToCallee, calleeToCaller } = session.keys;
  return {
    session,
    sending: role === 'caller' ? callerToCallee : calleeToCaller,
    receiving: role === 'caller' ? calleeToCaller : callerToCallee,
    certificate,
    identifiers: {
      local: identifierOf(own.identity.certificate),
      peer: identifierOf(certificate),
    },
  };
};

const partyOf = ({ identity, authority }: Agreeing, media: string) => ({
  certificate: identity.certificate,
  chain: authority,
  key: identity.key,
  ...fresh(),
  media,
});

/** The headers of an INVITE, and what is needed to read the answer. */
export const offerAgreement = (
  own: Agreeing,
  call: CslCall,
  media: string,
  falsify?: CslFalsification,
): SentOffer => writeOffer(partyOf(own, media), call, falsify);

/** Reads an INVITE's headers and makes those of the 200. */
export const answerAgreement = (
  own: Agreeing,
  pairs: HeaderPairs,
  call: CslCall,
  media: { readonly offered: string; readonly own: string },
  falsify?: CslFalsification,
): Agreed<Agreement & { readonly headers: HeaderPairs }> => {
  const certificate = checkPeer(pairs, call.callerNumber, own);
  if (!certificate.ok) return certificate;
  const offer = readOffer(pairs, call, media.offered);
  if (!offer.ok) return err(offer.error.code);
  const { headers, ...session } = writeAnswer(partyOf(own, media.own), offer.value, falsify);
  return ok({ ...agreementOf(own, 'callee', session, certificate.value), headers });
};

/** Reads a 200's headers and makes the ACK's. */
export const confirmAgreement = (
  own: Agreeing,
  pairs: HeaderPairs,
  offer: SentOffer,
  peer: { readonly number: string; readonly media: string },
  falsify?: CslFalsification,
): Agreed<Agreement & { readonly headers: HeaderPairs }> => {
  const certificate = checkPeer(pairs, peer.number, own);
  if (!certificate.ok) return certificate;
  const session = readAnswer(pairs, offer, peer.media);
  if (!session.ok) return err(session.error.code);
  const headers = writeAck(session.value, falsify);
  return ok({ ...agreementOf(own, 'caller', session.value, certificate.value), headers });
};
