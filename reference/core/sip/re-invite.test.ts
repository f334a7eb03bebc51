import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import {
  header,
  headerValues,
  replaceHeader,
  serialize,
  type SipMessage,
  type SipRequest,
  withHeader,
} from './message.ts';
import { ALICE, BOB, type PairedPhone, pairInCall, type PhonePair } from './phone-pair.ts';

const body = utf8('v=0\r\nagain\r\n');
const hold = { kind: 're-invite', headers: [['X-CSL-Info1', 'FRESH']], body } as const;
const accept = { kind: 'accept', headers: [['X-CSL-Info2', 'FRESH2']], body } as const;
const callId = 'call-1';

const requestsOf = (pair: PhonePair, method: string): readonly SipRequest[] =>
  pair.sent.flatMap(([, message]) =>
    message.kind === 'request' && message.method === method ? [message] : [],
  );

const lastRequest = (pair: PhonePair, method: string): SipRequest => {
  const request = requestsOf(pair, method).at(-1);
  if (request === undefined) throw new Error(`no ${method}`);
  return request;
};

const without =
  (lost: string) =>
  (_: string, message: SipMessage): SipMessage | undefined =>
    (message.kind === 'request' ? message.method : `${message.status}`) === lost
      ? undefined
      : message;

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

describe('two re-INVITEs at once', () => {
  const glare = (alice: number, bob: number) => {
    const pair = pairInCall([{ uniform: () => alice }, { uniform: () => bob }]);
    pair.bob.input(hold, 0);
    pair.alice.input(hold);
    return pair;
  };
  const waited = (pair: PhonePair, phone: PairedPhone): number => {
    const start = pair.now();
    for (let step = 0; step < 600 && phone.last()?.kind !== 're-invite-due'; step += 1)
      pair.pass(10);
    return pair.now() - start;
  };

  it('get 491 both, and the call is as it was', () => {
    const pair = glare(0, 0.999);
    expect(pair.alice.kinds()).toContain('re-invite-failed');
    expect(pair.bob.kinds()).toContain('re-invite-failed');
    for (const { events } of [pair.alice, pair.bob])
      expect(events.find(({ kind }) => kind === 're-invite-failed')).toMatchObject({ status: 491 });
  });

  it.each([
    [0, 2100],
    [0.999_999, 4000],
    [0.5, 3050],
  ])('are due again by RFC 3261 14.1 for the owner of the Call-ID at %f', (fraction, wait) => {
    const pair = glare(fraction, 0);
    // The glare itself took 50 ms, and steps are of 10 ms.
    expect(Math.abs(waited(pair, pair.alice) + 50 - wait)).toBeLessThanOrEqual(10);
    expect(pair.alice.last()).toEqual({ kind: 're-invite-due', callId });
  });

  it.each([
    [0.25, 500],
    [0.999_999, 2000],
  ])('are due again earlier for the other at %f', (fraction, wait) => {
    const pair = glare(0.999, fraction);
    expect(Math.abs(waited(pair, pair.bob) + 50 - wait)).toBeLessThanOrEqual(10);
    expect(pair.bob.last()).toEqual({ kind: 're-invite-due', callId });
    expect(pair.alice.kinds()).not.toContain('re-invite-due');
    // The other's turn comes first, and the owner's waits for its end.
    pair.bob.input(hold);
    pair.pass(9000);
    expect(pair.alice.kinds()).not.toContain('re-invite-due');
    pair.alice.input(accept);
    pair.bob.input({ kind: 'acknowledge' });
    pair.pass(4100);
    expect(pair.alice.last()?.kind).toBe('re-invite-due');
  });

  it('are not due any more when the call has ended', () => {
    const pair = glare(0.5, 0.5);
    pair.alice.input({ kind: 'hang-up' });
    pair.pass(60_000);
    for (const each of [pair.alice, pair.bob]) expect(each.kinds()).not.toContain('re-invite-due');
  });
});

describe('a re-INVITE before the one before it is finished', () => {
  it('gets 500 with Retry-After while the first awaits its answer', () => {
    const pair = pairInCall([{}, { uniform: () => 0.95 }]);
    pair.alice.input(hold);
    const [first] = requestsOf(pair, 'INVITE').slice(-1);
    if (first === undefined) throw new Error('no INVITE');
    const again = replaceHeader(first, 'CSeq', '3 INVITE');
    const via = (header(first, 'Via') ?? '').replace(/branch=[^;]+/, 'branch=z9hG4bKsecond');
    pair.deliver(pair.bob, replaceHeader(again, 'Via', via));
    const refusal = pair.sent.findLast(([from]) => from === BOB)?.[1];
    expect(refusal).toMatchObject({ kind: 'response', status: 500 });
    expect(refusal && header(refusal, 'Retry-After')).toBe('10');
    expect(refusal && header(refusal, 'Warning')).toContain('"sip/request-pending"');
    pair.bob.input(accept);
    expect(pair.alice.last()?.kind).toBe('re-answered');
  });

  it('gets 491 while a 200 awaits its ACK, also from this phone itself', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.bob.input(accept);
    pair.bob.input(hold);
    expect(pair.bob.last()).toEqual({ kind: 're-invite-failed', callId, status: 491 });
    pair.alice.input(hold);
    expect(pair.alice.last()).toEqual({ kind: 're-invite-failed', callId, status: 491 });
    expect(requestsOf(pair, 'INVITE')).toHaveLength(2);
    pair.alice.input({ kind: 'acknowledge' });
    pair.pass(5000);
    expect(pair.alice.last()?.kind).toBe('re-invite-due');
    expect(pair.bob.last()?.kind).toBe('re-invite-due');
  });

  it('with the same CSeq in another transaction is refused as out of order, and a repetition answered', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.bob.input(accept);
    const first = lastRequest(pair, 'INVITE');
    const repeated = pair.during(() => pair.deliver(pair.bob, first));
    expect(repeated[0]).toBe('bob 200');
    const via = (header(first, 'Via') ?? '').replace(/branch=[^;]+/, 'branch=z9hG4bKsecond');
    const replayed = pair.during(() => pair.deliver(pair.bob, replaceHeader(first, 'Via', via)));
    expect(replayed[0]).toBe('bob 500');
    expect(pair.bob.kinds().filter((kind) => kind === 're-invited')).toHaveLength(1);
  });
});

describe('hanging up during a re-INVITE', () => {
  it('that awaits its answer: the sender sends BYE, and the INVITE gets 487', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    const steps = pair.during(() => pair.alice.input({ kind: 'hang-up' }));
    expect(steps).toEqual(['alice BYE', 'bob 200', 'bob 487', 'alice ACK']);
    expect(pair.alice.kinds().slice(-1)).toEqual(['ended']);
    expect(pair.bob.kinds().slice(-2)).toEqual(['re-invited', 'bye']);
  });

  it('that awaits its answer: the receiver answers 487 and sends BYE', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    const steps = pair.during(() => pair.bob.input({ kind: 'hang-up' }));
    expect(steps).toEqual(['bob 487', 'bob BYE', 'alice ACK', 'alice 200']);
    expect(pair.alice.kinds().slice(-2)).toEqual(['re-invite-failed', 'bye']);
    expect(pair.bob.last()).toEqual({ kind: 'ended', callId, reason: 'local' });
  });

  it('whose 200 awaits its ACK waits for the ACK', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.bob.input(accept);
    expect(pair.during(() => pair.bob.input({ kind: 'hang-up' }))).toEqual([]);
    const steps = pair.during(() => pair.alice.input({ kind: 'acknowledge' }));
    expect(steps).toEqual(['alice ACK', 'bob BYE', 'alice 200']);
    expect(pair.bob.kinds().slice(-2)).toEqual(['re-acknowledged', 'ended']);
  });

  it('whose answer is being verified acknowledges it first', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.bob.input(accept);
    const steps = pair.during(() => pair.alice.input({ kind: 'hang-up' }));
    expect(steps).toEqual(['alice ACK', 'alice BYE', 'bob 200']);
  });

  it('acknowledges a 200 that crosses the BYE, once, and sends no second BYE', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.filter((from, message) => (from === ALICE ? undefined : message));
    pair.alice.input({ kind: 'hang-up' });
    pair.filter(undefined);
    const steps = pair.during(() => pair.bob.input(accept));
    expect(steps).toEqual(['bob 200', 'alice ACK']);
    expect(pair.alice.kinds().filter((kind) => kind === 'ended')).toHaveLength(1);
  });
});

describe('a connection lost during a re-INVITE', () => {
  it('by its sender: it failed, the call stands, and a late 200 is acknowledged and ends it', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.alice.input({ kind: 'connection-down' });
    expect(pair.alice.last()).toEqual({ kind: 're-invite-failed', callId, status: 503 });
    pair.alice.input(hold);
    expect(pair.alice.last()).toEqual({ kind: 're-invite-failed', callId, status: 503 });
    pair.alice.input({ kind: 'connection-up' });
    expect(pair.alice.agent.currentCallId()).toBe(callId);
    const steps = pair.during(() => pair.bob.input(accept));
    expect(steps).toEqual(['bob 200', 'alice ACK', 'alice BYE', 'bob 200']);
    expect(pair.alice.last()).toEqual({ kind: 'ended', callId, reason: 'peer-lost' });
  });

  it('by its receiver before it accepted: taken back', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.bob.input({ kind: 'connection-down' });
    expect(pair.bob.last()).toEqual({ kind: 're-invite-cancelled', callId });
    pair.bob.input({ kind: 'connection-up' });
    pair.bob.input(accept);
    expect(pair.bob.last()).toMatchObject({ kind: 'refused', code: 'sip/state' });
    pair.bob.input({ kind: 'hang-up' });
    expect(pair.alice.last()?.kind).toBe('bye');
  });

  it('by its receiver after it accepted: the 200 is repeated on the next connection', () => {
    const pair = pairInCall();
    pair.alice.input(hold);
    pair.filter(without('200'));
    pair.bob.input(accept);
    pair.filter(undefined);
    pair.bob.input({ kind: 'connection-down' });
    pair.bob.input({ kind: 'connection-up' });
    pair.pass(1000);
    expect(pair.alice.last()?.kind).toBe('re-answered');
    pair.alice.input({ kind: 'acknowledge' });
    expect(pair.bob.last()?.kind).toBe('re-acknowledged');
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
