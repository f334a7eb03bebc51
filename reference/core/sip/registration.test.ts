import { describe, expect, it } from 'vitest';
import { replaceHeader } from './message.ts';
import { createTestNetwork } from './test-network.ts';
import {
  ALICE,
  BOB,
  OFFER,
  registered,
  outputs,
  statusTo,
  messagesOf,
  dropped,
} from './call-fixture.ts';

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
