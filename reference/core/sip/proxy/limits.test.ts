import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { header } from '../message/message.ts';
import { createAdmission } from './admission.ts';
import { createTokenBucket, defaultLimits } from './limits.ts';
import { createRefusalLog } from './log.ts';
import {
  ALICE,
  BOB,
  codes,
  createProxy,
  MALLORY,
  request,
  responses,
} from '../testing/request-fixture.ts';

describe('the token bucket', () => {
  test.prop([
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
  ])(
    'never grants more than the burst and the rate allow, nor less to who waits',
    (rate, burst, gaps) => {
      const bucket = createTokenBucket(rate, burst);
      let now = 0;
      let granted = 0;
      for (const gap of gaps) {
        now += gap;
        if (bucket.take(now)) granted += 1;
      }
      expect(granted).toBeLessThanOrEqual(burst + (now / 1000) * rate);
      expect(granted).toBeGreaterThanOrEqual(Math.min(burst, gaps.length));
      expect(bucket.take(now + 1000 / rate + 1)).toBe(true);
    },
  );
});

it('a token bucket gives several at once, or none of them', () => {
  const bucket = createTokenBucket(1, 10);
  expect([bucket.take(0, 7), bucket.take(0, 4), bucket.take(0, 3), bucket.take(0)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([bucket.take(2000, 3), bucket.take(2000, 2)]).toEqual([false, true]);
});

describe('admission', () => {
  const limits = {
    ...defaultLimits,
    connections: 5,
    connectionsPerAddress: 4,
    handshaking: 3,
    handshakingPerAddress: 2,
    connectionsPerUser: 2,
  };

  it('bounds strangers of one address, strangers, an address and all', () => {
    const admission = createAdmission(limits);
    expect([
      admission.arrive('1', 'a'),
      admission.arrive('2', 'a'),
      admission.arrive('3', 'a'),
    ]).toEqual([undefined, undefined, 'sip/handshakes-of-address']);
    expect([admission.arrive('4', 'b'), admission.arrive('5', 'b')]).toEqual([
      undefined,
      'sip/handshakes',
    ]);
    for (const name of ['1', '2', '4']) admission.identify(name, name);
    expect([admission.arrive('6', 'a'), admission.arrive('7', 'a')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(admission.arrive('8', 'c')).toBe('sip/connections');
    admission.leave('4');
    expect(admission.arrive('9', 'a')).toBe('sip/connections-of-address');
    expect(admission.arrive('9', 'b')).toBeUndefined();
  });

  it('names the oldest connections of a user with too many, and forgets whoever left', () => {
    const admission = createAdmission(limits);
    const come = (name: string) => {
      admission.arrive(name, 'a');
      return admission.identify(name, ALICE);
    };
    expect([come('1'), come('2'), come('3')]).toEqual([[], [], ['1']]);
    admission.leave('1');
    expect(admission.identify('3', ALICE)).toEqual([]);
    expect(come('4')).toEqual(['2']);
  });
});

describe('the log of refusals', () => {
  const entry = { code: 'x', detail: 'd' };

  it('sums up a flood, and loses no count', () => {
    const log = createRefusalLog();
    const written = Array.from({ length: 5000 }, () => log.add(entry, 'm', 0)).flat();
    expect(written).toHaveLength(1000);
    expect(log.add(entry, 'other', 0)).toEqual([entry]);
    expect(log.add(entry, 'm', 1000)).toEqual([{ code: 'x', detail: '4000 more of m' }, entry]);
    expect(log.totals().get('x')).toBe(5002);
  });

  it('stays small when sources change, and tells what it held back at the end', () => {
    const log = createRefusalLog();
    for (let count = 0; count < 1003; count += 1) log.add(entry, 'm', 0);
    expect(log.flush()).toEqual([{ code: 'x', detail: '3 more of m' }]);
    expect(log.flush()).toEqual([]);
    for (let count = 0; count < 1003; count += 1) log.add(entry, 'm', 0);
    const others = Array.from({ length: 1024 }, (_, source) =>
      log.add(entry, `${source}`, 0),
    ).flat();
    expect(others.filter(({ detail }) => detail === '1003 more of m')).toHaveLength(1);
  });
});

describe('limits of the proxy', () => {
  const call = (callId: string, user = ALICE) =>
    request('INVITE', { callId, from: `<sip:${user}@example.com>;tag=${callId}` });

  it('bound a user’s transactions under way, not another’s', () => {
    const { from, register } = createProxy({ maximumTransactionsPerUser: 2 });
    register(BOB);
    from(ALICE, call('1'));
    from(ALICE, call('2'));
    const outputs = from(ALICE, call('3'));
    expect([responses(outputs)[0]?.status, codes(outputs)]).toEqual([
      503,
      ['sip/user-transactions'],
    ]);
    expect(
      responses(outputs)[0] && header(responses(outputs)[0] ?? request('ACK'), 'Retry-After'),
    ).toBe('5');
    expect(codes(from(MALLORY, call('4', MALLORY)))).toEqual([]);
    expect(codes(from(ALICE, request('BYE', { cseq: '9 BYE' })))).not.toContain(
      'sip/user-transactions',
    );
  });

  it('leave the last quarter of all transactions to whoever holds few', () => {
    const { from, register, proxy } = createProxy({
      maximumTransactions: 8,
      maximumTransactionsPerUser: 3,
    });
    register(BOB);
    const nobody = (user: string, count: number) =>
      from(user, { ...call(`${user}${count}`, user), uri: 'sip:+33600000009@example.com' });
    // Answered at once, and kept for 64*T1 because no ACK comes.
    const flood = Array.from({ length: 20 }, (_, count) => codes(nobody(MALLORY, count)).join());
    expect(flood).toEqual(
      flood.map((_, count) => (count < 6 ? 'sip/not-registered' : 'sip/user-transactions')),
    );
    expect(codes(from(MALLORY, request('BYE', { from: `<sip:${MALLORY}@h>;tag=x` })))).toEqual([
      'sip/user-transactions',
    ]);
    expect(codes(from(ALICE, call('1')))).toEqual([]);
    expect(codes(nobody(BOB, 1))).toEqual(['sip/not-registered']);
    expect(codes(nobody(BOB, 2))).toEqual(['sip/overload']);
    proxy.handle({ kind: 'tick' }, 33_000);
    expect(codes(nobody(MALLORY, 20))).toEqual(['sip/not-registered']);
  });

  it('bound a user’s calls and all calls', () => {
    const { from, register } = createProxy({ maximumCallsPerUser: 1, maximumCalls: 2 });
    register(BOB);
    from(ALICE, call('1'));
    expect(codes(from(ALICE, call('2')))).toEqual(['sip/user-calls']);
    expect(codes(from(MALLORY, call('3', MALLORY)))).toEqual([]);
    expect(codes(from(BOB, call('4', BOB)))).toEqual(['sip/calls']);
  });

  it('answer what comes above the rate of a connection, and keep nothing of it', () => {
    const { proxy } = createProxy();
    const peer = { commonName: ALICE, address: 'a', port: 1 };
    const over = (text: string) =>
      proxy.handle(
        { kind: 'overload', connection: 'c', peer, message: new TextEncoder().encode(text) },
        0,
      );
    const invite = 'INVITE sip:x@example.com SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKa\r\n\r\n';
    const [answer] = responses(over(invite));
    expect([answer?.status, answer && header(answer, 'Retry-After')]).toEqual([503, '5']);
    expect(responses(over(''))).toEqual([]);
    expect(codes(over(invite.replace('INVITE', 'ACK')))).toEqual(['sip/message-rate']);
  });
});
