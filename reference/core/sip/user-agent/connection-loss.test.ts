import { describe, expect, it } from 'vitest';
import {
  ALICE,
  ANSWER,
  BOB,
  established,
  OFFER,
  outputs,
  registered,
  ringing,
  statusTo,
} from '../testing/call-fixture.ts';

describe('lost connections', () => {
  it('answers 480 when the callee is lost while ringing', () => {
    const { network, alice, bob } = ringing();
    bob.disconnect();
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 480 });
    expect(bob.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'connection-lost' });
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'connection-lost' }]);
  });

  it('cancels the callee when the caller is lost while ringing', () => {
    const { network, alice, bob } = ringing();
    alice.disconnect();
    expect(bob.last()).toEqual({ kind: 'cancelled', callId: 'call-1' });
    expect(alice.kinds().slice(-2)).toEqual(['registration-lost', 'call-failed']);
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status: 503 });
    expect(outputs(network, 'call-ended')).toHaveLength(1);
  });

  it('keeps an answered call for 64*T1, and no longer', () => {
    const { network, alice } = established();
    alice.disconnect();
    network.pass(31_900);
    expect(outputs(network, 'call-ended')).toEqual([]);
    network.pass(200);
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'connection-lost' }]);
    expect(alice.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'connection-lost' });
  });

  it('lets a phone come back into its call on a new connection', () => {
    const { network, alice, bob } = established();
    alice.disconnect();
    alice.connect();
    alice.command({ kind: 'register' });
    network.pass(60_000);
    expect(outputs(network, 'call-ended')).toEqual([]);
    bob.command({ kind: 'hang-up' });
    expect(alice.last()?.kind).toBe('bye');
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'bye' }]);
  });

  it('ends the call when the party that is left hangs up, though nobody hears it', () => {
    const { network, alice, bob } = established();
    alice.disconnect();
    bob.command({ kind: 'hang-up' });
    expect(statusTo(network, BOB)).toBe(480);
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'bye' }]);
  });

  it('counts from the loss of a caller that never registered, whatever the callee refreshes', () => {
    const { network, bob } = registered();
    const carol = network.phone('+33600000003');
    carol.command({ kind: 'invite', number: BOB, callId: 'call-3', body: OFFER });
    bob.command({ kind: 'accept', body: ANSWER });
    carol.command({ kind: 'acknowledge' });
    carol.disconnect();
    network.pass(20_000);
    bob.command({ kind: 'register' });
    network.pass(11_800);
    expect(outputs(network, 'call-ended')).toEqual([]);
    network.pass(200);
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'connection-lost' }]);
  });

  it('closes connections and calls of a revoked number at once', () => {
    const { network } = established();
    network.proxyInput({ kind: 'revoke', number: ALICE });
    expect(outputs(network, 'close')).toHaveLength(1);
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'revoked' }]);
    expect(network.locations()).toEqual([BOB]);
  });

  it('ends a call that nobody ends', () => {
    const { network } = established({ maximumCallDuration: 100_000 });
    network.pass(100_000);
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'expired' }]);
  });
});
