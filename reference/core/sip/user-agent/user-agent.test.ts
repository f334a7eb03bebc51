import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../bytes.ts';
import {
  header,
  type SipRequest,
  replaceHeader,
  withBody,
  withHeader,
  withHeaders,
  withoutHeader,
} from '../message/message.ts';
import { respond } from '../message/responses.ts';
import type { UserAgentOutput } from './user-agent.ts';

import {
  ALICE,
  BOB,
  codes,
  createPhone,
  MALLORY,
  request,
  responses,
  sentMessages,
} from '../testing/request-fixture.ts';

/** A phone in a call that Alice began; `to` is the To of her further requests. */
const phoneInCall = (acknowledged = true) => {
  const phone = createPhone();
  phone.receive(request('INVITE'));
  const [ok] = responses(phone.handle({ kind: 'accept', body: utf8('v=0\r\n') }));
  const to = (ok && header(ok, 'To')) ?? '';
  if (acknowledged) phone.receive(request('ACK', { to }));
  return { ...phone, to };
};

/** An INVITE with a body and these headers. */
const invite = (headers: Readonly<Record<string, string>>) =>
  withHeaders(withBody(request('INVITE'), utf8('v=0\r\n')), Object.entries(headers));

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
    ['a URI of another scheme', request('INVITE', { uri: `tel:${BOB}` }), 416, 'sip/uri-scheme'],
    ['a URI that cannot be read', request('INVITE', { uri: 'sip:%zz@h' }), 400, 'sip/request-uri'],
    ['a method it does not know', request('DANCE'), 501, 'sip/method'],
    ['a body of another type', invite({ 'Content-Type': 'text/plain' }), 415, 'sip/content-type'],
    ['a body without type', invite({}), 400, 'sip/content-type'],
    [
      'a packed body',
      invite({ 'Content-Type': 'application/sdp', 'Content-Encoding': 'gzip' }),
      415,
      'sip/content-encoding',
    ],
    ['another number', request('INVITE', { uri: `sip:${MALLORY}@h` }), 404, 'sip/request-uri'],
    ['another version', { ...request('INVITE'), version: 'SIP/3.0' }, 505, 'sip/version'],
    ['a BYE without dialog', request('BYE'), 481, 'sip/dialog'],
    ['a CANCEL of nothing', request('CANCEL'), 481, 'sip/cancel'],
    ['a CSeq of another method', request('INVITE', { cseq: '1 BYE' }), 400, 'sip/cseq'],
    ['no From tag', request('INVITE', { from: `<sip:${ALICE}@h>` }), 400, 'sip/from'],
    ['two To', withHeader(request('INVITE'), 'To', '<sip:x@y>'), 400, 'sip/to'],
    ['no Contact', withoutHeader(request('INVITE'), 'Contact'), 400, 'sip/contact'],
    [
      'a Contact that no request can go to',
      replaceHeader(request('INVITE'), 'Contact', `<sip:${ALICE}@h?Route=%3Csip:x%3E>`),
      400,
      'sip/contact',
    ],
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
    const named = (message: SipRequest, name: string) => {
      const [refusal] = responses(createPhone().receive(message));
      return refusal && header(refusal, name);
    };
    expect(named(invite({ 'Content-Type': 'text/plain' }), 'Accept')).toBe('application/sdp');
    expect(named(invite({ 'Content-Encoding': 'gzip' }), 'Accept-Encoding')).toBe('identity');
    expect(named(request('DANCE'), 'Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS');
    expect(named(request('BYE'), 'Warning')).toBe('399 example.com "sip/dialog"');
  });

  it('but takes a body in any spelling of its type, uncoded', () => {
    const type = {
      'Content-Type': 'Application/SDP ; charset=utf-8',
      'Content-Encoding': 'identity',
    };
    expect(
      createPhone()
        .receive(invite(type))
        .map(({ kind }) => kind),
    ).toContain('incoming-invite');
  });

  it('and tells the Call-ID to the log', () => {
    const refused = createPhone()
      .receive(request('BYE', { callId: 'lost' }))
      .find(({ kind }) => kind === 'refused');
    expect(refused).toMatchObject({ code: 'sip/dialog', callId: 'lost' });
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

  it('to answer a repeated request otherwise than the first time, whatever its method', () => {
    const phone = phoneInCall();
    for (const [method, status] of [
      ['OPTIONS', 200],
      ['INFO', 405],
      ['BYE', 200],
    ] as const) {
      const sequence = { OPTIONS: 2, INFO: 3, BYE: 4 }[method];
      const message = request(method, { to: phone.to, cseq: `${sequence} ${method}` });
      const first = phone.receive(message);
      expect(responses(first).map((response) => response.status)).toEqual([status]);
      const sent = first.filter(({ kind }) => kind === 'send');
      expect(phone.receive(message).filter(({ kind }) => kind !== 'wake')).toEqual(sent);
    }
  });

  it('to remember more than 256 refusals, and forgets no INVITE that awaits its answer', () => {
    const phone = createPhone();
    const first = request('INVITE');
    phone.receive(first);
    const flood = (method: string) =>
      Array.from({ length: 300 }, (_, index) =>
        request(method, { callId: `${method}-${index}`, from: `<sip:${MALLORY}@h>;tag=${index}` }),
      );
    for (const method of ['INVITE', 'BYE']) {
      const messages = flood(method);
      const sent = messages.map((message) => responses(phone.receive(message)));
      for (const [answer] of sent) expect(answer?.status).toBe(method === 'BYE' ? 481 : 486);
      const bytes = (outputs: readonly UserAgentOutput[]) =>
        outputs.flatMap((output) => (output.kind === 'send' ? [latin1(output.bytes)] : []));
      const [oldest, newest] = [messages[0], messages.at(-1)];
      if (oldest === undefined || newest === undefined) throw new Error('none');
      expect(bytes(phone.receive(newest))).toEqual(bytes(phone.receive(newest)));
      expect(codes(phone.receive(newest))).toEqual([]);
      expect(codes(phone.receive(oldest))).toHaveLength(1);
    }
    const via = header(first, 'Via') ?? '';
    const cancel = replaceHeader(request('CANCEL', { cseq: '1 CANCEL' }), 'Via', via);
    expect(phone.receive(cancel).map(({ kind }) => kind)).toContain('cancelled');
  });

  it('but says 100 when nobody answers within 200 ms', () => {
    const phone = createPhone();
    const received = phone.receive(request('INVITE'));
    expect(received).toContainEqual({ kind: 'wake', at: 1200 });
    expect(responses(received)).toEqual([]);
    expect(responses(phone.at(1200)).map(({ status }) => status)).toEqual([100]);
    const ringing = createPhone();
    ringing.receive(request('INVITE'));
    ringing.handle({ kind: 'ring' });
    expect(responses(ringing.at(1200))).toEqual([]);
  });

  it('but answers OPTIONS as it would answer an INVITE', () => {
    const phone = createPhone();
    const [free] = responses(phone.receive(request('OPTIONS')));
    expect(free?.status).toBe(200);
    for (const [name, value] of [
      ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS'],
      ['Accept', 'application/sdp'],
    ] as const)
      expect(free && header(free, name)).toBe(value);
    phone.receive(request('INVITE'));
    expect(responses(phone.receive(request('OPTIONS')))[0]?.status).toBe(486);
    const inCall = phoneInCall();
    const options = request('OPTIONS', { to: inCall.to, cseq: '2 OPTIONS' });
    expect(responses(inCall.receive(options))[0]?.status).toBe(200);
  });

  it.each([
    ['has no Contact', []],
    ['has one that no request can go to', [['Contact', `<sip:${ALICE}@h?Subject=x>`]]],
  ] as const)('but ends a call whose 2xx %s, by way of the number dialled', (_, headers) => {
    const phone = createPhone();
    const [sent] = sentMessages(phone.handle({ kind: 'invite', number: ALICE, body: utf8('v') }));
    if (sent?.kind !== 'request') throw new Error('no INVITE');
    const answer = respond(sent, 200, { toTag: 'x', headers });
    const outputs = phone.receive(answer);
    expect(codes(outputs)).toEqual(['sip/contact']);
    expect(outputs).toContainEqual(expect.objectContaining({ kind: 'call-failed', status: 500 }));
    const [ack, bye] = sentMessages(outputs);
    expect([ack, bye]).toMatchObject([
      { method: 'ACK', uri: sent.uri },
      { method: 'BYE', uri: sent.uri },
    ]);
    expect(bye && header(bye, 'To')).toBe(header(answer, 'To'));
    expect(sentMessages(phone.receive(answer))).toEqual([ack]);
  });

  it('but keeps little of a server that makes up callees', () => {
    const phone = createPhone();
    const [sent] = sentMessages(phone.handle({ kind: 'invite', number: ALICE, body: utf8('v') }));
    if (sent?.kind !== 'request') throw new Error('no INVITE');
    const headers = [['Contact', `<sip:${ALICE}@h>`]] as const;
    const answers = Array.from({ length: 40 }, (_, index) =>
      phone.receive(respond(sent, 200, { toTag: `x${index}`, headers })),
    );
    expect(answers[0]?.map(({ kind }) => kind)).toContain('answered');
    const byes = answers.flatMap(sentMessages).filter((each) => header(each, 'CSeq') === '2 BYE');
    expect(byes).toHaveLength(15);
    expect(answers.flatMap(codes)).toEqual(Array.from({ length: 24 }, () => 'sip/answers'));
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
