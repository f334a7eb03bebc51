import { describe, expect, it } from 'vitest';
import {
  header,
  prependHeader,
  replaceHeader,
  withHeader,
  withoutHeader,
} from '../message/message.ts';
import { respond } from '../message/responses.ts';

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

describe('the identity rule', () => {
  const registerAs = (from: string, to: string, contact: string) =>
    replaceHeader(
      request('REGISTER', {
        uri: 'sip:example.com',
        from: `<sip:${from}@example.com>;tag=r`,
        to: `<sip:${to}@example.com>`,
      }),
      'Contact',
      contact,
    );

  it.each([
    ['another From', request('INVITE'), 'From is not the certificate owner'],
    ['an escaped From', request('BYE', { from: `<sip:%2B33600000666@h>;tag=x` }), 'From'],
    ['a tel: From', request('BYE', { from: `<tel:${MALLORY}>;tag=x` }), 'From'],
    ['a CANCEL for someone else', request('CANCEL'), 'From'],
    ['another To', registerAs(MALLORY, BOB, `<sip:${MALLORY}@h>`), 'To'],
    ['another Contact', registerAs(MALLORY, MALLORY, `<sip:${BOB}@h>`), 'Contact'],
  ])('refuses %s with 403, a Warning and an entry in the log', (_name, message, reason) => {
    const { from, register } = createProxy();
    register(BOB);
    const outputs = from(MALLORY, message);
    const [answer] = responses(outputs);
    expect(answer?.status).toBe(403);
    expect(answer && header(answer, 'Warning')).toContain(`399 10.0.0.1 "${reason}`);
    expect(codes(outputs)).toEqual(['sip/identity']);
    expect(sentMessages(outputs)).toHaveLength(1);
  });

  it('drops an ACK of someone else without a response', () => {
    const { from, register } = createProxy();
    register(BOB);
    const outputs = from(MALLORY, request('ACK'));
    expect(sentMessages(outputs)).toEqual([]);
    expect(codes(outputs)).toEqual(['sip/identity']);
  });

  it('refuses a certificate without name, and lets the owner register, query and remove', () => {
    const { from, register, proxy } = createProxy();
    expect(codes(from('', request('INVITE', { from: '<sip:h>;tag=x' })))).toEqual(['sip/identity']);
    expect(responses(register(ALICE))[0]?.status).toBe(200);
    const query = withoutHeader(registerAs(ALICE, ALICE, '*'), 'Contact');
    const [answer] = responses(from(ALICE, query));
    expect(answer && header(answer, 'Contact')).toBe(
      `<sip:${ALICE}@10.0.1.9:4000;transport=tls>;expires=3600`,
    );
    const removal = withHeader(
      replaceHeader(registerAs(ALICE, ALICE, '*'), 'CSeq', '2 REGISTER'),
      'Expires',
      '0',
    );
    expect(responses(from(ALICE, removal))[0]?.status).toBe(200);
    expect(proxy.locations()).toEqual([]);
  });

  it('can be replaced', () => {
    const { from, register } = createProxy({ identityRule: () => undefined });
    register(BOB);
    const outputs = from(MALLORY, request('INVITE'));
    expect(sentMessages(outputs).map((m) => (m.kind === 'request' ? m.method : m.status))).toEqual([
      100,
      'INVITE',
    ]);
  });
});

describe('the proxy refuses', () => {
  it.each([
    [
      'the last hop',
      replaceHeader(request('INVITE'), 'Max-Forwards', '0'),
      483,
      'sip/max-forwards',
    ],
    [
      'a bad Max-Forwards',
      replaceHeader(request('BYE'), 'Max-Forwards', 'x'),
      400,
      'sip/max-forwards',
    ],
    [
      'Proxy-Require',
      withHeader(request('INVITE'), 'Proxy-Require', 'x'),
      420,
      'sip/proxy-require',
    ],
    ['tel:', request('INVITE', { uri: `tel:${BOB}` }), 416, 'sip/uri-scheme'],
    [
      'a foreign domain',
      request('INVITE', { uri: `sip:${BOB}@evil.org` }),
      404,
      'sip/unknown-number',
    ],
    ['no user', request('INVITE', { uri: 'sip:example.com' }), 404, 'sip/unknown-number'],
    [
      'a number not registered',
      request('INVITE', { uri: `sip:${MALLORY}@example.com` }),
      480,
      'sip/not-registered',
    ],
    ['a CANCEL of nothing', request('CANCEL'), 481, 'sip/cancel'],
    ['another version', { ...request('INVITE'), version: 'SIP/3.0' }, 505, 'sip/version'],
  ])('%s', (_name, message, status, code) => {
    const { from, register } = createProxy();
    register(BOB);
    const outputs = from(ALICE, message);
    expect(responses(outputs).map((response) => response.status)).toEqual([status]);
    expect(codes(outputs)).toEqual([code]);
    expect(sentMessages(outputs)).toHaveLength(1);
  });

  it('a request that loops back to it', () => {
    const { from, register } = createProxy({ identityRule: () => undefined });
    register(BOB);
    const [, forwarded] = sentMessages(from(ALICE, request('INVITE')));
    if (forwarded?.kind !== 'request') throw new Error('not forwarded');
    const back = { ...forwarded, uri: `sip:${BOB}@example.com;transport=tls` };
    const again = prependHeader(back, 'Via', 'SIP/2.0/TLS 10.9.9.9;branch=z9hG4bKloop');
    const outputs = from(BOB, again);
    expect(responses(outputs)[0]?.status).toBe(482);
    expect(codes(outputs)).toEqual(['sip/loop']);
  });

  it('a second call under the Call-ID of another', () => {
    const { from, register } = createProxy();
    register(BOB);
    from(ALICE, request('INVITE'));
    const own = `<sip:${MALLORY}@example.com>;tag=m`;
    const outputs = from(MALLORY, request('INVITE', { from: own }));
    expect(codes(outputs)).toEqual(['sip/call-id']);
    expect(outputs.some(({ kind }) => kind === 'call-ended')).toBe(false);
  });

  it('a BYE of a third party that knows the tags, and a response from another connection', () => {
    const { from, register } = createProxy();
    register(BOB);
    register(ALICE);
    const invite = request('INVITE');
    const [, forwarded] = sentMessages(from(ALICE, invite));
    if (forwarded?.kind !== 'request') throw new Error('not forwarded');
    const ok = respond(forwarded, 200, { toTag: 'bob' });
    expect(codes(from(MALLORY, ok))).toEqual(['sip/response']);
    expect(from(BOB, ok).map(({ kind }) => kind)).toContain('call-answered');
    const bye = request('BYE', {
      from: `<sip:${MALLORY}@example.com>;tag=alice`,
      to: `<sip:${BOB}@example.com>;tag=bob`,
    });
    const outputs = from(MALLORY, bye);
    expect(responses(outputs)[0]?.status).toBe(403);
    expect(outputs.some(({ kind }) => kind === 'call-ended')).toBe(false);
    const right = request('BYE', { to: `<sip:${BOB}@example.com>;tag=bob`, cseq: '2 BYE' });
    expect(from(ALICE, right).map(({ kind }) => kind)).toContain('call-ended');
  });

  it('more transactions than it may hold', () => {
    const { from, register } = createProxy({ maximumTransactions: 1 });
    register(BOB);
    from(ALICE, request('INVITE'));
    const outputs = from(ALICE, request('INVITE', { callId: 'call-2' }));
    expect(responses(outputs)[0]?.status).toBe(503);
    expect(codes(outputs)).toEqual(['sip/overload']);
  });

  it('repeated requests by repeating its response, and absorbs the ACK of a refusal', () => {
    const { from } = createProxy();
    const invite = request('INVITE', { branch: 'z9hG4bKsame' });
    const first = from(ALICE, invite).filter(({ kind }) => kind === 'send');
    expect(from(ALICE, invite)).toEqual(first);
    expect(from(ALICE, request('ACK', { branch: 'z9hG4bKsame' }))).toEqual([]);
  });
});
