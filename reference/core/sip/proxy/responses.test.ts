import { describe, expect, it } from 'vitest';
import {
  header,
  listValues,
  replaceFirstValue,
  type SipRequest,
  withHeader,
} from '../message/message.ts';
import type { RegistrarProxyInput, RegistrarProxyOutput } from './registrar-proxy.ts';
import {
  ALICE,
  BOB,
  codes,
  createProxy,
  request,
  responses,
  sentMessages,
} from '../testing/request-fixture.ts';
import { respond } from '../message/responses.ts';

const T0 = 1000;

const forwardedTo = (outputs: readonly RegistrarProxyOutput[]): SipRequest => {
  const sent = sentMessages(outputs).find((message) => message.kind === 'request');
  if (sent?.kind !== 'request') throw new Error('not forwarded');
  return sent;
};

const setUp = (method = 'INVITE', options: Parameters<typeof createProxy>[0] = {}) => {
  const { proxy, from, register } = createProxy(options);
  register(ALICE);
  register(BOB);
  const original = request(method, { branch: 'z9hG4bKoriginal' });
  const sent = forwardedTo(from(ALICE, original));
  const at = (now: number, input: RegistrarProxyInput = { kind: 'tick' }) =>
    proxy.handle(input, now);
  const bobSays = (now: number, status: number, toTag = 'bob') =>
    at(now, {
      kind: 'message',
      connection: BOB,
      peer: { commonName: BOB, address: '10.0.1.2', port: 4000 },
      message: withHeader(respond(sent, status, { toTag }), 'Contact', `<sip:${BOB}@10.0.1.9>`),
    });
  return { proxy, from, original, sent, at, bobSays };
};

const statuses = (outputs: readonly RegistrarProxyOutput[]) =>
  responses(outputs).map(({ status }) => status);

describe('responses (RFC 3261 section 16.7)', () => {
  it('go back without the proxy’s Via, 100 excepted', () => {
    const { bobSays, original } = setUp();
    expect(sentMessages(bobSays(T0, 100))).toEqual([]);
    const [ringing] = responses(bobSays(T0, 180));
    expect(ringing && listValues(ringing, 'Via')).toHaveLength(1);
    expect(ringing && listValues(ringing, 'Via')[0]).toContain('branch=z9hG4bKoriginal');
    expect(header(original, 'CSeq')).toBe(ringing && header(ringing, 'CSeq'));
  });

  it('that answer nothing, come from elsewhere or have lost their Via are dropped', () => {
    const { from, sent } = setUp();
    const ringing = respond(sent, 180, { toTag: 'bob' });
    for (const [user, message, code] of [
      [ALICE, ringing, 'sip/response'],
      [
        BOB,
        replaceFirstValue(ringing, 'Via', 'SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKno'),
        'sip/response',
      ],
      [
        BOB,
        { ...ringing, headers: ringing.headers.filter(({ value }) => !value.includes('original')) },
        'sip/via',
      ],
    ] as const) {
      const outputs = from(user, message);
      expect(codes(outputs)).toEqual([code]);
      expect(sentMessages(outputs)).toEqual([]);
    }
  });

  it('repeated 2xx pass for 64*T1 (RFC 6026), other finals after a 2xx do not, and then neither', () => {
    const { bobSays } = setUp();
    expect(statuses(bobSays(T0, 200))).toEqual([200]);
    expect(statuses(bobSays(T0 + 500, 200))).toEqual([200]);
    expect(statuses(bobSays(T0 + 600, 486))).toEqual([]);
    expect(statuses(bobSays(T0 + 31_999, 200))).toEqual([200]);
    const late = bobSays(T0 + 32_000, 200);
    expect([statuses(late), codes(late)]).toEqual([[], ['sip/response']]);
  });

  it('absorb a repeated INVITE in silence after a 2xx, by repetition before', () => {
    const { from, original, bobSays } = setUp();
    expect(statuses(from(ALICE, original))).toEqual([100]);
    bobSays(T0, 180);
    expect(statuses(from(ALICE, original))).toEqual([180]);
    bobSays(T0, 200);
    expect(sentMessages(from(ALICE, original))).toEqual([]);
  });

  it('acknowledge a refusal hop by hop and make a phone’s 503 a 500', () => {
    const { from, bobSays } = setUp();
    const outputs = bobSays(T0, 503);
    expect(
      sentMessages(outputs).map((sent) => (sent.kind === 'request' ? sent.method : sent.status)),
    ).toEqual(['ACK', 500]);
    const acknowledged = from(ALICE, request('ACK', { branch: 'z9hG4bKoriginal' }));
    expect([sentMessages(acknowledged), codes(acknowledged)]).toEqual([[], []]);
  });

  it('to anything but INVITE: nothing provisional but 100, no 408 (RFC 4320)', () => {
    const ringing = setUp('OPTIONS');
    expect(sentMessages(ringing.bobSays(T0, 180))).toEqual([]);
    expect(statuses(ringing.bobSays(T0, 200))).toEqual([200]);
    const late = setUp('OPTIONS');
    expect(statuses(late.bobSays(T0, 408))).toEqual([]);
    const silent = setUp('OPTIONS');
    const outputs = silent.at(T0 + 32_000);
    expect([statuses(outputs), codes(outputs)]).toEqual([[], ['sip/timeout']]);
  });
});

describe('timer C (RFC 3261 sections 16.6 to 16.8)', () => {
  const cancels = (outputs: readonly RegistrarProxyOutput[]) =>
    sentMessages(outputs).filter((sent) => sent.kind === 'request' && sent.method === 'CANCEL');

  it('begins with the INVITE, is not set anew by 100, and cancels with a Reason', () => {
    const { bobSays, at } = setUp();
    bobSays(T0 + 10_000, 100);
    expect(cancels(at(T0 + 180_999))).toEqual([]);
    const [cancel] = cancels(at(T0 + 181_000));
    expect(cancel && header(cancel, 'Reason')).toBe('SIP;cause=408;text="Rang too long"');
  });

  it('is set anew by 101 to 199, each time', () => {
    const { bobSays, at } = setUp();
    bobSays(T0 + 10_000, 180);
    bobSays(T0 + 100_000, 183);
    expect(cancels(at(T0 + 280_999))).toEqual([]);
    expect(cancels(at(T0 + 281_000))).toHaveLength(1);
  });

  it('gives up 64*T1 after a CANCEL without effect, once', () => {
    const { bobSays, at } = setUp();
    bobSays(T0, 180);
    at(T0 + 181_000);
    const outputs = at(T0 + 181_000 + 32_000);
    expect([statuses(outputs), codes(outputs)]).toEqual([[487], ['sip/cancel-timeout']]);
    expect(outputs.filter(({ kind }) => kind === 'call-ended')).toHaveLength(1);
  });
});

describe('CANCEL (RFC 3261 section 16.10)', () => {
  it('is answered, waits for a provisional response, and keeps the caller’s Reason (RFC 3326)', () => {
    const { from, bobSays } = setUp();
    const reason = 'SIP;cause=200;text="Call completed elsewhere"';
    const cancel = withHeader(request('CANCEL', { branch: 'z9hG4bKoriginal' }), 'Reason', reason);
    expect(sentMessages(from(ALICE, cancel))).toMatchObject([{ status: 200 }]);
    const sent = forwardedTo(bobSays(T0, 180));
    expect([sent.method, header(sent, 'Reason')]).toEqual(['CANCEL', reason]);
    expect(statuses(bobSays(T0, 487))).toEqual([487]);
  });

  it('of nothing, or of another’s INVITE, gets 481', () => {
    const { from } = setUp();
    const own = request('CANCEL', { branch: 'z9hG4bKnone' });
    expect(statuses(from(ALICE, own))).toEqual([481]);
    const bobs = request('CANCEL', {
      branch: 'z9hG4bKoriginal',
      from: `<sip:${BOB}@example.com>;tag=b`,
    });
    expect(codes(from(BOB, bobs))).toEqual(['sip/cancel']);
  });
});
