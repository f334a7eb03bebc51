import { describe, expect, it } from 'vitest';
import { header, replaceHeader } from '../message/message.ts';
import { ALICE, BOB, type PairedPhone, pairInCall, type PhonePair } from '../testing/phone-pair.ts';
import {
  accept,
  callId,
  hold,
  lastRequest,
  requestsOf,
  without,
} from '../testing/re-invite-fixture.ts';

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
