import {
  constants,
  createPrivateKey,
  createPublicKey,
  privateEncrypt,
  publicDecrypt,
} from 'node:crypto';
import { concat, equal, toBase64 } from '../../bytes.ts';
import { sha256 } from '../../primitives/hash.ts';
import { parseMedia } from '../../sdp/media.ts';
import { writeSession } from '../../sdp/write.ts';
import type { AnswerContext } from '../answer.ts';
import type { DialogHistory } from '../checks.ts';
import { publicValueOf } from '../group14.ts';
import type { HeaderList } from '../headers.ts';
import { encodeInfo1, encodeInfo2 } from '../info.ts';
import { confirmationTag, deriveFromExponent } from '../key-schedule.ts';
import type { ReceivedMessage } from '../message.ts';
import { createOffer, type OfferContext, type PendingOffer } from '../offer.ts';
import { createReplayMemory } from '../replay-memory.ts';
import { answerTranscript, offerTranscript } from '../transcript.ts';
import {
  certificateDer,
  certificateNamed,
  must,
  number,
  partyOf,
  signWith,
  vectors,
} from './vector-support.ts';

/** What differs from a good message; every other part stays as an honest sender makes it. */
export interface Change {
  /** Names of the fixtures. */
  readonly certificate?: string;
  readonly chain?: string;
  /** DER instead of a named certificate. */
  readonly der?: Uint8Array;
  readonly time?: number;
  readonly nonce?: Uint8Array;
  readonly publicValue?: Uint8Array;
  /** Applied to the value that is signed and sent. */
  readonly info1?: (bytes: Uint8Array) => Uint8Array;
  /** Applied to the value that is sent, after signing. */
  readonly info2?: (bytes: Uint8Array) => Uint8Array;
  readonly signature?: (bytes: Uint8Array) => Uint8Array;
  readonly tag?: (bytes: Uint8Array) => Uint8Array;
  readonly headers?: (headers: HeaderList) => HeaderList;
  /** Text of the session description. */
  readonly sdp?: string;
  readonly fromUser?: string;
  readonly toUser?: string;
  readonly previousAnswerHash?: Uint8Array;
}

/** Moment of every test message and of its receipt, milliseconds since 1970. */
export const now = 1_772_366_400_000;

/** Start of the receiving process, an hour before. */
export const start = now - 3_600_000;

export const caller = partyOf({ certificate: 'a', chain: 'clients', key: 'a' });
export const callee = partyOf({ certificate: 'b', chain: 'clients', key: 'b' });
export const callId = 'test@192.0.2.1';

/** Bytes that only look random. */
export const filled = (length: number, seed: number): Uint8Array =>
  concat(
    ...Array.from({ length: Math.ceil(length / 32) }, (_, i) => sha256(new Uint8Array([seed, i]))),
  ).slice(0, length);

const callerPublicValue = publicValueOf(filled(40, 1));
const calleePublicValue = publicValueOf(filled(40, 2));

/** The session description of the test messages. */
export const sessionText = writeSession({
  address: '192.0.2.1',
  port: 40_000,
  ssrc: 7,
  direction: 'sendrecv',
  sessionId: 1,
  version: 1,
});

const mediaText = 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';

const unchanged = <Value>(value: Value): Value => value;

const headersOf = (
  der: Uint8Array,
  info1: Uint8Array,
  info2: Uint8Array,
  change: Change,
): HeaderList => {
  const headers: HeaderList = [
    ['Via', 'SIP/2.0/TLS 192.0.2.1, SIP/2.0/TLS 192.0.2.2'],
    ['X-CSL-From', toBase64(der)],
    ['X-CSL-From-Chain', toBase64(certificateDer(change.chain ?? 'clients'))],
    ['X-CSL-Info1', toBase64(info1)],
    ['X-CSL-Info2', toBase64(info2)],
  ];
  return (change.headers ?? unchanged)(headers);
};

const receivedOf = (headers: HeaderList, change: Change): ReceivedMessage => ({
  headers,
  callId,
  fromUser: change.fromUser ?? caller.number,
  toUser: change.toUser ?? callee.number,
  media: parseMedia(change.sdp ?? sessionText),
});

const keyOf = (certificate: string): string => vectors.certificates.key_of[certificate] ?? '';

const certificateOf = (change: Change, honest: string): Uint8Array =>
  change.der ?? certificateDer(change.certificate ?? honest);

/** A signature of 256 bytes whatever the key, so that a wrong key is found as such. */
const signatureBy = (certificate: string, preimage: Uint8Array): Uint8Array => {
  const isRsa = certificateNamed(certificate).publicKey.algorithm === 'rsa';
  // An elliptic-curve signature would be another one every time.
  const signature = isRsa ? signWith(keyOf(certificate))(preimage) : filled(256, 13);
  return concat(signature, new Uint8Array(256)).slice(0, 256);
};

/** An INVITE from `a` to `b`, signed as changed. */
export const offerMessage = (change: Change = {}): ReceivedMessage => {
  const certificate = change.certificate ?? 'a';
  const der = certificateOf(change, 'a');
  const info1 = (change.info1 ?? unchanged)(
    encodeInfo1({
      time: change.time ?? now,
      nonce: change.nonce ?? filled(32, 3),
      publicValue: change.publicValue ?? callerPublicValue,
    }),
  );
  const name = certificateNamed(certificate).commonNames[0];
  const preimage = offerTranscript({
    callId,
    callerNumber: name?.kind === 'text' ? name.value : '',
    calleeNumber: callee.number,
    callerCertificate: der,
    callerInfo1: info1,
    callerMedia: mediaText,
    ...(change.previousAnswerHash && { previousAnswerHash: change.previousAnswerHash }),
  });
  const signature = (change.signature ?? unchanged)(signatureBy(certificate, preimage));
  const info2 = (change.info2 ?? unchanged)(encodeInfo2('offer', signature));
  return receivedOf(headersOf(der, info1, info2, change), change);
};

/** What `b` knows when it verifies {@link offerMessage}, with an empty memory. */
export const offerContext = (change: Partial<OfferContext> = {}): OfferContext => ({
  own: callee,
  clientAuthorities: [certificateNamed('clients')],
  now,
  elapsed: 1000,
  replayMemory: createReplayMemory(start),
  underWay: [],
  revocation: 'good',
  ...change,
});

/** The side of `a` after its INVITE to `b`; made anew for each 200 because that decides it. */
export const pendingOffer = (previous?: DialogHistory): PendingOffer =>
  must(
    createOffer({
      own: caller,
      dialled: number(callee.number),
      callId,
      media: mediaText,
      exponent: filled(40, 1),
      nonce: filled(32, 3),
      time: now,
      ...(previous && { previous }),
    }),
  ).pending;

/** The side of another caller after its INVITE to another callee; both names of the fixtures. */
export const offerTo = (dialled: string, from: string): PendingOffer =>
  must(
    createOffer({
      own: partyOf({ certificate: from, chain: 'clients', key: from }),
      dialled: partyOf({ certificate: dialled, chain: 'clients', key: dialled }).number,
      callId,
      media: mediaText,
      exponent: filled(40, 1),
      nonce: filled(32, 3),
      time: now,
    }),
  ).pending;

/** The 200 of `b` to `pending`, signed and confirmed as changed. */
export const answerMessage = (pending: PendingOffer, change: Change = {}): ReceivedMessage => {
  const certificate = change.certificate ?? 'b';
  const der = certificateOf(change, 'b');
  const nonce = change.nonce ?? filled(32, 4);
  const honest = change.publicValue === undefined || equal(change.publicValue, calleePublicValue);
  const info1 = (change.info1 ?? unchanged)(
    encodeInfo1({
      time: change.time ?? now,
      nonce,
      publicValue: change.publicValue ?? calleePublicValue,
    }),
  );
  const preimage = answerTranscript({
    offerHash: pending.offerHash,
    calleeCertificate: der,
    calleeInfo1: info1,
    calleeMedia: mediaText,
  });
  const answerHash = sha256(preimage);
  const { keys } = deriveFromExponent({
    exponent: filled(40, honest ? 2 : 1),
    peerPublicValue: honest ? pending.publicValue : (change.publicValue ?? pending.publicValue),
    callerNonce: pending.nonce,
    calleeNonce: nonce,
    answerHash,
  });
  const signature = (change.signature ?? unchanged)(signatureBy(certificate, preimage));
  const tag = (change.tag ?? unchanged)(confirmationTag(keys.calleeConfirmation, answerHash));
  const info2 = (change.info2 ?? unchanged)(encodeInfo2('answer', signature, tag));
  return receivedOf(headersOf(der, info1, info2, change), change);
};

/** What `a` knows when it verifies {@link answerMessage}. */
export const answerContext = (change: Partial<AnswerContext> = {}): AnswerContext => ({
  clientAuthorities: [certificateNamed('clients')],
  now,
  underWay: [],
  revocation: 'good',
  ...change,
});

/** Makes the signature anew from the padded block inside it, changed (RFC 8017 section 9.2). */
export const resigned =
  (key: string, change: (block: Uint8Array) => Uint8Array) =>
  (signature: Uint8Array): Uint8Array => {
    const padding = constants.RSA_NO_PADDING;
    const privateKey = createPrivateKey(vectors.keys[key] ?? '');
    const block = publicDecrypt({ key: createPublicKey(privateKey), padding }, signature);
    const changed = change(new Uint8Array(block));
    return new Uint8Array(privateEncrypt({ key: privateKey, padding }, changed));
  };

/** Sets one byte. */
export const withByte =
  (offset: number, byte: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.map((value, index) => (index === offset ? byte : value));

/** Flips the lowest bit of one byte. */
export const flipped =
  (offset: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.map((value, index) => (index === offset ? value ^ 1 : value));

/** Adds a byte at the end. */
export const longer = (bytes: Uint8Array): Uint8Array => concat(bytes, new Uint8Array(1));

/** Drops the last byte. */
export const shorter = (bytes: Uint8Array): Uint8Array => bytes.slice(0, -1);

/** Replaces the value of a header by what a function makes of it. */
export const withValue =
  (name: string, change: (value: string) => string) =>
  (headers: HeaderList): HeaderList =>
    headers.map(([each, value]) => [each, each === name ? change(value) : value]);
