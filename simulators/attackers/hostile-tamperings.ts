import {
  header,
  replaceHeader,
  type SipMessage,
} from '../../reference/core/sip/message/message.ts';
import { answerPreimage, offerPreimage, publicValueOf, sharedSecretOf } from './csl-bytes.ts';
import {
  answerFieldsOf,
  calleeTag,
  callerConfirmation,
  cslValue,
  exchangeOf,
  keysWith,
  offerFieldsOf,
  partsOf,
  signature,
  stripped,
  withAnswerParts,
  withCslOf,
  withCslValue,
  withPublicValue,
  withSdp,
} from './hostile-headers.ts';
import { fresh, stageOf, type HostileOperator, type Stage } from './hostile-operator.ts';
import type { Letter, Tampering } from './hostile-switch.ts';

/** What a tampering works with: the operator, both numbers, and INVITE and 200 of an honest call before. */
export interface Scene {
  readonly operator: HostileOperator;
  readonly caller: string;
  readonly callee: string;
  readonly before: readonly SipMessage[];
  /** Subject Key Identifier of the callee's certificate (20 bytes). */
  readonly calleeIdentifier: Uint8Array;
}

/** Makes a tampering for one call. */
export type Plot = (scene: Scene) => Tampering;

/** Changes the messages of one stage. */
export const at =
  (stage: Stage, change: (message: SipMessage, scene: Scene) => SipMessage): Plot =>
  (scene) =>
  (letter) => [
    stageOf(letter.message) === stage
      ? { ...letter, message: change(letter.message, scene) }
      : letter,
  ];

const swapValue = (message: SipMessage): SipMessage =>
  withPublicValue(message, publicValueOf(fresh()));

const flipTag = (message: SipMessage): SipMessage =>
  withCslValue(
    message,
    'X-CSL-Info2',
    cslValue(message, 'X-CSL-Info2').map((byte, index) => (index === 20 ? byte ^ 1 : byte)),
  );

/** A 200 that gives the caller something of its own back; the rest is the callee's. */
const reflecting =
  (whole: boolean): Plot =>
  () => {
    let invite: SipMessage | null = null;
    return (letter) => {
      const stage = stageOf(letter.message);
      if (stage === 'invite') invite = letter.message;
      if (stage !== 'answer' || !invite) return [letter];
      const info = withCslValue(letter.message, 'X-CSL-Info1', cslValue(invite, 'X-CSL-Info1'));
      const from = cslValue(invite, 'X-CSL-From');
      return [{ ...letter, message: whole ? withCslValue(info, 'X-CSL-From', from) : info }];
    };
  };

/**
 * The whole man in the middle against an agreement that only a MAC protects: an exponent of its own towards each phone, every
 * tag recomputed. What it cannot recompute is the signatures.
 */
const manInTheMiddle: Plot = ({ operator }) => {
  const exponent = fresh();
  const ownValue = publicValueOf(exponent);
  const seen: { invite?: SipMessage; changed?: SipMessage; answer?: SipMessage } = {};
  const onInvite = (message: SipMessage): SipMessage => {
    seen.invite = message;
    seen.changed = withPublicValue(message, ownValue);
    return seen.changed;
  };
  const onAnswer = (message: SipMessage): SipMessage => {
    const { invite, changed } = seen;
    seen.answer = message;
    const swapped = withPublicValue(message, ownValue);
    const towardsCallee = changed && exchangeOf(changed, message);
    const towardsCaller = invite && exchangeOf(invite, swapped);
    if (!towardsCallee || !towardsCaller) return message;
    const calleeSecret = sharedSecretOf(exponent, towardsCallee.callee.publicValue);
    const callerKeys = keysWith(
      towardsCaller,
      sharedSecretOf(exponent, towardsCaller.caller.publicValue),
    );
    operator.computed.push(keysWith(towardsCallee, calleeSecret), callerKeys);
    return withAnswerParts(
      swapped,
      partsOf(message).signature,
      calleeTag(towardsCaller, callerKeys),
    );
  };
  const onAck = (message: SipMessage): SipMessage => {
    const exchange = seen.changed && seen.answer && exchangeOf(seen.changed, seen.answer);
    if (!exchange) return message;
    const secret = sharedSecretOf(exponent, exchange.callee.publicValue);
    const confirmation = callerConfirmation(exchange, keysWith(exchange, secret));
    return withCslValue(message, 'X-CSL-Info2', confirmation);
  };
  const changes = { invite: onInvite, answer: onAnswer, ack: onAck };
  return (letter) => {
    const stage = stageOf(letter.message);
    return [stage ? { ...letter, message: changes[stage](letter.message) } : letter];
  };
};

/** The 200 half of it alone, against a caller that checks no signature. */
const answerRecomputed: Plot = ({ operator }) => {
  const exponent = fresh();
  let invite: SipMessage | null = null;
  return (letter) => {
    const stage = stageOf(letter.message);
    if (stage === 'invite') invite = letter.message;
    if (stage !== 'answer' || !invite) return [letter];
    const swapped = withPublicValue(letter.message, publicValueOf(exponent));
    const exchange = exchangeOf(invite, swapped);
    if (!exchange) return [letter];
    const keys = keysWith(exchange, sharedSecretOf(exponent, exchange.caller.publicValue));
    operator.computed.push(keys);
    const { signature: kept } = partsOf(letter.message);
    return [{ ...letter, message: withAnswerParts(swapped, kept, calleeTag(exchange, keys)) }];
  };
};

/** Puts one text for another in From and To of what goes to the callee, and back in what goes to the caller. */
const renaming =
  (from: string, to: string, names: readonly ('From' | 'To')[] = ['From', 'To']) =>
  ({ callee }: Scene, letter: Letter): Letter => {
    const [old, next] = letter.to === callee ? [from, to] : [to, from];
    const message = names.reduce(
      (changed, name) =>
        replaceHeader(changed, name, (header(changed, name) ?? '').replace(old, next)),
      letter.message,
    );
    return { ...letter, message };
  };

/** Leads caller and callee to believe in different callers: the operator's user takes the caller's place, with the caller's public value. */
const misboundCaller: Plot = (scene) => {
  const { operator, caller } = scene;
  const { user, authority } = operator;
  const rename = renaming(caller, user.number);
  return (letter) => {
    const renamed = rename(scene, letter);
    if (stageOf(letter.message) !== 'invite') return [renamed];
    const certified = withCslValue(
      withCslValue(renamed.message, 'X-CSL-From', user.certificate),
      'X-CSL-From-Chain',
      authority,
    );
    const fields = offerFieldsOf(certified);
    if (!fields) return [renamed];
    const signed = signature(offerPreimage(fields), user.key);
    const info2 = Uint8Array.of(1, 1, ...signed);
    return [{ ...renamed, message: withCslValue(certified, 'X-CSL-Info2', info2) }];
  };
};

/** The operator's user takes the callee's place, with the callee's public value and tag. */
const misboundCallee: Plot = ({ operator }) => {
  let invite: SipMessage | null = null;
  return (letter) => {
    const stage = stageOf(letter.message);
    if (stage === 'invite') invite = letter.message;
    if (stage !== 'answer' || !invite) return [letter];
    const { user, authority } = operator;
    const certified = withCslValue(
      withCslValue(letter.message, 'X-CSL-From', user.certificate),
      'X-CSL-From-Chain',
      authority,
    );
    const fields = answerFieldsOf(invite, certified);
    if (!fields) return [letter];
    const signed = signature(answerPreimage(fields), user.key);
    return [
      { ...letter, message: withAnswerParts(certified, signed, partsOf(letter.message).tag) },
    ];
  };
};

/** The 200 of an honest call before, in this one. */
const oldAnswer: Plot = at('answer', (message, { before }) => {
  const answer = before.find((each) => stageOf(each) === 'answer');
  return answer ? withCslOf(message, answer) : message;
});

const toOther = (number: string): string => `${number.slice(0, -1)}${number.endsWith('0') ? 1 : 0}`;

const renamedInvite =
  (name: 'From' | 'To', change: (number: string) => string): Plot =>
  (scene) => {
    const number = name === 'From' ? scene.caller : scene.callee;
    const rename = renaming(number, change(number), [name]);
    return (letter) => [rename(scene, letter)];
  };

const inClear = (text: string): string => text.replace('RTP/SAVP', 'RTP/AVP');
const sendOnly = (text: string): string => text.replace(/a=sendrecv/, 'a=sendonly');
const receiveOnly = (text: string): string => text.replace(/a=sendrecv/, 'a=recvonly');
const wideband = (text: string): string => text.replace('SPEEX/8000', 'SPEEX/16000');

/** What a hostile server does to the key agreement of a call (catalogue K3 to K6, K8, K9, K11, K14). */
export const keyAgreementPlots = {
  'value-in-invite': at('invite', swapValue),
  'value-in-answer': at('answer', swapValue),
  'man-in-the-middle': manInTheMiddle,
  'answer-recomputed': answerRecomputed,
  'reflected-value': reflecting(false),
  'reflected-identity': reflecting(true),
  'altered-ack': at('ack', flipTag),
  'misbound-caller': misboundCaller,
  'misbound-callee': misboundCallee,
  'old-answer': oldAnswer,
  'stripped-invite': at('invite', stripped),
  'stripped-answer': at('answer', stripped),
  'stripped-ack': at('ack', stripped),
  'plain-offer': at('invite', (message) => withSdp(stripped(message), inClear)),
  'offer-direction': at('invite', (message) => withSdp(message, sendOnly)),
  'answer-direction': at('answer', (message) => withSdp(message, receiveOnly)),
  codec: at('invite', (message) => withSdp(message, wideband)),
  'caller-number': renamedInvite('From', toOther),
  'callee-number': renamedInvite('To', toOther),
  'encoded-number': renamedInvite('To', (number) => number.replace('+', '%2B')),
} as const satisfies Readonly<Record<string, Plot>>;
