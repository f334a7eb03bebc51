import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { header, replaceHeader, withBody, withHeader, withoutHeader } from './message.ts';
import { respond } from './responses.ts';

import {
  ALICE,
  BOB,
  codes,
  createPhone,
  MALLORY,
  request,
  responses,
  sentMessages,
} from './request-fixture.ts';

/** A phone in a call that Alice began; `to` is the To of her further requests. */
const phoneInCall = (acknowledged = true) => {
  const phone = createPhone();
  phone.receive(request('INVITE'));
  const [ok] = responses(phone.handle({ kind: 'accept', body: utf8('v=0\r\n') }));
  const to = (ok && header(ok, 'To')) ?? '';
  if (acknowledged) phone.receive(request('ACK', { to }));
  return { ...phone, to };
};

describe('a phone refuses', () => {
  it.each([
    ['REFER', request('REFER'), 403, 'sip/refer'],
    [
      'an INVITE with Replaces',
      withHeader(request('INVITE'), 'Replaces', 'x'),
      403,
      'sip/replaces',
    ],
    ['an unknown method', request('PUBLISH'), 405, 'sip/method'],
    [
      'a required extension',
      withHeader(request('INVITE'), 'Require', '100rel'),
      420,
      'sip/require',
    ],
    ['another number', request('INVITE', { uri: `sip:${MALLORY}@h` }), 404, 'sip/request-uri'],
    ['another version', { ...request('INVITE'), version: 'SIP/3.0' }, 505, 'sip/version'],
    ['a BYE without dialog', request('BYE'), 481, 'sip/dialog'],
    ['a CANCEL of nothing', request('CANCEL'), 481, 'sip/cancel'],
    ['a CSeq of another method', request('INVITE', { cseq: '1 BYE' }), 400, 'sip/cseq'],
    ['no From tag', request('INVITE', { from: `<sip:${ALICE}@h>` }), 400, 'sip/from'],
    ['two To', withHeader(request('INVITE'), 'To', '<sip:x@y>'), 400, 'sip/to'],
    ['no Contact', withoutHeader(request('INVITE'), 'Contact'), 400, 'sip/contact'],
  ])('%s', (_name, message, status, code) => {
    const outputs = createPhone().receive(message);
    expect(responses(outputs).map((response) => response.status)).toEqual([status]);
    expect(codes(outputs)).toEqual([code]);
    expect(outputs.some(({ kind }) => kind === 'incoming-invite')).toBe(false);
  });

  it('names what it supports', () => {
    const [unknown] = responses(createPhone().receive(request('PUBLISH')));
    expect(unknown && header(unknown, 'Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS');
    const required = withHeader(request('INVITE'), 'Require', '100rel, x');
    const [extension] = responses(createPhone().receive(required));
    expect(extension && header(extension, 'Unsupported')).toBe('100rel, x');
  });

  it('a merged request', () => {
    const phone = createPhone();
    expect(phone.receive(request('INVITE')).map(({ kind }) => kind)).toContain('incoming-invite');
    const outputs = phone.receive(request('INVITE'));
    expect(responses(outputs)[0]?.status).toBe(482);
    expect(codes(outputs)).toEqual(['sip/merged']);
  });

  it.each([
    ['other tags', { from: `<sip:${ALICE}@example.com>;tag=other` }, 'BYE', 481, 'sip/dialog'],
    [
      'another From',
      { from: `<sip:${MALLORY}@example.com>;tag=alice` },
      'BYE',
      403,
      'sip/identity',
    ],
    ['an old CSeq', { cseq: '0 BYE' }, 'BYE', 500, 'sip/cseq'],
    ['the CSeq of the INVITE again', { cseq: '1 BYE' }, 'BYE', 500, 'sip/cseq'],
    ['a method it does not know', { cseq: '2 DANCE' }, 'DANCE', 501, 'sip/method'],
    ['an unknown method in the call', { cseq: '2 INFO' }, 'INFO', 405, 'sip/method'],
  ])('%s, and the call goes on', (_name, changes, method, status, code) => {
    const phone = phoneInCall();
    const outputs = phone.receive(request(method, { to: phone.to, ...changes }));
    expect(responses(outputs).map((response) => response.status)).toEqual([status]);
    expect(codes(outputs)).toEqual([code]);
    const bye = phone.receive(request('BYE', { to: phone.to, cseq: '3 BYE' }));
    expect(bye.map(({ kind }) => kind)).toContain('bye');
  });

  it('a re-INVITE while the 200 awaits its ACK, and an UPDATE with a body', () => {
    const waiting = phoneInCall(false);
    const early = waiting.receive(request('INVITE', { to: waiting.to, cseq: '2 INVITE' }));
    expect(responses(early)[0]?.status).toBe(491);
    const phone = phoneInCall();
    const update = request('UPDATE', { to: phone.to, cseq: '2 UPDATE' });
    expect(responses(phone.receive(withBody(update, utf8('v=0'))))[0]?.status).toBe(488);
  });

  it('an ACK with another From, without a word, and waits on', () => {
    const phone = phoneInCall(false);
    const from = `<sip:${MALLORY}@example.com>;tag=alice`;
    const outputs = phone.receive(request('ACK', { to: phone.to, from }));
    expect(sentMessages(outputs)).toEqual([]);
    expect(codes(outputs)).toEqual(['sip/identity']);
    const right = phone.receive(request('ACK', { to: phone.to }));
    expect(right.map(({ kind }) => kind)).toContain('acknowledged');
  });

  it('a response that is not to its own request', () => {
    const phone = createPhone();
    const [invite] = sentMessages(
      phone.handle({ kind: 'invite', number: ALICE, body: utf8('v=0\r\n') }),
    );
    if (invite?.kind !== 'request') throw new Error('no INVITE');
    const answer = withHeader(respond(invite, 200, { toTag: 'x' }), 'Contact', '<sip:a@b>');
    const forged = [
      replaceHeader(answer, 'To', `<sip:${MALLORY}@example.com>;tag=x`),
      replaceHeader(answer, 'From', `<sip:${BOB}@example.com>;tag=other`),
      replaceHeader(answer, 'Call-ID', 'other'),
      replaceHeader(answer, 'CSeq', '2 INVITE'),
    ];
    for (const message of forged) expect(codes(phone.receive(message))).toEqual(['sip/response']);
    expect(phone.receive(answer).map(({ kind }) => kind)).toContain('answered');
  });

  it('commands that do not fit its state', () => {
    const phone = createPhone();
    for (const kind of ['ring', 'cancel', 'hang-up', 'acknowledge'] as const)
      expect(codes(phone.handle({ kind }))).toEqual(['sip/state']);
  });

  it('but answers OPTIONS, and a repeated INVITE with its last response', () => {
    const phone = createPhone();
    expect(responses(phone.receive(request('OPTIONS')))[0]?.status).toBe(200);
    const invite = request('INVITE');
    phone.receive(invite);
    const ringing = phone.handle({ kind: 'ring' }).filter(({ kind }) => kind === 'send');
    expect(phone.receive(invite)).toEqual(ringing);
  });
});
