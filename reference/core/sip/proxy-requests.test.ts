import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../bytes.ts';
import {
  header,
  headerValues,
  listValues,
  prependHeader,
  replaceHeader,
  serialize,
  type SipMessage,
  type SipRequest,
  withBody,
  withHeader,
  withoutHeader,
} from './message.ts';
import {
  ALICE,
  BOB,
  codes,
  createProxy,
  MALLORY,
  request,
  responses,
  sentMessages,
} from './request-fixture.ts';
import { respond } from './responses.ts';

type Options = Parameters<typeof createProxy>[0];

const requestsOf = (messages: readonly SipMessage[]): readonly SipRequest[] =>
  messages.filter((message): message is SipRequest => message.kind === 'request');

const setUp = (options: Options = {}) => {
  const world = createProxy(options);
  world.register(ALICE);
  world.register(BOB);
  const forwarded = (message: SipRequest, user = ALICE): SipRequest => {
    const [sent] = requestsOf(sentMessages(world.from(user, message)));
    if (sent === undefined) throw new Error('not forwarded');
    return sent;
  };
  const answered = (invite = request('INVITE')): SipRequest => {
    const sent = forwarded(invite);
    world.from(BOB, respond(sent, 200, { toTag: 'bob' }));
    return sent;
  };
  return { ...world, forwarded, answered };
};

const dialogTo = `<sip:${BOB}@example.com>;tag=bob`;
const inDialog = (method: string, cseq = `2 ${method}`): SipRequest =>
  request(method, { to: dialogTo, cseq });

describe('forwarding (RFC 3261 section 16.6)', () => {
  it('counts Max-Forwards down, and sends 70 where there was none', () => {
    const { forwarded } = setUp();
    expect(header(forwarded(request('OPTIONS')), 'Max-Forwards')).toBe('69');
    expect(
      header(forwarded(withoutHeader(request('OPTIONS'), 'Max-Forwards')), 'Max-Forwards'),
    ).toBe('70');
  });

  it('answers an OPTIONS that may go no further, and one for itself', () => {
    const { from } = setUp();
    const last = from(ALICE, replaceHeader(request('OPTIONS'), 'Max-Forwards', '0'));
    const own = from(ALICE, request('OPTIONS', { uri: 'sip:example.com' }));
    for (const outputs of [last, own]) {
      const [answer, ...more] = sentMessages(outputs);
      expect(answer).toMatchObject({ kind: 'response', status: 200 });
      expect(answer && header(answer, 'Allow')).toContain('INVITE');
      expect(more).toEqual([]);
    }
  });

  it('refuses every other request that may go no further, however its zero is written', () => {
    const { from } = setUp();
    const outputs = from(ALICE, replaceHeader(request('MESSAGE'), 'Max-Forwards', '000'));
    expect(codes(outputs)).toEqual(['sip/max-forwards']);
    expect(responses(outputs)[0]?.status).toBe(483);
  });

  it('bounds breadth (RFC 5393 section 5.3): 60 where nothing was said, 440 when used up', () => {
    const { from, forwarded } = setUp();
    expect(header(forwarded(request('INVITE')), 'Max-Breadth')).toBe('60');
    const one = withHeader(request('OPTIONS'), 'Max-Breadth', '1');
    expect(headerValues(forwarded(one), 'Max-Breadth')).toEqual(['1']);
    const none = withHeader(request('OPTIONS'), 'Max-Breadth', '0');
    expect(responses(from(ALICE, none))[0]?.status).toBe(440);
  });

  it('lets a spiral pass: the same request with another Request-URI is no loop', () => {
    const { from, forwarded } = setUp({ identityRule: () => undefined });
    const sent = forwarded(request('OPTIONS'));
    const spiral = prependHeader(
      { ...sent, uri: `sip:${ALICE}@example.com` },
      'Via',
      'SIP/2.0/TLS 10.9.9.9;branch=z9hG4bKspiral',
    );
    const [onward] = requestsOf(sentMessages(from(BOB, spiral)));
    expect(onward?.uri).toBe(`sip:${ALICE}@10.0.1.9:4000;transport=tls`);
    expect(onward && listValues(onward, 'Via')).toHaveLength(4);
  });

  it('records its route in INVITE alone, loose and over TLS', () => {
    const { forwarded } = setUp();
    expect(header(forwarded(request('INVITE')), 'Record-Route')).toBe(
      '<sip:10.0.0.1:5061;transport=tls;lr>',
    );
    expect(header(forwarded(request('OPTIONS')), 'Record-Route')).toBeUndefined();
  });
});

describe('Route (RFC 3261 section 16.4)', () => {
  const own = '<sip:10.0.0.1:5061;transport=tls;lr>';

  it('removes its own values', () => {
    const { forwarded, answered } = setUp();
    answered();
    const bye = withHeader(inDialog('BYE'), 'Route', `${own}, ${own}`);
    expect(header(forwarded(bye), 'Route')).toBeUndefined();
  });

  it('repairs what a strict router left: the Request-URI is the last Route', () => {
    const { forwarded } = setUp();
    const strict = withHeader(
      request('OPTIONS', { uri: 'sip:10.0.0.1:5061;transport=tls;lr' }),
      'Route',
      `<sip:${BOB}@example.com>`,
    );
    const sent = forwarded(strict);
    expect(sent.uri).toBe(`sip:${BOB}@10.0.1.9:4000;transport=tls`);
    expect(header(sent, 'Route')).toBeUndefined();
  });

  it('is no open relay: a Route or Request-URI elsewhere is refused', () => {
    const { from } = setUp();
    const route = from(ALICE, withHeader(request('INVITE'), 'Route', '<sip:evil.example;lr>'));
    expect([responses(route)[0]?.status, codes(route)]).toEqual([403, ['sip/foreign-route']]);
    const uri = from(ALICE, request('INVITE', { uri: 'sip:someone@evil.example' }));
    expect([responses(uri)[0]?.status, codes(uri)]).toEqual([404, ['sip/unknown-number']]);
    for (const outputs of [route, uri]) expect(sentMessages(outputs)).toHaveLength(1);
  });
});

describe('inside a call', () => {
  it('carries ACK without transaction, and requests both ways', () => {
    const { from, forwarded, answered } = setUp();
    answered();
    expect(forwarded(inDialog('ACK', '1 ACK')).method).toBe('ACK');
    const info = request('INFO', {
      from: dialogTo,
      to: `<sip:${ALICE}@example.com>;tag=alice`,
      uri: `sip:${ALICE}@10.0.1.1:4000`,
      cseq: '7 INFO',
    });
    const outputs = from(BOB, info);
    expect(outputs.find(({ kind }) => kind === 'send')).toMatchObject({ connection: ALICE });
    expect(requestsOf(sentMessages(outputs))[0]?.uri).toBe(`sip:${ALICE}@10.0.1.1:4000`);
  });

  it.each(['BYE', 'INFO', 'INVITE'])('refuses a %s of a third user with 403', (method) => {
    const { from, answered } = setUp();
    answered();
    const outputs = from(
      MALLORY,
      request(method, { from: `<sip:${MALLORY}@example.com>;tag=alice`, to: dialogTo }),
    );
    expect(responses(outputs)[0]?.status).toBe(403);
    expect(codes(outputs)).toEqual(['sip/identity']);
    expect(outputs.filter(({ kind }) => kind === 'call-ended')).toEqual([]);
  });

  it('refuses what belongs to no call with 481, and drops such an ACK', () => {
    const { from } = setUp();
    const bye = from(ALICE, inDialog('BYE'));
    expect([responses(bye)[0]?.status, codes(bye)]).toEqual([481, ['sip/dialog']]);
    const ack = from(ALICE, inDialog('ACK'));
    expect([sentMessages(ack), codes(ack)]).toEqual([[], ['sip/dialog']]);
  });

  it('does not end a call by a BYE for another dialog of it', () => {
    const { from, answered } = setUp();
    answered();
    const bye = request('BYE', { to: `<sip:${BOB}@example.com>;tag=other`, cseq: '2 BYE' });
    expect(from(ALICE, bye).map(({ kind }) => kind)).not.toContain('call-ended');
    expect(from(ALICE, inDialog('BYE')).map(({ kind }) => kind)).toContain('call-ended');
  });

  it('lets the other BYE of two that cross through, and forgets the call 64*T1 later', () => {
    const { proxy, from, forwarded, answered } = setUp();
    answered();
    forwarded(inDialog('BYE'));
    const crossing = request('BYE', {
      from: dialogTo,
      to: `<sip:${ALICE}@example.com>;tag=alice`,
      uri: `sip:${ALICE}@10.0.1.1:4000`,
      cseq: '1 BYE',
    });
    expect(forwarded(crossing, BOB).method).toBe('BYE');
    proxy.handle({ kind: 'tick' }, 40_000);
    expect(codes(from(ALICE, inDialog('BYE', '3 BYE')))).toEqual(['sip/dialog']);
  });

  it('reaches a caller that never registered on the connection it called from', () => {
    const { from, register } = createProxy();
    register(BOB);
    const [sent] = requestsOf(sentMessages(from(ALICE, request('INVITE'))));
    if (sent === undefined) throw new Error('not forwarded');
    from(BOB, respond(sent, 200, { toTag: 'bob' }));
    const bye = request('BYE', {
      from: dialogTo,
      to: `<sip:${ALICE}@example.com>;tag=alice`,
      uri: `sip:${ALICE}@10.0.1.1:4000`,
    });
    expect(from(BOB, bye).find(({ kind }) => kind === 'send')).toMatchObject({ connection: ALICE });
  });
});

describe('media stays on the relay', () => {
  const relayed: Options = { rewriteBody: () => ({ ok: true, value: utf8('relay') }) };
  const sdp = (message: SipRequest): SipRequest =>
    withBody(withHeader(message, 'Content-Type', 'application/sdp'), utf8('v=0'));

  it('refuses an INVITE without offer, whose answer would come in the ACK', () => {
    const { from } = setUp(relayed);
    const outputs = from(ALICE, request('INVITE'));
    expect([responses(outputs)[0]?.status, codes(outputs)]).toEqual([488, ['sip/no-offer']]);
    expect(outputs.filter(({ kind }) => kind === 'call-ended')).toHaveLength(1);
  });

  it('removes the body of an ACK, and nothing else', () => {
    const { from, answered } = setUp(relayed);
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
    const { from, forwarded, answered } = setUp(relayed);
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
    const { from } = setUp({
      rewriteBody: () => ({ ok: false, error: { code: 'no-relay-port', offset: -1 } }),
    });
    const outputs = from(ALICE, sdp(request('INVITE')));
    expect(responses(outputs)[0]?.status).toBe(503);
  });

  it('acknowledges and ends at the callee what it cannot relay, and tells the caller', () => {
    const { from, forwarded } = setUp({
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

describe('refusals', () => {
  it('name code, user, connection and Call-ID in the log, and a Warning in the answer', () => {
    const { from } = setUp();
    const outputs = from(
      ALICE,
      request('INVITE', { uri: 'sip:+33999@example.com', callId: 'c9' }),
      'line-7',
    );
    expect(outputs.find(({ kind }) => kind === 'refused')).toEqual({
      kind: 'refused',
      code: 'sip/not-registered',
      detail: 'INVITE refused with 480: The number is not registered',
      user: ALICE,
      connection: 'line-7',
      callId: 'c9',
    });
    const [answer] = responses(outputs);
    expect(answer && header(answer, 'Warning')).toBe('399 10.0.0.1 "The number is not registered"');
  });

  it.each([
    ['an unreadable header', 'Broken\r\nVia', 400],
    ['another version', 'Via', 505],
  ])('answer %s though it cannot be parsed', (_name, replaced, status) => {
    const { from } = setUp();
    const text = latin1(serialize(request('INVITE')));
    const bytes = utf8(
      status === 505
        ? text.replaceAll('SIP/2.0\r\n', 'SIP/7.0\r\n')
        : text.replace('Via', replaced),
    );
    const [answer] = responses(from(ALICE, bytes));
    expect(answer?.status).toBe(status);
    expect(answer && header(answer, 'Warning')).toContain('Malformed');
  });
});
