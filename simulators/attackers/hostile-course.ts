import { randomInt } from 'node:crypto';
import {
  allHeaders,
  header,
  replaceHeader,
  withBody,
  withHeaders,
  type SipMessage,
  type SipRequest,
} from '../../reference/core/sip/message/message.ts';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import { speexFrame } from './call-media.ts';
import { ownMediaText, readSdp, writeSdp } from './call-sdp.ts';
import type { EnrolledIdentity } from './call-faults.ts';
import { readOffer, writeAnswer } from './csl-exchange.ts';
import { offerFieldsOf } from './hostile-headers.ts';
import { fresh, stageOf } from './hostile-operator.ts';
import { tagOf } from './hostile-requests.ts';
import type { Letter } from './hostile-switch.ts';
import type { Plot, Scene } from './hostile-tamperings.ts';
import { responseTo } from './sip-link.ts';

/** To tag of what the server says in the callee's name. */
const ownTag = 'hostile';

/** Milliseconds that a phone has to send early media, if it does. */
const earlyMs = 100;

/** A response to a letter's request, back to whom it came from. */
const back = ({ from, to }: Letter, message: SipMessage): Letter => ({
  from: to,
  to: from,
  message,
});

/** Takes what a phone says in a dialog of the server's own making: an ACK is enough, anything else is granted. */
const granting = (letter: Letter): readonly Letter[] => {
  const { message } = letter;
  if (message.kind === 'response' || message.method === 'ACK') return [];
  return [back(letter, responseTo(message, 200, 'OK', ownTag))];
};

const isOwnDialog = ({ message }: Letter): boolean => tagOf(header(message, 'To')) === ownTag;

/** Packets of audio that the server sends of its own. */
const ownPackets = 5;

/** A frame in clear. */
const clearPacket = (sequence: number): Uint8Array =>
  serializeRtp({
    marker: false,
    payloadType: 97,
    sequence,
    timestamp: sequence * 160,
    ssrc: 0x68_6f_73_74,
    csrc: [],
    extension: null,
    payload: speexFrame(),
    padding: new Uint8Array(0),
  });

/** Audio in clear, and a 183 that asks for some, before anything is verified; the INVITE goes on only afterwards. */
const earlyMedia: Plot = ({ operator, caller }) => {
  const { tap } = operator;
  let done = false;
  return async (letter) => {
    const { message } = letter;
    if (done || stageOf(message) !== 'invite' || message.kind !== 'request') return [letter];
    done = true;
    const nowhere = writeSdp('127.0.0.1', 9, randomInt(2 ** 31));
    const sdp = await tap.redirect(letter.to, nowhere);
    const progress = responseTo(message, 183, 'Session Progress', ownTag);
    const early = withHeaders(progress, [['Content-Type', 'application/sdp']]);
    operator.switch.send(caller, withBody(early, sdp));
    for (let sequence = 1; sequence <= ownPackets; sequence += 1)
      tap.inject(caller, clearPacket(sequence));
    await tap.heard(earlyMs);
    operator.early.packets = tap.count();
    return [letter];
  };
};

/** A second 200 after the true one, from another branch that a fork might have. */
const secondAnswer: Plot = () => {
  let done = false;
  return (letter) => {
    if (isOwnDialog(letter)) return granting(letter);
    if (done || stageOf(letter.message) !== 'answer') return [letter];
    done = true;
    const to = header(letter.message, 'To') ?? '';
    const other = replaceHeader(letter.message, 'To', to.replace(tagOf(to), ownTag));
    return [letter, { ...letter, message: other }];
  };
};

/** The first ACK is lost: the callee must say its 200 again, the caller its ACK. */
const lostAck: Plot = () => {
  let lost = false;
  return (letter) => {
    if (lost || stageOf(letter.message) !== 'ack') return [letter];
    lost = true;
    return [];
  };
};

const repeatedAck: Plot = () => (letter) =>
  stageOf(letter.message) === 'ack' ? [letter, letter] : [letter];

/** Sends the caller elsewhere: to the operator's own user. */
const redirection: Plot =
  ({ operator }) =>
  (letter) => {
    const { message } = letter;
    if (isOwnDialog(letter)) return granting(letter);
    if (stageOf(message) !== 'invite' || message.kind !== 'request') return [letter];
    const elsewhere = `<sip:${operator.user.number}@${operator.sip.host};transport=tls>`;
    const moved = responseTo(message, 302, 'Moved Temporarily', ownTag);
    return [back(letter, withHeaders(moved, [['Contact', elsewhere]]))];
  };

const answerAs = async (
  { operator, callee }: Scene,
  letter: Letter,
  invite: SipRequest,
  { certificate, key }: EnrolledIdentity,
): Promise<readonly Letter[]> => {
  const fields = offerFieldsOf(invite);
  const media = readSdp(invite.body)?.text ?? '';
  const offer = fields && readOffer(allHeaders(invite), fields, media);
  if (!offer?.ok) return [letter];
  const party = { certificate, chain: operator.authority, key, media: ownMediaText };
  const values = { nonce: fresh(), time: Date.now(), exponent: fresh() };
  const answer = writeAnswer({ ...party, ...values }, offer.value);
  operator.computed.push(answer.keys);
  const sdp = await operator.tap.redirect(callee, writeSdp('127.0.0.1', 9, randomInt(2 ** 31)));
  const response = withHeaders(responseTo(invite, 200, 'OK', ownTag), [
    ['Contact', `<sip:${callee}@${operator.sip.host};transport=tls>`],
    ...answer.headers,
    ['Content-Type', 'application/sdp'],
  ]);
  return [back(letter, withBody(response, sdp))];
};

/** Speaks to the caller with the keys that the operator's own answer came to. */
const speak = ({ operator, caller }: Scene): void => {
  const keys = operator.computed.at(-1);
  const sender = keys && aesCm128HmacSha1Tag80.sender(keys.calleeToCaller);
  for (let sequence = 1; sequence <= ownPackets; sequence += 1) {
    const packet = sender?.protectRtp(clearPacket(sequence));
    if (packet?.ok) operator.tap.inject(caller, packet.value);
  }
};

/** Answers in the callee's place with a certificate that the operator's own authority issued, and keys that it knows. */
const impersonation =
  (identity: (scene: Scene) => EnrolledIdentity): Plot =>
  (scene) => {
    return (letter) => {
      const { message } = letter;
      if (isOwnDialog(letter)) {
        if (stageOf(message) === 'ack') speak(scene);
        return granting(letter);
      }
      return stageOf(message) === 'invite' && message.kind === 'request'
        ? answerAs(scene, letter, message, identity(scene))
        : [letter];
    };
  };

/** What a hostile server does to the course of a call (catalogue K10, K12, K14). */
export const coursePlots = {
  'early-media': earlyMedia,
  'second-answer': secondAnswer,
  'lost-ack': lostAck,
  'repeated-ack': repeatedAck,
  redirection,
  'answered-by-another': impersonation(({ operator }) => operator.user),
  'forged-identity': impersonation(({ operator, callee }) => operator.forge(callee)),
  'lying-identifier': impersonation(({ operator, callee, calleeIdentifier }) =>
    operator.forge(callee, calleeIdentifier),
  ),
} as const satisfies Readonly<Record<string, Plot>>;
