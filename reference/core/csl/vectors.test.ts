import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { keyIdentifierOf } from '../pki/certificate.ts';
import { parseMedia } from '../sdp/media.ts';
import { writeSession } from '../sdp/write.ts';
import { createAnswer, verifyAnswer } from './answer.ts';
import type { DialogHistory } from './checks.ts';
import { verifyConfirmation } from './confirmation.ts';
import { displayedIdentifier } from './identifier.ts';
import { deriveFromExponent, type SessionKeys } from './key-schedule.ts';
import type { ReceivedMessage } from './message.ts';
import { createOffer, verifyOffer, type PendingOffer } from './offer.ts';
import { createReplayMemory } from './replay-memory.ts';
import {
  bytesOf,
  certificateDer,
  certificateNamed,
  directionIn,
  must,
  number,
  partyOf,
  vectors,
  type VectorExchange,
  type VectorSide,
} from './testing/vector-support.ts';

const exponentOf = (side: VectorSide): Uint8Array => bytesOf(side.exponent, 40);

const historyOf = (
  { inputs }: VectorExchange,
  own: VectorSide,
  peer: VectorSide,
): { readonly previous?: DialogHistory } =>
  inputs.previous_h_answer === null
    ? {}
    : {
        previous: {
          answerHash: bytesOf(inputs.previous_h_answer),
          ownCertificate: certificateDer(own.certificate),
          peerCertificate: certificateDer(peer.certificate),
        },
      };

const received = (
  { inputs }: VectorExchange,
  headers: ReceivedMessage['headers'],
  media: string,
): ReceivedMessage => ({
  headers,
  callId: inputs.call_id,
  fromUser: inputs.caller.number,
  toUser: inputs.dialled,
  media: parseMedia(
    writeSession({
      address: '192.0.2.1',
      port: 40_000,
      ssrc: 1,
      direction: directionIn(media),
      sessionId: 1,
      version: 1,
    }),
  ),
});

const expectSessionKeys = (keys: SessionKeys, expected: VectorExchange['keys']): void => {
  expect(toHex(keys.callerToCallee.masterKey)).toBe(expected.caller_to_callee_key);
  expect(toHex(keys.callerToCallee.masterSalt)).toBe(expected.caller_to_callee_salt);
  expect(toHex(keys.calleeToCaller.masterKey)).toBe(expected.callee_to_caller_key);
  expect(toHex(keys.calleeToCaller.masterSalt)).toBe(expected.callee_to_caller_salt);
};

const offerInput = (vector: VectorExchange) => {
  const { inputs } = vector;
  const { caller, callee } = inputs;
  return {
    own: partyOf(caller),
    dialled: number(inputs.dialled),
    callId: inputs.call_id,
    media: caller.media,
    exponent: exponentOf(caller),
    nonce: bytesOf(caller.nonce),
    time: caller.time,
    ...historyOf(vector, caller, callee),
  };
};

const pendingOf = (vector: VectorExchange): PendingOffer => {
  const input = offerInput(vector);
  if (!vector.receiver_only) return must(createOffer(input)).pending;
  return {
    own: input.own,
    dialled: input.dialled,
    offerHash: bytesOf(vector.invite.h_offer),
    exponent: input.exponent,
    nonce: input.nonce,
    publicValue: bytesOf(vector.invite.public, 256),
    previous: undefined,
  };
};

const authoritiesOf = ({ inputs }: VectorExchange) =>
  inputs.stored_client_authorities.map(certificateNamed);

const receiveOffer = (vector: VectorExchange) => {
  const { caller, callee } = vector.inputs;
  return verifyOffer(received(vector, vector.invite.headers, caller.media), {
    own: partyOf(callee),
    clientAuthorities: authoritiesOf(vector),
    now: callee.now_at_invite,
    elapsed: callee.now_at_invite - callee.start,
    replayMemory: createReplayMemory(callee.start),
    underWay: [],
    revocation: 'good',
    ...historyOf(vector, callee, caller),
  });
};

describe.each(vectors.good)('$id: $note', (vector) => {
  const { caller, callee } = vector.inputs;

  it('the callee accepts the INVITE, makes the same 200 and keys, and accepts the ACK', () => {
    const verified = must(receiveOffer(vector));
    expect(verified.displayed).toEqual({
      local: vector.displayed.callee,
      peer: vector.displayed.caller,
    });
    expect(verified.peer.number).toBe(caller.number);
    const answer = must(
      createAnswer(verified, {
        media: callee.media,
        exponent: exponentOf(callee),
        nonce: bytesOf(callee.nonce),
        time: callee.time,
      }),
    );
    expect(toHex(answer.preimage)).toBe(vector['200'].answer_preimage);
    expect(answer.headers).toEqual(vector['200'].headers);
    expectSessionKeys(answer.keys, vector.keys);
    const confirmed = must(verifyConfirmation(answer.pending, vector.ack.headers));
    expect(toHex(confirmed.answerHash)).toBe(vector['200'].h_answer);
  });

  it('the caller accepts the 200 and makes the same ACK and keys', () => {
    const answer = must(
      verifyAnswer(pendingOf(vector), received(vector, vector['200'].headers, callee.media), {
        clientAuthorities: authoritiesOf(vector),
        now: caller.now_at_200,
        underWay: [],
        revocation: 'good',
      }),
    );
    expect(answer.ackHeaders).toEqual(vector.ack.headers);
    expectSessionKeys(answer.keys, vector.keys);
    expect(toHex(answer.answerHash)).toBe(vector['200'].h_answer);
    expect(answer.peer.number).toBe(callee.number);
    expect(answer.displayed).toEqual({
      local: vector.displayed.caller,
      peer: vector.displayed.callee,
    });
  });

  it.each([
    ['caller', caller, vector.invite.public, vector['200'].public],
    ['callee', callee, vector['200'].public, vector.invite.public],
  ])('a checker recomputes everything from the exponent of the %s', (_, side, own, peer) => {
    const derived = deriveFromExponent({
      exponent: exponentOf(side),
      peerPublicValue: bytesOf(peer, 256),
      callerNonce: bytesOf(caller.nonce),
      calleeNonce: bytesOf(callee.nonce),
      answerHash: bytesOf(vector['200'].h_answer),
    });
    expect(toHex(derived.publicValue)).toBe(own);
    expect(toHex(derived.sharedSecret)).toBe(vector.keys.shared_secret);
    expect(toHex(derived.keys.callerConfirmation)).toBe(vector.keys.caller_confirm);
    expect(toHex(derived.keys.calleeConfirmation)).toBe(vector.keys.callee_confirm);
    expectSessionKeys(derived.keys.session, vector.keys);
  });

  it('shows the identifiers that both certificates have', () => {
    for (const [side, text] of [
      [caller, vector.displayed.caller],
      [callee, vector.displayed.callee],
    ] as const)
      expect(displayedIdentifier(keyIdentifierOf(certificateNamed(side.certificate)))).toBe(text);
  });
});

it.each(vectors.good.filter(({ receiver_only }) => !receiver_only))(
  '$id: the caller makes the same INVITE',
  (vector) => {
    const offer = must(createOffer(offerInput(vector)));
    expect(toHex(offer.preimage)).toBe(vector.invite.offer_preimage);
    expect(toHex(offer.pending.offerHash)).toBe(vector.invite.h_offer);
    expect(offer.headers).toEqual(vector.invite.headers);
  },
);

it('a re-INVITE signs the answer before it: with another one the signature fails', () => {
  const [vector] = vectors.good.filter(({ inputs }) => inputs.previous_vector === 'good-1');
  if (!vector) throw new Error('the fixtures have no re-INVITE');
  const altered = { ...vector, inputs: { ...vector.inputs, previous_h_answer: '00'.repeat(32) } };
  expect(receiveOffer(altered)).toMatchObject({ ok: false, error: { code: 'signature' } });
});

it('only a vector for receivers has an exponent too small to send', () => {
  for (const vector of vectors.good) {
    const { exponent } = vector.inputs.caller;
    const outcome = createOffer({ ...offerInput(vector), exponent: bytesOf(exponent) });
    expect(outcome.ok).toBe(!vector.receiver_only);
  }
});
