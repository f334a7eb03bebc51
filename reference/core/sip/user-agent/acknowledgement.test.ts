import { describe, expect, it } from 'vitest';
import { equal, latin1 } from '../../bytes.ts';
import { header, replaceHeader, serialize, type SipMessage } from '../message/message.ts';
import type { Hop } from '../testing/test-network.ts';
import {
  BOB,
  ANSWER,
  ringing,
  established,
  since,
  outputs,
  messagesOf,
  dropped,
} from '../testing/call-fixture.ts';

describe('the 200 and its ACK', () => {
  const isOk = ({ phone, direction, message }: Hop): boolean =>
    phone === BOB &&
    direction === 'to-proxy' &&
    message.kind === 'response' &&
    message.status === 200 &&
    header(message, 'CSeq') === '1 INVITE';

  it('is repeated byte for byte at T1 doubling to T2 until the ACK', () => {
    const { network, alice, bob } = ringing();
    const times: number[] = [];
    network.filter((hop) => {
      if (isOk(hop)) times.push(network.now());
      return hop.message;
    });
    bob.command({ kind: 'accept', body: ANSWER });
    network.pass(12_000);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 500, 1500, 3500, 7500, 11_500]);
    const bytes = messagesOf(network, isOk).map((message) => serialize(message));
    expect(bytes.every((each) => equal(each, bytes[0] ?? new Uint8Array()))).toBe(true);
    alice.command({ kind: 'acknowledge' });
    network.pass(60_000);
    expect(times).toHaveLength(6);
    expect(bob.last()?.kind).toBe('acknowledged');
  });

  it('gets the identical ACK again when the ACK was lost', () => {
    const { network, alice, bob } = ringing();
    let lost = 2;
    network.filter(({ message, direction }) => {
      const isAck = message.kind === 'request' && message.method === 'ACK';
      if (!isAck || direction !== 'to-proxy' || lost === 0) return message;
      lost -= 1;
      return undefined;
    });
    bob.command({ kind: 'accept', body: ANSWER });
    alice.command({ kind: 'acknowledge', headers: [['X-CSL-Info2', 'DDDD']] });
    network.pass(2000);
    expect(bob.last()?.kind).toBe('acknowledged');
    expect(alice.kinds().filter((kind) => kind === 'answered')).toHaveLength(1);
    const acks = messagesOf(
      network,
      ({ message }) => message.kind === 'request' && message.method === 'ACK',
    );
    expect(acks.map((ack) => header(ack, 'X-CSL-Info2'))).toEqual(['DDDD', 'DDDD']);
    // A further repetition of the 200 finds the very bytes of the first ACK.
    const [ok] = messagesOf(network, isOk);
    if (ok === undefined) throw new Error('no 200');
    bob.sendRaw(ok);
    const again = messagesOf(
      network,
      ({ message, direction }) =>
        direction === 'to-proxy' && message.kind === 'request' && message.method === 'ACK',
    );
    expect(again).toHaveLength(2);
    expect(latin1(serialize(again[1] as SipMessage))).toBe(
      latin1(serialize(again[0] as SipMessage)),
    );
    expect(bob.kinds().filter((kind) => kind === 'acknowledged')).toHaveLength(1);
  });

  it('ends by BYE when no ACK comes in 64*T1', () => {
    const { network, alice, bob } = ringing();
    bob.command({ kind: 'accept', body: ANSWER });
    network.filter(dropped('ACK', 'to-proxy'));
    alice.command({ kind: 'acknowledge' });
    network.pass(31_800);
    expect(bob.last()?.kind).toBe('incoming-invite');
    network.pass(300);
    expect(bob.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'ack-timeout' });
    expect(alice.last()?.kind).toBe('bye');
    expect(outputs(network, 'call-ended')).toMatchObject([{ reason: 'bye' }]);
  });

  it('is answered by ACK without extras, then BYE, when the application refuses it', () => {
    const { network, alice, bob } = ringing();
    bob.command({ kind: 'accept', body: ANSWER });
    alice.command({ kind: 'acknowledge-and-end' });
    expect(bob.kinds().slice(-2)).toEqual(['acknowledged', 'bye']);
    const ack = bob.events.find(({ kind }) => kind === 'acknowledged');
    expect(ack?.kind === 'acknowledged' && header(ack.message, 'X-CSL-Info2')).toBeUndefined();
    expect(alice.last()).toMatchObject({ kind: 'ended', reason: 'local' });
    expect(outputs(network, 'call-ended')).toHaveLength(1);
  });

  it('lets the callee hang up only after the ACK', () => {
    const { network, alice, bob } = ringing();
    bob.command({ kind: 'accept', body: ANSWER });
    expect(since(network, () => bob.command({ kind: 'hang-up' }))).toEqual([]);
    alice.command({ kind: 'acknowledge' });
    expect(bob.kinds().slice(-2)).toEqual(['acknowledged', 'ended']);
    expect(alice.last()?.kind).toBe('bye');
  });

  it('with another To tag gets ACK without extras, then BYE, and leaves the first call alone', () => {
    const { network, alice, bob } = established();
    const [ok] = messagesOf(network, isOk);
    if (ok === undefined) throw new Error('no 200');
    const to = header(ok, 'To') ?? '';
    const other = replaceHeader(ok, 'To', to.replace(/tag=.*/, 'tag=other'));
    const steps = since(network, () => bob.sendRaw(other));
    expect(steps.filter((step) => step.startsWith('alice'))).toEqual([
      'alice ACK >',
      'alice BYE >',
    ]);
    const extra = network.log.findLast(
      ({ message }) => message.kind === 'request' && message.method === 'ACK',
    );
    expect(extra && header(extra.message, 'X-CSL-Info2')).toBeUndefined();
    expect(
      since(network, () => bob.sendRaw(other)).filter((step) => step.includes('alice ')),
    ).toEqual(['alice ACK >']);
    expect(alice.last()?.kind).toBe('answered');
    alice.command({ kind: 'hang-up' });
    expect(bob.last()?.kind).toBe('bye');
  });
});
