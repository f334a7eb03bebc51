import { describe, expect, it } from 'vitest';
import { replaceHeader, withHeader } from '../message/message.ts';
import { createTestNetwork } from '../testing/test-network.ts';
import {
  ALICE,
  BOB,
  OFFER,
  registered,
  outputs,
  statusTo,
  messagesOf,
  dropped,
} from '../testing/call-fixture.ts';

describe('registration', () => {
  it('binds the number to its connection, refreshes before expiry, and ends on request', () => {
    const network = createTestNetwork();
    const alice = network.phone(ALICE, { expires: 100 });
    alice.command({ kind: 'register' });
    expect(alice.events).toEqual([{ kind: 'registered', expires: 100 }]);
    network.pass(250_000);
    expect(alice.kinds()).toEqual(['registered', 'registered', 'registered', 'registered']);
    expect(network.locations()).toEqual([ALICE]);
    alice.command({ kind: 'unregister' });
    expect(alice.last()).toEqual({ kind: 'unregistered' });
    expect(network.locations()).toEqual([]);
  });

  it('expires a binding that is not refreshed', () => {
    const network = createTestNetwork();
    const alice = network.phone(ALICE, { expires: 100 });
    alice.command({ kind: 'register' });
    network.filter(dropped('REGISTER', 'to-proxy'));
    network.pass(99_000);
    expect(network.locations()).toEqual([ALICE]);
    network.pass(1000);
    expect(network.locations()).toEqual([]);
    expect(alice.kinds()).toEqual(['registered']);
    network.pass(32_000);
    expect(alice.last()).toEqual({ kind: 'registration-failed', status: 408 });
  });

  it('takes the least interval that 423 names', () => {
    const network = createTestNetwork({ minimumExpires: 60 });
    const alice = network.phone(ALICE, { expires: 10 });
    alice.command({ kind: 'register' });
    expect(alice.events).toEqual([{ kind: 'registered', expires: 60 }]);
  });

  it('is refreshed over 24 hours without a gap, and leaves nothing behind', () => {
    const network = createTestNetwork();
    const alice = network.phone(ALICE);
    alice.command({ kind: 'register' });
    for (let hour = 0; hour < 24; hour += 1) {
      network.pass(3_600_000);
      expect(network.locations()).toEqual([ALICE]);
    }
    // One every 48 minutes and a few milliseconds: the 30th falls behind the day.
    expect(alice.kinds()).toHaveLength(30);
    expect(new Set(alice.kinds())).toEqual(new Set(['registered']));
    alice.command({ kind: 'unregister' });
    const before = network.log.length;
    network.pass(86_400_000);
    expect(network.log).toHaveLength(before);
  });

  it('sends no REGISTER while another awaits its answer', () => {
    const { network, alice } = registered();
    const sent = () => messagesOf(network, ({ direction }) => direction === 'to-proxy').length;
    const before = sent();
    alice.input({ kind: 'register' });
    alice.input({ kind: 'register' });
    alice.input({ kind: 'unregister' });
    expect(sent()).toBe(before + 1);
    network.pass(50);
    expect(sent()).toBe(before + 2);
    expect(alice.kinds().slice(-2)).toEqual(['registered', 'unregistered']);
    expect(network.locations()).toEqual([BOB]);
  });

  it.each([
    ['503 with Retry-After', 503, '120 (overloaded);duration=30', { retryAfter: 120 }],
    ['503 with a Retry-After of words', 503, 'soon', {}],
    ['403', 403, undefined, {}],
  ])('that gets %s says so', (_name, status, retryAfter, more) => {
    const network = createTestNetwork();
    const alice = network.phone(ALICE);
    network.filter(({ direction, message }) => {
      if (direction === 'to-proxy' || message.kind !== 'response') return message;
      const refused = { ...message, status };
      return retryAfter === undefined ? refused : withHeader(refused, 'Retry-After', retryAfter);
    });
    alice.command({ kind: 'register' });
    expect(alice.events).toEqual([{ kind: 'registration-failed', status, ...more }]);
    // No refresh of its own: whoever keeps the phone registered decides when.
    const before = network.log.length;
    network.pass(10_000_000);
    expect(network.log).toHaveLength(before);
  });

  it('takes Flow-Timer, and no grant of zero seconds, nor hammers at one of one', () => {
    const network = createTestNetwork();
    const alice = network.phone(ALICE);
    let granted = 0;
    network.filter(({ direction, message }) =>
      direction === 'to-phone' && message.kind === 'response'
        ? withHeader(
            replaceHeader(
              message,
              'Contact',
              `<sip:${ALICE}@10.0.1.1:40000;transport=tls>;expires=${granted}`,
            ),
            'Flow-Timer',
            '95',
          )
        : message,
    );
    alice.command({ kind: 'register' });
    expect(alice.events).toMatchObject([
      { kind: 'refused', code: 'sip/expires' },
      { kind: 'registration-failed', status: 500 },
    ]);
    granted = 1;
    alice.command({ kind: 'register' });
    expect(alice.last()).toEqual({ kind: 'registered', expires: 1, flowTimer: 95 });
    const before = network.log.length;
    network.pass(10_500);
    expect(network.log.length - before).toBe(20);
  });

  it('that cannot be sent fails at once', () => {
    const network = createTestNetwork();
    const alice = network.phone(ALICE, { domain: 'bad domain' });
    alice.command({ kind: 'register' });
    expect(alice.events).toMatchObject([
      { kind: 'refused', code: 'sip/from' },
      { kind: 'registration-failed', status: 408 },
    ]);
  });

  it('keeps one contact a number, the newest', () => {
    const { network, alice, bob } = registered();
    const second = network.phone(BOB);
    second.command({ kind: 'register' });
    alice.command({ kind: 'invite', number: BOB, body: OFFER });
    expect(second.last()?.kind).toBe('incoming-invite');
    expect(bob.kinds()).toEqual(['registered']);
  });

  it('refuses a REGISTER out of order, and one of another domain', () => {
    const { network, alice } = registered();
    const [register] = messagesOf(network, ({ phone }) => phone === ALICE);
    if (register?.kind !== 'request') throw new Error('no REGISTER');
    const via = (branch: string) => `SIP/2.0/TLS 10.0.1.1:1;branch=z9hG4bK${branch}`;
    alice.sendRaw(replaceHeader(register, 'Via', via('again')));
    expect(statusTo(network, ALICE)).toBe(500);
    alice.sendRaw(replaceHeader({ ...register, uri: 'sip:elsewhere.org' }, 'Via', via('else')));
    expect(statusTo(network, ALICE)).toBe(404);
    expect(outputs(network, 'refused').map(({ code }) => code)).toEqual(['sip/cseq', 'sip/domain']);
  });

  it('forgets the binding with its connection', () => {
    const { network, alice } = registered();
    alice.disconnect();
    expect(alice.last()).toEqual({ kind: 'registration-lost' });
    expect(network.locations()).toEqual([BOB]);
  });
});
