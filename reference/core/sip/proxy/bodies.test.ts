import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../bytes.ts';
import { header, type SipRequest, withBody, withHeader } from '../message/message.ts';
import { inDialog, type ProxyOptions, requestsOf, setUpProxy } from '../testing/proxy-fixture.ts';
import { ALICE, BOB, codes, request, responses, sentMessages } from '../testing/request-fixture.ts';
import { respond } from '../message/responses.ts';

describe('media stays on the relay', () => {
  const relayed: ProxyOptions = { rewriteBody: () => ({ ok: true, value: utf8('relay') }) };
  const sdp = (message: SipRequest): SipRequest =>
    withBody(withHeader(message, 'Content-Type', 'application/sdp'), utf8('v=0'));

  it('refuses an INVITE without offer, whose answer would come in the ACK', () => {
    const { from } = setUpProxy(relayed);
    const outputs = from(ALICE, request('INVITE'));
    expect([responses(outputs)[0]?.status, codes(outputs)]).toEqual([488, ['sip/no-offer']]);
    expect(outputs.filter(({ kind }) => kind === 'call-ended')).toHaveLength(1);
  });

  it('removes the body of an ACK, and nothing else', () => {
    const { from, answered } = setUpProxy(relayed);
    answered(sdp(request('INVITE')));
    const outputs = from(ALICE, sdp(withHeader(inDialog('ACK', '1 ACK'), 'X-CSL-Info2', 'CCCC')));
    const [ack] = requestsOf(sentMessages(outputs));
    expect(ack?.body).toHaveLength(0);
    expect(ack && [header(ack, 'X-CSL-Info2'), header(ack, 'Content-Type')]).toEqual([
      'CCCC',
      undefined,
    ]);
    expect(codes(outputs)).toEqual(['sip/late-answer']);
  });

  it('refuses an UPDATE that offers, and lets text pass', () => {
    const { from, forwarded, answered } = setUpProxy(relayed);
    answered(sdp(request('INVITE')));
    const outputs = from(ALICE, sdp(inDialog('UPDATE')));
    expect([responses(outputs)[0]?.status, codes(outputs)]).toEqual([488, ['sip/offer']]);
    const text = withBody(
      withHeader(inDialog('INFO', '3 INFO'), 'Content-Type', 'text/plain'),
      utf8('hi'),
    );
    expect(latin1(forwarded(text).body)).toBe('hi');
  });

  it('says 503 when the relay has no room', () => {
    const { from } = setUpProxy({
      rewriteBody: () => ({ ok: false, error: { code: 'no-relay-port', offset: -1 } }),
    });
    const outputs = from(ALICE, sdp(request('INVITE')));
    expect(responses(outputs)[0]?.status).toBe(503);
  });

  it('acknowledges and ends at the callee what it cannot relay, and tells the caller', () => {
    const { from, forwarded } = setUpProxy({
      rewriteBody: ({ direction }) =>
        direction === 'offer'
          ? { ok: true, value: undefined }
          : { ok: false, error: { code: 'sdp/x', offset: 0 } },
    });
    const invite = forwarded(sdp(request('INVITE')));
    const accepted = withHeader(
      respond(invite, 200, { toTag: 'bob', body: utf8('v=0') }),
      'Contact',
      `<sip:${BOB}@10.0.1.9>`,
    );
    const outputs = from(BOB, accepted);
    const sent = sentMessages(outputs);
    expect(
      sent.map((message) => (message.kind === 'request' ? message.method : message.status)),
    ).toEqual([500, 'ACK', 'BYE']);
    expect(header(sent[2] ?? accepted, 'Reason')).toContain('cause=488');
    expect(outputs.filter(({ kind }) => kind === 'call-ended')).toHaveLength(1);
  });
});
