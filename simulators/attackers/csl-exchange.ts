import { sign, timingSafeEqual, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { concat, fromBase64, toBase64 } from '../../reference/core/bytes.ts';
import { fault, ok, type Fault, type Result } from '../../reference/core/result.ts';
import {
  answerPreimage,
  confirmationTag,
  cslHash,
  deriveCslKeys,
  offerPreimage,
  publicValueOf,
  readInfo1,
  sharedSecretOf,
  writeInfo1,
  type CslKeys,
  type Info1,
} from './csl-bytes.ts';

const cslHeaderNames = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] as const;
export type CslHeaderName = (typeof cslHeaderNames)[number];
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** One side of an exchange. Certificate, chain and key need not belong together. */
export interface CslParty {
  /** DER sent in X-CSL-From and covered by the signature. */
  readonly certificate: Uint8Array;
  /** DER sent in X-CSL-From-Chain. */
  readonly chain: Uint8Array;
  /** RSA private key that signs. */
  readonly key: KeyObject;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Big-endian. */
  readonly exponent: Uint8Array;
  /** Own view of the media (I-3). */
  readonly media: string;
}

/** What is made wrong in the headers written; nothing by default. */
export interface CslFalsification {
  /** One bit changed, cut short, or left out with its bit of the parts byte. */
  readonly signature?: PartFault;
  /** Besides: all zeros, or in an ACK the callee's own. */
  readonly tag?: PartFault | 'zero' | 'reflected';
  readonly omit?: readonly CslHeaderName[];
  /** Changes Info1's fields before they are signed; in a 200 the offer's are at hand. */
  readonly info1?: (info1: Info1, peer: Info1 | null) => Info1;
  /** Signs in place of RSA-SHA256 with PKCS #1 padding. */
  readonly sign?: (preimage: Uint8Array, key: KeyObject) => Uint8Array;
  /** Chooses the exponent; in a 200 with the offer's public value at hand. */
  readonly exponent?: (peer: Uint8Array | null) => Uint8Array;
  /** Secrets that the peer may have come to, of the right one. */
  readonly secrets?: (right: Uint8Array) => readonly Uint8Array[];
}

type PartFault = 'altered' | 'truncated' | 'missing';

/** Names of a call that the offer covers (I-3). */
export interface CslCall {
  readonly callId: string;
  readonly callerNumber: string;
  readonly calleeNumber: string;
  readonly previous?: Uint8Array;
}

/** An offer that was sent: what is needed to read the answer. */
export interface SentOffer {
  readonly headers: HeaderPairs;
  readonly hash: Uint8Array;
  readonly nonce: Uint8Array;
  readonly exponent: Uint8Array;
  readonly secrets?: CslFalsification['secrets'];
}

/** An offer that was received and whose signature verified. */
export interface ReceivedOffer {
  readonly hash: Uint8Array;
  readonly info1: Info1;
}

/** An exchange with its keys. */
export interface CslSession {
  readonly keys: CslKeys;
  readonly answerHash: Uint8Array;
}

export type CslReadCode =
  | 'csl-headers'
  | 'csl-base64'
  | 'csl-info1'
  | 'csl-info2'
  | 'csl-signature'
  | 'csl-tag';
type CslResult<Value> = Result<Value, Fault<CslReadCode>>;

interface PeerHeaders {
  readonly certificate: Uint8Array;
  readonly info1Bytes: Uint8Array;
  readonly info1: Info1;
  readonly signature: Uint8Array;
  readonly tag: Uint8Array;
}

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));

/** Bytes left of a part that is cut short: as many as an 80-bit tag has. */
const truncatedLength = 10;

const part = (bytes: Uint8Array | null, falsification: CslFalsification['tag']): Uint8Array => {
  if (!bytes || falsification === 'missing') return new Uint8Array(0);
  if (falsification === 'truncated') return bytes.subarray(0, truncatedLength);
  if (falsification === 'zero') return new Uint8Array(bytes.length);
  return falsification === 'altered' ? flipped(bytes) : bytes;
};

const writeInfo2 = (
  signature: Uint8Array | null,
  tag: Uint8Array | null,
  wrong: CslFalsification,
): Uint8Array => {
  const first = part(signature, wrong.signature);
  const second = part(tag, wrong.tag);
  const parts = (first.length > 0 ? 1 : 0) | (second.length > 0 ? 2 : 0);
  return concat(Uint8Array.of(1, parts), first, second);
};

const writeHeaders = (
  values: readonly (readonly [CslHeaderName, Uint8Array])[],
  wrong: CslFalsification,
): HeaderPairs =>
  values
    .filter(([name]) => !wrong.omit?.includes(name))
    .map(([name, bytes]) => [name, toBase64(bytes)] as const);

const info1Of = (
  party: CslParty,
  wrong: CslFalsification,
  exponent: Uint8Array,
  peer: Info1 | null,
): Info1 => {
  const { nonce, time } = party;
  const right = { version: 1, group: 14, time, nonce, publicValue: publicValueOf(exponent) };
  return wrong.info1 ? wrong.info1(right, peer) : right;
};

const rsaSha256 = (preimage: Uint8Array, key: KeyObject): Uint8Array =>
  new Uint8Array(sign('sha256', preimage, key));

/** The headers of an INVITE (I-2). */
export const writeOffer = (
  party: CslParty,
  call: CslCall,
  wrong: CslFalsification = {},
): SentOffer => {
  const exponent = wrong.exponent?.(null) ?? party.exponent;
  const info1 = info1Of(party, wrong, exponent, null);
  const info1Bytes = writeInfo1(info1);
  const { certificate, chain, media } = party;
  const preimage = offerPreimage({ ...call, certificate, info1: info1Bytes, media });
  const info2 = writeInfo2((wrong.sign ?? rsaSha256)(preimage, party.key), null, wrong);
  const headers = writeHeaders(
    [
      ['X-CSL-From', certificate],
      ['X-CSL-From-Chain', chain],
      ['X-CSL-Info1', info1Bytes],
      ['X-CSL-Info2', info2],
    ],
    wrong,
  );
  const sent = { headers, hash: cslHash(preimage), nonce: info1.nonce, exponent };
  return wrong.secrets ? { ...sent, secrets: wrong.secrets } : sent;
};

/** The headers of a 200 and the keys that follow (I-2, I-4). */
export const writeAnswer = (
  party: CslParty,
  offer: ReceivedOffer,
  wrong: CslFalsification = {},
): CslSession & { readonly headers: HeaderPairs } => {
  const exponent = wrong.exponent?.(offer.info1.publicValue) ?? party.exponent;
  const info1 = info1Of(party, wrong, exponent, offer.info1);
  const info1Bytes = writeInfo1(info1);
  const { certificate, chain, media } = party;
  const offerHash = offer.hash;
  const preimage = answerPreimage({ offerHash, certificate, info1: info1Bytes, media });
  const answerHash = cslHash(preimage);
  const right = sharedSecretOf(exponent, offer.info1.publicValue);
  const [secret = right] = wrong.secrets?.(right) ?? [];
  const keys = deriveCslKeys(secret, offer.info1.nonce, info1.nonce, answerHash);
  const tag = confirmationTag(keys.calleeConfirm, answerHash);
  const info2 = writeInfo2((wrong.sign ?? rsaSha256)(preimage, party.key), tag, wrong);
  const headers = writeHeaders(
    [
      ['X-CSL-From', certificate],
      ['X-CSL-From-Chain', chain],
      ['X-CSL-Info1', info1Bytes],
      ['X-CSL-Info2', info2],
    ],
    wrong,
  );
  return { headers, keys, answerHash };
};

/** The header of an ACK (I-2). */
export const writeAck = (session: CslSession, wrong: CslFalsification = {}): HeaderPairs => {
  if (wrong.tag === 'missing') return [];
  const { callerConfirm, calleeConfirm } = session.keys;
  const key = wrong.tag === 'reflected' ? calleeConfirm : callerConfirm;
  const tag = confirmationTag(key, session.answerHash);
  return writeHeaders([['X-CSL-Info2', writeInfo2(null, tag, wrong)]], wrong);
};

/** How many different X-CSL headers of I-2 a message carries. */
export const countCslHeaders = (pairs: HeaderPairs): number =>
  cslHeaderNames.filter((name) => valuesOf(pairs, name).length > 0).length;

const valuesOf = (pairs: HeaderPairs, name: CslHeaderName): readonly string[] =>
  pairs
    .filter(([found]) => found.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value.trim());

const decoded = (pairs: HeaderPairs, name: CslHeaderName): CslResult<Uint8Array> => {
  const [value, another] = valuesOf(pairs, name);
  if (value === undefined || another !== undefined) return fault('csl-headers', -1, name);
  const bytes = fromBase64(value);
  return bytes.ok ? bytes : fault('csl-base64', bytes.error.offset, name);
};

const readHeaders = (pairs: HeaderPairs, parts: 1 | 3): CslResult<PeerHeaders> => {
  const certificate = decoded(pairs, 'X-CSL-From');
  if (!certificate.ok) return certificate;
  const chain = decoded(pairs, 'X-CSL-From-Chain');
  if (!chain.ok) return chain;
  const info1Bytes = decoded(pairs, 'X-CSL-Info1');
  if (!info1Bytes.ok) return info1Bytes;
  const info2 = decoded(pairs, 'X-CSL-Info2');
  if (!info2.ok) return info2;
  const info1 = readInfo1(info1Bytes.value);
  if (!info1 || info1.version !== 1 || info1.group !== 14) return fault('csl-info1');
  const [version, found] = info2.value;
  if (version !== 1 || found !== parts || info2.value.length !== (parts === 1 ? 258 : 290))
    return fault('csl-info2');
  return ok({
    certificate: certificate.value,
    info1Bytes: info1Bytes.value,
    info1,
    signature: info2.value.slice(2, 258),
    tag: info2.value.slice(258),
  });
};

const signatureHolds = (peer: PeerHeaders, preimage: Uint8Array): boolean => {
  try {
    const { publicKey } = new X509Certificate(peer.certificate);
    return verify('sha256', preimage, publicKey, peer.signature);
  } catch {
    return false;
  }
};

const sameTag = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);

/** Reads an INVITE's headers and checks the signature; the certificate's issuer is not this attacker's concern. */
export const readOffer = (
  pairs: HeaderPairs,
  call: CslCall,
  media: string,
): CslResult<ReceivedOffer> => {
  const peer = readHeaders(pairs, 1);
  if (!peer.ok) return peer;
  const { certificate, info1Bytes, info1 } = peer.value;
  const preimage = offerPreimage({ ...call, certificate, info1: info1Bytes, media });
  if (!signatureHolds(peer.value, preimage)) return fault('csl-signature');
  return ok({ hash: cslHash(preimage), info1 });
};

/** Reads a 200's headers, checks signature and tag, and derives the keys; the certificate's issuer is not checked. */
export const readAnswer = (
  pairs: HeaderPairs,
  offer: SentOffer,
  media: string,
): CslResult<CslSession> => {
  const peer = readHeaders(pairs, 3);
  if (!peer.ok) return peer;
  const { certificate, info1Bytes, info1 } = peer.value;
  const preimage = answerPreimage({ offerHash: offer.hash, certificate, info1: info1Bytes, media });
  if (!signatureHolds(peer.value, preimage)) return fault('csl-signature');
  const answerHash = cslHash(preimage);
  const right = sharedSecretOf(offer.exponent, info1.publicValue);
  for (const secret of offer.secrets?.(right) ?? [right]) {
    const keys = deriveCslKeys(secret, offer.nonce, info1.nonce, answerHash);
    if (sameTag(confirmationTag(keys.calleeConfirm, answerHash), peer.value.tag))
      return ok({ keys, answerHash });
  }
  return fault('csl-tag');
};

/** What an ACK's X-CSL-Info2 is worth. */
export const readAck = (
  pairs: HeaderPairs,
  session: CslSession,
): 'verified' | 'wrong' | 'absent' => {
  if (valuesOf(pairs, 'X-CSL-Info2').length === 0) return 'absent';
  const info2 = decoded(pairs, 'X-CSL-Info2');
  if (!info2.ok || info2.value.length !== 34) return 'wrong';
  const [version, parts] = info2.value;
  const expected = confirmationTag(session.keys.callerConfirm, session.answerHash);
  const right = version === 1 && parts === 2 && sameTag(info2.value.subarray(2), expected);
  return right ? 'verified' : 'wrong';
};
