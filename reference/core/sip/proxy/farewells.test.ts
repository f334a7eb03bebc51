import { describe, expect, it } from 'vitest';
import { ok } from '../../result.ts';
import {
  ALICE,
  ANSWER,
  BOB,
  dropped,
  established,
  messagesOf,
  OFFER,
  outputs,
  registered,
  ringing,
  since,
  type Pair,
} from '../testing/call-fixture.ts';
import { header, replaceHeader, type SipMessage } from '../message/message.ts';

const sentTo = (pair: Pair, phone: string, method: string): readonly SipMessage[] =>
  messagesOf(
    pair.network,
    (hop) =>
      hop.phone === phone &&
      hop.direction === 'to-phone' &&
      hop.message.kind === 'request' &&
      hop.message.method === method,
  );

const reasonOf = (messages: readonly SipMessage[]): string | undefined =>
  messages[0] && header(messages[0], 'Reason');

describe('calls that the appliance ends', () => {
  it('says BYE to both phones when a user is revoked, inside the dialog and with a Reason', () => {
    const pair = established();
    const { network, alice, bob } = pair;
    const before = sentTo(pair, ALICE, 'BYE');
    network.proxyInput({ kind: 'revoke', number: BOB });
    const byes = sentTo(pair, ALICE, 'BYE');
    expect([before.length, byes.length]).toEqual([0, 1]);
    for (const each of [byes, sentTo(pair, BOB, 'BYE')])
      expect(reasonOf(each)).toBe('SIP;cause=403;text="Certificate revoked"');
    expect([alice.last()?.kind, bob.last()?.kind]).toEqual(['bye', 'bye']);
    expect(outputs(network, 'call-ended')).toEqual([
      { kind: 'call-ended', callId: 'call-1', reason: 'revoked' },
    ]);
    // Of the closed connection nothing is read any more; this network still delivers its 200.
    expect(outputs(network, 'refused').filter(({ user }) => user !== BOB)).toEqual([]);
  });

  it('counts on from the CSeq of the phone in whose name it speaks', () => {
    const pair = established();
    const [invite] = sentTo(pair, BOB, 'INVITE');
    pair.network.proxyInput({ kind: 'revoke', number: ALICE });
    const [bye] = sentTo(pair, BOB, 'BYE');
    const sequence = (message: SipMessage | undefined): number =>
      Number(/^\d+/.exec((message && header(message, 'CSeq')) ?? '')?.[0]);
    expect(sequence(bye)).toBe(sequence(invite) + 1);
    expect(bye && header(bye, 'From')).toBe(invite && header(invite, 'From'));
    expect(bye && header(bye, 'To')).toContain(';tag=');
    expect(pair.bob.last()?.kind).toBe('bye');
  });

  it('tells the phone that is left when the other does not come back within 64*T1', () => {
    const pair = established();
    pair.alice.disconnect();
    pair.network.pass(31_900);
    expect(sentTo(pair, BOB, 'BYE')).toEqual([]);
    pair.network.pass(200);
    expect(reasonOf(sentTo(pair, BOB, 'BYE'))).toBe('SIP;cause=480;text="Connection lost"');
  });

  it('tells both when a call lasts too long', () => {
    const pair = established({ maximumCallDuration: 100_000 });
    pair.network.pass(100_000);
    for (const phone of [ALICE, BOB])
      expect(reasonOf(sentTo(pair, phone, 'BYE'))).toContain('cause=408');
    expect(outputs(pair.network, 'call-ended')).toHaveLength(1);
  });

  it('cancels a call that rings at a phone when its caller is revoked, and the other way round', () => {
    const caller = ringing();
    caller.network.proxyInput({ kind: 'revoke', number: ALICE });
    expect(reasonOf(sentTo(caller, BOB, 'CANCEL'))).toContain('SIP;cause=480');
    const callee = ringing();
    callee.network.proxyInput({ kind: 'revoke', number: BOB });
    expect(callee.alice.last()).toMatchObject({ kind: 'call-failed', status: 480 });
    for (const { network } of [caller, callee])
      expect(outputs(network, 'call-ended')).toHaveLength(1);
  });

  it('leaves other calls alone', () => {
    const { network, alice, bob } = established();
    const carol = network.phone('+33600000003');
    const dave = network.phone('+33600000004');
    for (const phone of [carol, dave]) phone.command({ kind: 'register' });
    carol.command({ kind: 'invite', number: '+33600000004', callId: 'call-2', body: OFFER });
    network.proxyInput({ kind: 'revoke', number: '+33600000003' });
    expect(outputs(network, 'call-ended')).toMatchObject([{ callId: 'call-2' }]);
    expect(since(network, () => alice.command({ kind: 'hang-up' }))).toContain('> BYE bob');
    expect(bob.last()?.kind).toBe('bye');
  });
});

describe('a service that stops', () => {
  const reason = 'SIP;cause=503;text="Maintenance"';
  const stop = (pair: Pair): void =>
    pair.network.proxyInput({ kind: 'end-calls', text: 'Main"tenance' });

  it('says BYE to both phones with the true Reason, leaves their registrations, and knows when both have answered', () => {
    const pair = established();
    const awaited: number[] = [];
    pair.network.filter((hop) => {
      if (hop.message.kind === 'response') awaited.push(pair.network.farewells());
      return hop.message;
    });
    stop(pair);
    for (const phone of [ALICE, BOB]) expect(reasonOf(sentTo(pair, phone, 'BYE'))).toBe(reason);
    expect([pair.alice.last()?.kind, pair.bob.last()?.kind]).toEqual(['bye', 'bye']);
    expect(outputs(pair.network, 'call-ended')).toEqual([
      { kind: 'call-ended', callId: 'call-1', reason: 'stopped' },
    ]);
    expect(awaited[0]).toBe(2);
    expect(pair.network.farewells()).toBe(0);
    expect(pair.network.locations()).toHaveLength(2);
  });

  it('awaits a phone that does not answer for 64*T1', () => {
    const pair = established();
    pair.network.filter((hop) => (hop.phone === BOB ? undefined : hop.message));
    stop(pair);
    pair.network.pass(31_000);
    expect(pair.network.farewells()).toBe(1);
    pair.network.pass(1_100);
    expect(pair.network.farewells()).toBe(0);
  });

  it('cancels what rings with the same Reason, gives its caller 503, and awaits the answer', () => {
    const pair = ringing();
    stop(pair);
    expect(reasonOf(sentTo(pair, BOB, 'CANCEL'))).toBe(reason);
    expect(pair.alice.last()).toMatchObject({ kind: 'call-failed', status: 503 });
    expect(outputs(pair.network, 'call-ended')).toHaveLength(1);
    expect(pair.network.farewells()).toBe(0);
  });

  it('tells a phone whose answer crosses the CANCEL, and begins nothing at the relay for it', () => {
    const rewritten: string[] = [];
    const pair = ringing({
      rewriteBody: ({ direction }) => {
        rewritten.push(direction);
        return ok(undefined);
      },
    });
    pair.network.filter(dropped('CANCEL', 'to-phone'));
    stop(pair);
    pair.network.filter(undefined);
    const before = rewritten.length;
    pair.bob.command({ kind: 'accept', headers: [['X-CSL-Info2', 'BBBB']], body: ANSWER });
    expect(sentTo(pair, BOB, 'ACK')).toHaveLength(1);
    expect(sentTo(pair, BOB, 'BYE')).toHaveLength(1);
    expect(pair.bob.last()?.kind).toBe('bye');
    expect(rewritten).toHaveLength(before);
  });

  it('begins no call any more', () => {
    const pair = registered();
    stop(pair);
    pair.alice.command({ kind: 'invite', number: BOB, callId: 'call-2', body: OFFER });
    expect(pair.alice.last()).toMatchObject({ kind: 'call-failed', status: 503 });
    expect(outputs(pair.network, 'refused').map(({ code }) => code)).toEqual(['sip/stopping']);
    expect(sentTo(pair, BOB, 'INVITE')).toEqual([]);
  });
});

it('an INVITE inside a call that has ended begins nothing at the relay', () => {
  const rewritten: string[] = [];
  const pair = established({
    rewriteBody: ({ direction }) => {
      rewritten.push(direction);
      return ok(undefined);
    },
  });
  const [invite] = messagesOf(
    pair.network,
    ({ message }) => message.kind === 'request' && message.method === 'INVITE',
  );
  const answer = messagesOf(
    pair.network,
    ({ message }) =>
      message.kind === 'response' && message.status === 200 && message.body.length > 0,
  ).at(-1);
  if (invite === undefined || answer === undefined) throw new Error('no call');
  const to = header(answer, 'To') ?? '';
  const before = rewritten.length;
  const again = (branch: string, sequence: number): SipMessage =>
    replaceHeader(
      replaceHeader(
        replaceHeader(invite, 'Via', `SIP/2.0/TLS phone.invalid;branch=z9hG4bK${branch}`),
        'To',
        to,
      ),
      'CSeq',
      `${sequence} INVITE`,
    );
  pair.alice.sendRaw(again('inside', 50));
  pair.network.pass(10);
  expect(rewritten.length).toBe(before + 1);
  pair.bob.command({ kind: 'hang-up' });
  const ended = rewritten.length;
  pair.alice.sendRaw(again('after', 51));
  pair.network.pass(10);
  expect(rewritten).toHaveLength(ended);
  expect(outputs(pair.network, 'refused').at(-1)?.code).toBe('sip/dialog');
});
