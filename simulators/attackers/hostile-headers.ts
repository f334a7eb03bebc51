import { sign, type KeyObject } from 'node:crypto';
import { concat, fromBase64, latin1, toBase64, utf8 } from '../../reference/core/bytes.ts';
import {
  header,
  replaceHeader,
  withBody,
  withoutHeader,
  type SipMessage,
} from '../../reference/core/sip/message/message.ts';
import { readSdp } from './call-sdp.ts';
import {
  answerPreimage,
  confirmationTag,
  cslHash,
  deriveCslKeys,
  offerPreimage,
  readInfo1,
  type AnswerFields,
  type CslKeys,
  type Info1,
  type OfferFields,
} from './csl-bytes.ts';
import { userOf } from './sip-dialog.ts';

const cslNames = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] as const;
export type CslName = (typeof cslNames)[number];

/** Bytes of an X-CSL header; none where it is absent or no base64. */
export const cslValue = (message: SipMessage, name: CslName): Uint8Array => {
  const bytes = fromBase64(header(message, name)?.trim() ?? '');
  return bytes.ok ? bytes.value : new Uint8Array(0);
};

/** The message with other bytes in an X-CSL header. */
export const withCslValue = <Message extends SipMessage>(
  message: Message,
  name: CslName,
  bytes: Uint8Array,
): Message => replaceHeader(message, name, toBase64(bytes));

/** The message without any X-CSL header. */
export const stripped = <Message extends SipMessage>(message: Message): Message =>
  cslNames.reduce((left, name) => withoutHeader(left, name), message);

/** X-CSL headers in a message, 0 to 4. */
export const countCsl = (message: SipMessage): number =>
  cslNames.filter((name) => header(message, name) !== undefined).length;

/** The message with all X-CSL headers of another. */
export const withCslOf = <Message extends SipMessage>(
  message: Message,
  other: SipMessage,
): Message =>
  cslNames.reduce((changed, name) => {
    const value = header(other, name);
    return value === undefined
      ? withoutHeader(changed, name)
      : replaceHeader(changed, name, value.trim());
  }, message);

/** The message with its session description as text, changed. */
export const withSdp = <Message extends SipMessage>(
  message: Message,
  change: (text: string) => string,
): Message => withBody(message, utf8(change(latin1(message.body))));

const infoOffset = { publicValue: 42 } as const;

/** X-CSL-Info1 with another public value (256 bytes), everything else as it was. */
export const withPublicValue = <Message extends SipMessage>(
  message: Message,
  publicValue: Uint8Array,
): Message => {
  const info = cslValue(message, 'X-CSL-Info1');
  return withCslValue(
    message,
    'X-CSL-Info1',
    concat(info.subarray(0, infoOffset.publicValue), publicValue),
  );
};

/** Signature and tag of X-CSL-Info2, as long as they are there. */
export const partsOf = (message: SipMessage) => {
  const info2 = cslValue(message, 'X-CSL-Info2');
  return { signature: info2.slice(2, 258), tag: info2.slice(258) };
};

/** X-CSL-Info2 of a 200 with these parts. */
export const withAnswerParts = <Message extends SipMessage>(
  message: Message,
  signature: Uint8Array,
  tag: Uint8Array,
): Message => withCslValue(message, 'X-CSL-Info2', concat(Uint8Array.of(1, 3), signature, tag));

/** What an INVITE's signature covers, as anyone reads it who sees the message; null where it is not of I-3's form. */
export const offerFieldsOf = (invite: SipMessage): OfferFields | null => {
  const media = readSdp(invite.body)?.text;
  if (media === undefined) return null;
  return {
    callId: header(invite, 'Call-ID') ?? '',
    callerNumber: userOf(header(invite, 'From')),
    calleeNumber: userOf(header(invite, 'To')),
    certificate: cslValue(invite, 'X-CSL-From'),
    info1: cslValue(invite, 'X-CSL-Info1'),
    media,
  };
};

/** What a 200's signature covers after this INVITE; null where either is not of I-3's form. */
export const answerFieldsOf = (invite: SipMessage, answer: SipMessage): AnswerFields | null => {
  const offer = offerFieldsOf(invite);
  const media = readSdp(answer.body)?.text;
  if (!offer || media === undefined) return null;
  return {
    offerHash: cslHash(offerPreimage(offer)),
    certificate: cslValue(answer, 'X-CSL-From'),
    info1: cslValue(answer, 'X-CSL-Info1'),
    media,
  };
};

/** INVITE and 200 of one side's view of an exchange. */
export interface SeenExchange {
  readonly answerHash: Uint8Array;
  readonly caller: Info1;
  readonly callee: Info1;
}

/** Everything about an exchange but its secret; null where the messages do not show one. */
export const exchangeOf = (invite: SipMessage, answer: SipMessage): SeenExchange | null => {
  const fields = answerFieldsOf(invite, answer);
  const caller = readInfo1(cslValue(invite, 'X-CSL-Info1'));
  const callee = readInfo1(cslValue(answer, 'X-CSL-Info1'));
  if (!fields || !caller || !callee) return null;
  return { answerHash: cslHash(answerPreimage(fields)), caller, callee };
};

/** The keys of an exchange if this were its secret (256 bytes). */
export const keysWith = (exchange: SeenExchange, secret: Uint8Array): CslKeys =>
  deriveCslKeys(secret, exchange.caller.nonce, exchange.callee.nonce, exchange.answerHash);

/** The callee's tag under keys. */
export const calleeTag = (exchange: SeenExchange, keys: CslKeys): Uint8Array =>
  confirmationTag(keys.calleeConfirm, exchange.answerHash);

/** The caller's tag under keys, as X-CSL-Info2 of an ACK. */
export const callerConfirmation = (exchange: SeenExchange, keys: CslKeys): Uint8Array =>
  concat(Uint8Array.of(1, 2), confirmationTag(keys.callerConfirm, exchange.answerHash));

/** RSA-SHA256 over a preimage. */
export const signature = (preimage: Uint8Array, key: KeyObject): Uint8Array =>
  new Uint8Array(sign('sha256', preimage, key));
