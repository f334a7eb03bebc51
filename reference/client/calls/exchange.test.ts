import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createReplayMemory } from '../../core/csl/replay-memory.ts';
import {
  callee,
  caller,
  offerMessage,
  pendingOffer,
} from '../../core/csl/testing/exchange-support.ts';
import { makeRequest } from '../../core/sip/message.ts';
import { phoneParts } from '../parts.ts';
import { newIncomingCall, newOutgoingCall } from './call.ts';
import { freshValues, receivedMessage, verifyingContext } from './exchange.ts';
import type { Line } from './line.ts';

const line = (change: Partial<Line> = {}): Line => ({
  own: caller,
  clientAuthorities: [],
  host: '127.0.0.1',
  parts: phoneParts,
  logs: { refusal: () => undefined },
  command: () => undefined,
  changed: () => undefined,
  replayMemory: createReplayMemory(0),
  portWork: new Set(),
  shown: null,
  arriving: null,
  held: null,
  autoAnswer: false,
  ...change,
});

describe('what a message is verified with', () => {
  it('holds the exchange under way, so that nothing of it is accepted as the peer’s', async () => {
    const shown = newOutgoingCall('call-1', callee.number);
    const pending = pendingOffer();
    shown.pending = pending;
    const { underWay } = await verifyingContext(line({ shown }), offerMessage());
    expect(underWay).toEqual([pending]);
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
    const call = newOutgoingCall('call-1', callee.number);
    const [first, second] = [freshValues(line({ logs }), call), freshValues(line(), call)];
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
