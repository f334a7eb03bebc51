import { describe, expect, it } from 'vitest';
import { concat, latin1, utf8 } from '../../bytes.ts';
import { allHeaders, header, listValues, serialize, type SipMessage } from '../message/message.ts';
import {
  ALICE,
  BOB,
  OFFER,
  ANSWER,
  registered,
  ringing,
  established,
  ladder,
  since,
  outputs,
  messagesOf,
  dropped,
} from '../testing/call-fixture.ts';

describe('a call', () => {
  it('runs from INVITE to BYE by the caller in the order of RFC 3261', () => {
    const { network, alice, bob } = established();
    expect(bob.kinds()).toEqual(['registered', 'incoming-invite', 'acknowledged']);
    expect(alice.kinds()).toEqual(['registered', 'progress', 'answered']);
    alice.command({ kind: 'hang-up' });
    expect(bob.last()?.kind).toBe('bye');
    expect(alice.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'local' });
    expect(ladder(network).slice(4)).toEqual([
      'alice INVITE >',
      '> 100 alice',
      '> INVITE bob',
      'bob 180 >',
      '> 180 alice',
      'bob 200 >',
      '> 200 alice',
      'alice ACK >',
      '> ACK bob',
      'alice BYE >',
      '> BYE bob',
      'bob 200 >',
      '> 200 alice',
    ]);
    expect(outputs(network, 'call-started')).toEqual([
      { kind: 'call-started', callId: 'call-1', fromNumber: ALICE, toNumber: BOB },
    ]);
    expect(outputs(network, 'call-answered')).toHaveLength(1);
    expect(outputs(network, 'call-ended')).toEqual([
      { kind: 'call-ended', callId: 'call-1', reason: 'bye' },
    ]);
  });

  it('ends once for each when both hang up at once', () => {
    const { network, alice, bob } = established();
    const before = network.log.length;
    bob.input({ kind: 'hang-up' });
    alice.command({ kind: 'hang-up' });
    for (const each of [alice, bob]) {
      expect(each.kinds().filter((kind) => kind === 'ended' || kind === 'bye')).toEqual(['ended']);
      each.command({ kind: 'hang-up' });
      expect(each.last()).toMatchObject({ kind: 'refused', code: 'sip/state' });
    }
    const finals = network.log
      .slice(before)
      .flatMap(({ message, direction }) =>
        message.kind === 'response' && direction === 'to-phone' ? [message.status] : [],
      );
    expect(finals).toHaveLength(2);
    for (const status of finals) expect([200, 481]).toContain(status);
    expect(outputs(network, 'call-ended')).toHaveLength(1);
  });

  it('ends by the callee, and both can call again', () => {
    const { network, alice, bob } = established();
    bob.command({ kind: 'hang-up' });
    expect(alice.last()?.kind).toBe('bye');
    expect(outputs(network, 'call-ended')).toHaveLength(1);
    bob.command({ kind: 'invite', number: ALICE, callId: 'call-2', body: OFFER });
    expect(alice.last()).toMatchObject({ kind: 'incoming-invite', callId: 'call-2' });
  });

  it('carries X-CSL headers, Call-ID, From and To byte for byte', () => {
    const { network } = established();
    const value = 'A'.repeat(6000);
    const { alice, bob } = registered();
    alice.command({ kind: 'invite', number: BOB, headers: [['X-CSL-From', value]], body: OFFER });
    const incoming = bob.last();
    if (incoming?.kind !== 'incoming-invite') throw new Error('no call');
    expect(header(incoming.message, 'X-CSL-From')).toBe(value);
    for (const method of ['INVITE', 'ACK']) {
      const [sent, received] = messagesOf(
        network,
        ({ message }) => message.kind === 'request' && message.method === method,
      );
      if (sent === undefined || received === undefined) throw new Error(`no ${method}`);
      const changed = /^(?:Via|Record-Route|Route|Max-Forwards|Max-Breadth)$/;
      const kept = (message: SipMessage) =>
        allHeaders(message).filter(([name]) => !changed.test(name));
      expect(kept(received)).toEqual(kept(sent));
    }
  });

  it('keeps the proxy on the path: Via with rport, Record-Route, Route, one hop less', () => {
    const { network } = established();
    const [, invite] = messagesOf(
      network,
      ({ message }) => message.kind === 'request' && message.method === 'INVITE',
    );
    const [ack] = messagesOf(
      network,
      ({ message }) => message.kind === 'request' && message.method === 'ACK',
    );
    if (invite?.kind !== 'request' || ack === undefined) throw new Error('no call');
    expect(invite.uri).toBe(`sip:${BOB}@10.0.1.2:40001;transport=tls`);
    expect(listValues(invite, 'Via')).toEqual([
      expect.stringMatching(/^SIP\/2\.0\/TLS 10\.0\.0\.1:5061;branch=z9hG4bKt\d+\.[0-9a-f]{16}$/),
      expect.stringMatching(/;branch=z9hG4bK\w+;received=10\.0\.1\.1;rport=40000$/),
    ]);
    expect(header(invite, 'Record-Route')).toBe('<sip:10.0.0.1:5061;transport=tls;lr>');
    expect(header(invite, 'Max-Forwards')).toBe('69');
    expect(header(ack, 'Route')).toBe('<sip:10.0.0.1:5061;transport=tls;lr>');
  });

  it('is changed by a re-INVITE of either side through the proxy, and taken back by CANCEL', () => {
    const { network, alice, bob } = established();
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      from.command({ kind: 're-invite', body: OFFER });
      to.command({ kind: 'accept', body: ANSWER });
      from.command({ kind: 'acknowledge' });
      expect(to.kinds().slice(-2)).toEqual(['re-invited', 're-acknowledged']);
      from.command({ kind: 're-invite', body: OFFER });
      network.pass(200);
      from.command({ kind: 'cancel' });
      expect(from.last()).toEqual({ kind: 're-invite-failed', callId: 'call-1', status: 487 });
      expect(to.last()?.kind).toBe('re-invite-cancelled');
    }
    network.pass(100_000);
    expect(outputs(network, 'call-ended')).toEqual([]);
    bob.command({ kind: 'hang-up' });
    expect(alice.last()?.kind).toBe('bye');
  });

  it('gives bodies to the hook and sends on what it returns, the same for every repetition', () => {
    const seen: string[] = [];
    const pair = ringing({
      rewriteBody: ({ direction, fromNumber, toNumber, fromAddress, toAddress, message }) => {
        seen.push([direction, fromNumber, toNumber, fromAddress, toAddress].join(' '));
        return { ok: true, value: concat(message.body, utf8(`relay ${seen.length}`)) };
      },
    });
    pair.bob.command({ kind: 'accept', body: ANSWER });
    pair.network.pass(2000);
    expect(seen).toEqual([
      `offer ${ALICE} ${BOB} 10.0.1.1 10.0.1.2`,
      `answer ${ALICE} ${BOB} 10.0.1.1 10.0.1.2`,
    ]);
    const answers = messagesOf(
      pair.network,
      ({ direction, message }) =>
        direction === 'to-phone' && message.kind === 'response' && message.body.length > 0,
    );
    expect(answers.length).toBeGreaterThan(2);
    expect(new Set(answers.map((answer) => latin1(serialize(answer)))).size).toBe(1);
    expect(latin1(answers[0]?.body ?? new Uint8Array())).toBe(`${latin1(ANSWER)}relay 2`);
  });

  it('refuses an INVITE whose body the hook refuses', () => {
    const pair = registered({
      rewriteBody: () => ({ ok: false, error: { code: 'relay/full', offset: -1 } }),
    });
    pair.alice.command({ kind: 'invite', number: BOB, callId: 'call-1', body: OFFER });
    expect(pair.alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 488 });
    expect(outputs(pair.network, 'refused')[0]?.code).toBe('relay/full');
    expect(outputs(pair.network, 'call-ended')).toHaveLength(1);
  });

  it('does not pass on an answer that the hook refuses, and frees the call', () => {
    const pair = ringing({
      rewriteBody: ({ direction }) =>
        direction === 'offer'
          ? { ok: true, value: undefined }
          : { ok: false, error: { code: 'relay/answer', offset: -1 } },
    });
    pair.bob.command({ kind: 'accept', body: ANSWER });
    expect(pair.alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 500 });
    expect(outputs(pair.network, 'call-ended')).toMatchObject([{ reason: 'failed' }]);
  });
});

describe('a call that is not answered', () => {
  it('is cancelled by the caller: 200 to CANCEL, 487 to INVITE, acknowledged hop by hop', () => {
    const { network, alice, bob } = ringing();
    const steps = since(network, () => alice.command({ kind: 'cancel' }));
    expect(steps).toEqual([
      'alice CANCEL >',
      '> 200 alice',
      '> CANCEL bob',
      'bob 200 >',
      'bob 487 >',
      '> ACK bob',
      '> 487 alice',
      'alice ACK >',
    ]);
    expect(bob.last()).toEqual({ kind: 'cancelled', callId: 'call-1' });
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 487 });
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'failed' }]);
  });

  it('waits for a provisional response before CANCEL', () => {
    const { network, alice } = registered();
    network.filter(({ message }) =>
      message.kind === 'response' && message.status === 100 ? undefined : message,
    );
    alice.command({ kind: 'invite', number: BOB, callId: 'call-1', body: OFFER });
    expect(since(network, () => alice.command({ kind: 'cancel' }))).toEqual([]);
    network.pass(33_000);
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 408 });
  });

  it('is acknowledged and ended when the 200 crosses the CANCEL', () => {
    const { network, alice, bob } = ringing();
    network.filter(dropped('CANCEL', 'to-phone'));
    alice.command({ kind: 'cancel' });
    const steps = since(network, () => bob.command({ kind: 'accept', body: ANSWER }));
    expect(steps.filter((step) => step.startsWith('alice'))).toEqual([
      'alice ACK >',
      'alice BYE >',
    ]);
    expect(alice.last()).toMatchObject({ kind: 'call-failed', status: 487 });
    expect(bob.last()?.kind).toBe('bye');
  });

  it('is given up 64*T1 after a CANCEL that nobody answers', () => {
    const { network, alice, bob } = ringing();
    network.filter(({ phone, message }) => (phone === BOB ? undefined : message));
    alice.command({ kind: 'cancel' });
    network.pass(31_000);
    expect(alice.last()?.kind).toBe('progress');
    network.pass(1100);
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 487 });
    expect(outputs(network, 'call-ended')).toHaveLength(1);
    expect(bob.kinds()).not.toContain('cancelled');
  });

  it.each([603, 403, 488])('is refused by the callee with %i', (status) => {
    const { network, alice, bob } = ringing();
    const headers = [['Warning', '399 example.com "because"']] as const;
    const steps = since(network, () => bob.command({ kind: 'reject', status, headers }));
    const refusal = network.log.findLast(({ message }) => message.kind === 'response')?.message;
    expect(refusal && header(refusal, 'Warning')).toBe('399 example.com "because"');
    expect(steps).toEqual([`bob ${status} >`, '> ACK bob', `> ${status} alice`, 'alice ACK >']);
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status });
    expect(bob.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'rejected' });
    alice.command({ kind: 'invite', number: BOB, callId: 'call-2', body: OFFER });
    expect(bob.last()).toMatchObject({ kind: 'incoming-invite', callId: 'call-2' });
  });

  it('is busy for both when two phones call each other at once', () => {
    const { network, alice, bob } = registered();
    const call = (number: string, callId: string) =>
      ({ kind: 'invite', number, callId, body: OFFER }) as const;
    bob.input(call(ALICE, 'from-bob'));
    alice.command(call(BOB, 'from-alice'));
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'from-alice', status: 486 });
    expect(bob.last()).toEqual({ kind: 'call-failed', callId: 'from-bob', status: 486 });
    expect(outputs(network, 'call-ended')).toHaveLength(2);
    alice.command(call(BOB, 'again'));
    expect(bob.last()).toMatchObject({ kind: 'incoming-invite', callId: 'again' });
  });

  it('finds the callee busy with another call', () => {
    const { network } = established();
    const carol = network.phone('+33600000003');
    carol.command({ kind: 'invite', number: BOB, callId: 'call-3', body: OFFER });
    expect(carol.last()).toEqual({ kind: 'call-failed', callId: 'call-3', status: 486 });
  });

  it('gets 480 for a number not registered, 404 for one unknown', () => {
    const { alice } = registered({ isKnownNumber: (number) => number !== '+33600000009' });
    alice.command({ kind: 'invite', number: '+33600000008', callId: 'a', body: OFFER });
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'a', status: 480 });
    alice.command({ kind: 'invite', number: '+33600000009', callId: 'b', body: OFFER });
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'b', status: 404 });
  });

  it('gets 408 when the callee says nothing', () => {
    const { network, alice } = registered();
    network.filter(dropped('INVITE', 'to-phone'));
    alice.command({ kind: 'invite', number: BOB, callId: 'call-1', body: OFFER });
    network.pass(31_900);
    expect(alice.kinds()).not.toContain('call-failed');
    network.pass(200);
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 408 });
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'failed' }]);
  });

  it('is answered 480 by the callee when nobody accepts it in 180 s', () => {
    const { network, alice, bob } = ringing();
    network.pass(179_800);
    expect(bob.last()?.kind).toBe('incoming-invite');
    network.pass(200);
    expect(bob.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'no-answer' });
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 480 });
  });

  it('is cancelled by the proxy after timer C', () => {
    const { network, alice, bob } = ringing({}, { answerLimit: 400_000 });
    network.pass(180_000);
    expect(bob.kinds()).not.toContain('cancelled');
    network.pass(1100);
    expect(bob.last()?.kind).toBe('cancelled');
    expect(alice.last()).toMatchObject({ kind: 'call-failed', status: 487 });
  });
});
