import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../bytes.ts';
import {
  header,
  headerValues,
  listValues,
  prependHeader,
  replaceHeader,
  serialize,
  withHeader,
  withoutHeader,
} from '../message/message.ts';
import { inDialog, requestsOf, setUpProxy } from '../testing/proxy-fixture.ts';
import {
  ALICE,
  BOB,
  codes,
  createProxy,
  MALLORY,
  request,
  responses,
  sentMessages,
} from '../testing/request-fixture.ts';
import { respond } from '../message/responses.ts';
import { asRequestUri } from '../message/uri.ts';

const dialogTo = `<sip:${BOB}@example.com>;tag=bob`;

describe('forwarding (RFC 3261 section 16.6)', () => {
  it('counts Max-Forwards down, and sends 70 where there was none', () => {
    const { forwarded } = setUpProxy();
    expect(header(forwarded(request('OPTIONS')), 'Max-Forwards')).toBe('69');
    expect(
      header(forwarded(withoutHeader(request('OPTIONS'), 'Max-Forwards')), 'Max-Forwards'),
    ).toBe('70');
  });

  it('answers an OPTIONS that may go no further, and one for itself', () => {
    const { from } = setUpProxy();
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
    const { from } = setUpProxy();
    const outputs = from(ALICE, replaceHeader(request('MESSAGE'), 'Max-Forwards', '000'));
    expect(codes(outputs)).toEqual(['sip/max-forwards']);
    expect(responses(outputs)[0]?.status).toBe(483);
  });

  it('sends to a contact without what a Request-URI may not have (step 2)', () => {
    const world = createProxy();
    const contact = `sip:${BOB};method=x@10.0.1.9;transport=tls;method=BYE;ob?Route=%3Csip:h%3E&X=`;
    world.from(
      BOB,
      replaceHeader(
        request('REGISTER', {
          uri: 'sip:example.com',
          from: `<sip:${BOB}@example.com>;tag=r`,
          to: `<sip:${BOB}@example.com>`,
        }),
        'Contact',
        `<${contact.replace(';method=x@', '@')}>`,
      ),
    );
    expect(world.proxy.locations()).toMatchObject([
      { contact: contact.replace(';method=x@', '@') },
    ]);
    const [sent] = requestsOf(sentMessages(world.from(ALICE, request('INVITE'))));
    expect(sent?.uri).toBe(`sip:${BOB}@10.0.1.9;transport=tls;ob`);
    expect(asRequestUri(contact)).toBe(`sip:${BOB};method=x@10.0.1.9;transport=tls;ob`);
  });

  it('bounds breadth (RFC 5393 section 5.3): 60 where nothing was said, 440 when used up', () => {
    const { from, forwarded } = setUpProxy();
    expect(header(forwarded(request('INVITE')), 'Max-Breadth')).toBe('60');
    const one = withHeader(request('OPTIONS'), 'Max-Breadth', '1');
    expect(headerValues(forwarded(one), 'Max-Breadth')).toEqual(['1']);
    const none = withHeader(request('OPTIONS'), 'Max-Breadth', '0');
    expect(responses(from(ALICE, none))[0]?.status).toBe(440);
  });

  it('lets a spiral pass: the same request with another Request-URI is no loop', () => {
    const { from, forwarded } = setUpProxy({ identityRule: () => undefined });
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
    const { forwarded } = setUpProxy();
    expect(header(forwarded(request('INVITE')), 'Record-Route')).toBe(
      '<sip:10.0.0.1:5061;transport=tls;lr>',
    );
    expect(header(forwarded(request('OPTIONS')), 'Record-Route')).toBeUndefined();
  });
});

describe('Route (RFC 3261 section 16.4)', () => {
  const own = '<sip:10.0.0.1:5061;transport=tls;lr>';

  it('removes its own values', () => {
    const { forwarded, answered } = setUpProxy();
    answered();
    const bye = withHeader(inDialog('BYE'), 'Route', `${own}, ${own}`);
    expect(header(forwarded(bye), 'Route')).toBeUndefined();
  });

  it('repairs what a strict router left: the Request-URI is the last Route', () => {
    const { forwarded } = setUpProxy();
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
    const { from } = setUpProxy();
    const route = from(ALICE, withHeader(request('INVITE'), 'Route', '<sip:evil.example;lr>'));
    expect([responses(route)[0]?.status, codes(route)]).toEqual([403, ['sip/foreign-route']]);
    const uri = from(ALICE, request('INVITE', { uri: 'sip:someone@evil.example' }));
    expect([responses(uri)[0]?.status, codes(uri)]).toEqual([404, ['sip/unknown-number']]);
    for (const outputs of [route, uri]) expect(sentMessages(outputs)).toHaveLength(1);
  });
});

describe('inside a call', () => {
  it('carries ACK without transaction, and requests both ways', () => {
    const { from, forwarded, answered } = setUpProxy();
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
    const { from, answered } = setUpProxy();
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
    const { from } = setUpProxy();
    const bye = from(ALICE, inDialog('BYE'));
    expect([responses(bye)[0]?.status, codes(bye)]).toEqual([481, ['sip/dialog']]);
    const ack = from(ALICE, inDialog('ACK'));
    expect([sentMessages(ack), codes(ack)]).toEqual([[], ['sip/dialog']]);
  });

  it('does not end a call by a BYE for another dialog of it', () => {
    const { from, answered } = setUpProxy();
    answered();
    const bye = request('BYE', { to: `<sip:${BOB}@example.com>;tag=other`, cseq: '2 BYE' });
    expect(from(ALICE, bye).map(({ kind }) => kind)).not.toContain('call-ended');
    expect(from(ALICE, inDialog('BYE')).map(({ kind }) => kind)).toContain('call-ended');
  });

  it('lets the other BYE of two that cross through, and forgets the call 64*T1 later', () => {
    const { proxy, from, forwarded, answered } = setUpProxy();
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

describe('refusals', () => {
  it('name code, user, connection and Call-ID in the log, and a Warning in the answer', () => {
    const { from } = setUpProxy();
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
    const { from } = setUpProxy();
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
