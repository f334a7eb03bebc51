import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { csl1, cslChecks } from '../../core/csl/key-agreement.ts';
import { createReplayMemory } from '../../core/csl/replay-memory.ts';
import {
  callee,
  caller,
  filled,
  now,
  offerMessage,
} from '../../core/csl/testing/exchange-support.ts';
import { makeRequest } from '../../core/sip/message/message.ts';
import { phoneParts } from '../parts.ts';
import { newIncomingCall, newOutgoingCall } from './call.ts';
import { freshValues, receivedMessage, verifyingContext } from './exchange.ts';
import type { Line } from './line.ts';

const agreement = csl1.create(cslChecks);

const offer = () => {
  const made = agreement.createOffer({
    exponent: filled(64, 1),
    nonce: filled(32, 2),
    time: now,
    own: caller,
    dialled: callee.number,
    callId: 'call-1',
    media: 'RTP/SAVP 97 SPEEX/8000 20 sendrecv',
  });
  if (!made.ok) throw new Error(made.error.code);
  return made.value;
};

const line = (change: Partial<Line> = {}): Line => ({
  own: caller,
  clientAuthorities: [],
  host: '127.0.0.1',
  parts: phoneParts,
  logs: { refusal: () => undefined },
  askStatus: () => Promise.resolve('good'),
  command: () => undefined,
  changed: () => undefined,
  replayMemory: createReplayMemory(0),
  agreement,
  portWork: new Set(),
  shown: null,
  arriving: null,
  engaged: null,
  autoAnswer: false,
  ...change,
});

describe('what a message is verified with', () => {
  it('holds the exchange under way, so that nothing of it is accepted as the peer’s', async () => {
    const shown = newOutgoingCall('call-1', callee.number);
    shown.pending = offer();
    const { underWay } = await verifyingContext(line({ shown }), offerMessage());
    expect(underWay).toEqual([shown.pending.underWay]);
    const talking = newIncomingCall('call-1', callee.number);
    const stream = { ssrc: 1, direction: 'sendonly' } as const;
    talking.change = { kind: 'offered', offer: offer(), stream, isHolding: true };
    const later = await verifyingContext(line({ shown: talking }), offerMessage());
    expect(later.underWay).toEqual([talking.change.offer.underWay]);
    const arriving = newIncomingCall('call-2', callee.number);
    expect((await verifyingContext(line({ arriving }), offerMessage())).underWay).toEqual([]);
  });

  it('asks about a certificate, and about nothing else', async () => {
    const message = offerMessage();
    expect((await verifyingContext(line(), message)).revocation).toBe('good');
    const without = { ...message, headers: [] };
    expect((await verifyingContext(line(), without)).revocation).toBe('not-consulted');
  });
});

describe('fresh values', () => {
  it('differ every time, and are logged for a testbed only', () => {
    const logged: string[] = [];
    const logs = {
      refusal: () => undefined,
      keyAgreement: ({ exponent }: { readonly exponent: string }) => void logged.push(exponent),
    };
    const first = freshValues(line({ logs }), 'call-1', 'caller');
    const second = freshValues(line(), 'call-1', 'caller');
    expect(logged).toEqual([Buffer.from(first.exponent).toString('hex')]);
    expect(first.exponent).toHaveLength(64);
    expect(first.nonce).toHaveLength(32);
    expect(first.exponent).not.toEqual(second.exponent);
    expect(first.nonce).not.toEqual(second.nonce);
  });
});

describe('a message as received', () => {
  it('has the user parts byte for byte, nothing decoded', () => {
    const message = makeRequest('INVITE', 'sip:x', [
      ['From', '<sip:%2B33612345678@x>;tag=1'],
      ['To', '<tel:+33687654321>'],
    ]);
    expect(receivedMessage(message)).toMatchObject({
      callId: '',
      fromUser: '%2B33612345678',
      toUser: '',
      media: { ok: false },
    });
  });

  test.prop([fc.string(), fc.string(), fc.uint8Array({ maxLength: 50 })], { numRuns: 200 })(
    'is read whatever it holds',
    (from, to, body) => {
      const message = makeRequest(
        'INVITE',
        'sip:x',
        [
          ['From', from],
          ['To', to],
        ],
        body,
      );
      const read = receivedMessage(message);
      expect(read.media.ok).toBe(false);
      expect(from).toContain(read.fromUser);
    },
  );
});
