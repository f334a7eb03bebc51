import { describe, expect, it } from 'vitest';
import {
  header,
  headerValues,
  replaceHeader,
  serialize,
  type SipMessage,
  type SipRequest,
  withHeader,
} from '../message/message.ts';
import { ALICE, type PairedPhone, pairInCall, type PhonePair } from '../testing/phone-pair.ts';
import {
  accept,
  body,
  callId,
  hold,
  lastRequest,
  requestsOf,
  without,
} from '../testing/re-invite-fixture.ts';

/** Each side once as the sender of the re-INVITE; the first made the call. */
const sides: readonly (readonly [
  string,
  (pair: PhonePair) => readonly [PairedPhone, PairedPhone, string, string],
])[] = [
  ['the caller', ({ alice, bob }) => [alice, bob, 'alice', 'bob']],
  ['the callee', ({ alice, bob }) => [bob, alice, 'bob', 'alice']],
];

describe.each(sides)('a re-INVITE of %s', (_, of) => {
  it('runs as INVITE, 200, ACK in the dialog, with the headers and bodies given', () => {
    const pair = pairInCall();
    const [from, to, fromName, toName] = of(pair);
    const steps = pair.during(() => {
      from.input(hold);
      to.input(accept);
      from.input({ kind: 'acknowledge', headers: [['X-CSL-Info2', 'CONFIRM']] });
    });
    expect(steps).toEqual([`${fromName} INVITE`, `${toName} 200`, `${fromName} ACK`]);
    const invited = to.events.find(({ kind }) => kind === 're-invited');
    const answered = from.events.find(({ kind }) => kind === 're-answered');
    if (invited?.kind !== 're-invited' || answered?.kind !== 're-answered') throw new Error('none');
    expect(header(invited.message, 'X-CSL-Info1')).toBe('FRESH');
    expect(header(invited.message, 'Content-Type')).toBe('application/sdp');
    expect(invited.message.body).toEqual(body);
    expect(header(answered.message, 'X-CSL-Info2')).toBe('FRESH2');
    expect(to.last()).toMatchObject({ kind: 're-acknowledged', callId });
    const acknowledged = to.last();
    expect(
      acknowledged?.kind === 're-acknowledged' && header(acknowledged.message, 'X-CSL-Info2'),
    ).toBe('CONFIRM');
    const [, invite] = requestsOf(pair, 'INVITE');
    const ack = lastRequest(pair, 'ACK');
    expect(invite && header(invite, 'CSeq')).toBe(from === pair.alice ? '2 INVITE' : '1 INVITE');
    expect(header(ack, 'CSeq')).toBe(from === pair.alice ? '2 ACK' : '1 ACK');
    expect(invite && header(invite, 'Call-ID')).toBe(callId);
  });

  it('counts CSeq on: a second one, and BYE after it', () => {
    const pair = pairInCall();
    const [from, to] = of(pair);
    for (const next of [hold, hold]) {
      from.input(next);
      to.input(accept);
      from.input({ kind: 'acknowledge' });
    }
    from.input({ kind: 'hang-up' });
    const first = from === pair.alice ? 2 : 1;
    const numbers = requestsOf(pair, 'INVITE')
      .slice(1)
      .map((invite) => header(invite, 'CSeq'));
    expect(numbers).toEqual([`${first} INVITE`, `${first + 1} INVITE`]);
    expect(header(lastRequest(pair, 'BYE'), 'CSeq')).toBe(`${first + 2} BYE`);
    expect(to.last()).toMatchObject({ kind: 'bye', callId });
  });

  it('that is refused leaves the call as it was, the old target too', () => {
    const pair = pairInCall();
    const [from, to, fromName, toName] = of(pair);
    from.input({ kind: 'connection-up', contact: `sip:${from.number}@10.9.9.9:9` });
    const steps = pair.during(() => {
      from.input(hold);
      to.input({ kind: 'reject', status: 488 });
    });
    expect(steps).toEqual([`${fromName} INVITE`, `${toName} 488`, `${fromName} ACK`]);
    expect(from.last()).toEqual({ kind: 're-invite-failed', callId, status: 488 });
    expect(to.kinds().slice(-1)).toEqual(['re-invited']);
    to.input({ kind: 'hang-up' });
    expect(lastRequest(pair, 'BYE').uri).not.toContain('10.9.9.9');
    expect(from.last()).toMatchObject({ kind: 'bye' });
  });

  it('refreshes the target of both, and neither its routes nor its tags', () => {
    const pair = pairInCall();
    const [from, to] = of(pair);
    pair.filter((_name, message) => withHeader(message, 'Record-Route', '<sip:evil.example;lr>'));
    from.input({ kind: 'connection-up', contact: `sip:${from.number}@10.9.9.9:9` });
    to.input({ kind: 'connection-up', contact: `sip:${to.number}@10.8.8.8:8` });
    from.input(hold);
    to.input(accept);
    from.input({ kind: 'acknowledge' });
    const ack = lastRequest(pair, 'ACK');
    expect(ack.uri).toBe(`sip:${to.number}@10.8.8.8:8`);
    expect(headerValues(ack, 'Route')).toEqual([]);
    to.input({ kind: 'hang-up' });
    const bye = lastRequest(pair, 'BYE');
    expect(bye.uri).toBe(`sip:${from.number}@10.9.9.9:9`);
    expect(headerValues(bye, 'Route')).toEqual([]);
    expect(from.last()?.kind).toBe('bye');
  });

  it('has its 200 repeated byte for byte until the ACK, and each answered with the identical ACK', () => {
    const pair = pairInCall();
    const [from, to] = of(pair);
    let lost = 3;
    pair.filter((_name, message) => {
      if (message.kind !== 'request' || message.method !== 'ACK' || lost === 0) return message;
      lost -= 1;
      return undefined;
    });
    const before = pair.sent.length;
    from.input(hold);
    to.input(accept);
    from.input({ kind: 'acknowledge', headers: [['X-CSL-Info2', 'ONE']] });
    pair.pass(60_000);
    const bytes = (pick: (message: SipMessage) => boolean) =>
      pair.sent.slice(before).flatMap(([, message]) => (pick(message) ? [serialize(message)] : []));
    const oks = bytes((message) => message.kind === 'response');
    const acks = bytes((message) => message.kind === 'request' && message.method === 'ACK');
    expect(oks).toHaveLength(4);
    expect(acks).toHaveLength(4);
    for (const each of oks) expect(each).toEqual(oks[0]);
    for (const each of acks) expect(each).toEqual(acks[0]);
    expect(to.kinds().filter((kind) => kind === 're-acknowledged')).toHaveLength(1);
    expect(from.kinds().filter((kind) => kind === 're-answered')).toHaveLength(1);
  });

  it('ends the call by BYE when no ACK comes in 64*T1', () => {
    const pair = pairInCall();
    const [from, to] = of(pair);
    pair.filter(without('ACK'));
    from.input(hold);
    to.input(accept);
    from.input({ kind: 'acknowledge' });
    pair.pass(31_800);
    expect(to.last()?.kind).toBe('re-invited');
    pair.pass(200);
    expect(to.last()).toEqual({ kind: 'ended', callId, reason: 'ack-timeout' });
    expect(from.last()?.kind).toBe('bye');
    expect(header(lastRequest(pair, 'BYE'), 'Reason')).toMatch(/^SIP;cause=408/);
  });

  it('whose answer is not accepted is acknowledged without extras and ends the call', () => {
    const pair = pairInCall();
    const [from, to, fromName, toName] = of(pair);
    from.input(hold);
    to.input(accept);
    const steps = pair.during(() => from.input({ kind: 'acknowledge-and-end' }));
    expect(steps).toEqual([`${fromName} ACK`, `${fromName} BYE`, `${toName} 200`]);
    expect(header(lastRequest(pair, 'ACK'), 'X-CSL-Info2')).toBeUndefined();
    expect(from.last()).toEqual({ kind: 'ended', callId, reason: 'local' });
    expect(to.kinds().slice(-2)).toEqual(['re-acknowledged', 'bye']);
  });

  it('is taken back by CANCEL once a provisional response came', () => {
    const pair = pairInCall();
    const [from, to, fromName, toName] = of(pair);
    from.input(hold);
    expect(pair.during(() => from.input({ kind: 'cancel' }))).toEqual([]);
    const steps = pair.during(() => pair.pass(200));
    expect(steps).toEqual([
      `${toName} 100`,
      `${fromName} CANCEL`,
      `${toName} 200`,
      `${toName} 487`,
      `${fromName} ACK`,
    ]);
    expect(to.last()).toEqual({ kind: 're-invite-cancelled', callId });
    expect(from.last()).toEqual({ kind: 're-invite-failed', callId, status: 487 });
    to.input(accept);
    expect(to.last()).toMatchObject({ kind: 'refused', code: 'sip/state' });
    from.input({ kind: 'hang-up' });
    expect(to.last()?.kind).toBe('bye');
  });

  it('stands when its 200 crosses the CANCEL', () => {
    const pair = pairInCall();
    const [from, to] = of(pair);
    from.input(hold);
    pair.filter(without('CANCEL'));
    pair.pass(200);
    from.input({ kind: 'cancel' });
    to.input(accept);
    expect(from.last()?.kind).toBe('re-answered');
    from.input({ kind: 'acknowledge' });
    expect(to.last()?.kind).toBe('re-acknowledged');
    pair.pass(60_000);
    expect(from.last()?.kind).toBe('re-answered');
  });

  it.each([481, 408])('that gets %i ends the call, with BYE', (status) => {
    const pair = pairInCall();
    const [from, to] = of(pair);
    from.input(hold);
    to.input({ kind: 'reject', status });
    expect(from.last()).toEqual({ kind: 'ended', callId, reason: 'peer-lost' });
    expect(to.last()?.kind).toBe('bye');
    expect(header(lastRequest(pair, 'BYE'), 'Reason')).toMatch(/^SIP;cause=481/);
  });

  it('that nobody answers ends the call after 64*T1', () => {
    const pair = pairInCall();
    const [from] = of(pair);
    pair.filter(without('INVITE'));
    from.input(hold);
    pair.pass(31_900);
    expect(from.kinds()).not.toContain('ended');
    pair.pass(100);
    expect(from.last()).toEqual({ kind: 'ended', callId, reason: 'peer-lost' });
    expect(requestsOf(pair, 'BYE')).toHaveLength(1);
  });
});

it('an ACK or re-INVITE of another identity, or with two Contacts, changes nothing', () => {
  const pair = pairInCall();
  pair.alice.input(hold);
  pair.bob.input(accept);
  const spoiled = (message: SipRequest): SipRequest =>
    replaceHeader(message, 'From', (header(message, 'From') ?? '').replace(ALICE, '+33600000666'));
  pair.filter((_, message) =>
    message.kind === 'request' && message.method === 'ACK' ? spoiled(message) : message,
  );
  pair.alice.input({ kind: 'acknowledge' });
  expect(pair.bob.last()).toMatchObject({ kind: 'refused', code: 'sip/identity', callId });
  pair.filter(undefined);
  pair.pass(500);
  expect(pair.bob.last()?.kind).toBe('re-acknowledged');
  pair.filter((_, message) =>
    message.kind === 'request' && message.method === 'INVITE'
      ? withHeader(message, 'Contact', '<sip:another@h>')
      : message,
  );
  pair.alice.input(hold);
  expect(pair.alice.last()).toEqual({ kind: 're-invite-failed', callId, status: 400 });
  expect(pair.bob.last()).toMatchObject({ kind: 'refused', code: 'sip/contact' });
});
