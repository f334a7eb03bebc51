import { describe, expect, it } from 'vitest';
import { concat, equal, latin1, utf8 } from '../bytes.ts';
import {
  allHeaders,
  header,
  listValues,
  replaceHeader,
  serialize,
  type SipMessage,
} from './message.ts';
import type { RegistrarProxyConfig, RegistrarProxyOutput } from './registrar-proxy.ts';
import { createTestNetwork, type Hop, type TestNetwork, type TestPhone } from './test-network.ts';

const ALICE = '+33612345678';
const BOB = '+33687654321';
const OFFER = utf8('v=0\r\noffer\r\n');
const ANSWER = utf8('v=0\r\nanswer\r\n');

interface Pair {
  readonly network: TestNetwork;
  readonly alice: TestPhone;
  readonly bob: TestPhone;
}

const registered = (options: Partial<RegistrarProxyConfig> = {}): Pair => {
  const network = createTestNetwork(options);
  const alice = network.phone(ALICE);
  const bob = network.phone(BOB);
  for (const phone of [alice, bob]) phone.command({ kind: 'register' });
  return { network, alice, bob };
};

const ringing = (options: Partial<RegistrarProxyConfig> = {}): Pair => {
  const pair = registered(options);
  pair.alice.command({
    kind: 'invite',
    number: BOB,
    callId: 'call-1',
    headers: [['X-CSL-Info1', 'AAAA']],
    body: OFFER,
  });
  pair.bob.command({ kind: 'ring' });
  return pair;
};

const established = (options: Partial<RegistrarProxyConfig> = {}): Pair => {
  const pair = ringing(options);
  pair.bob.command({ kind: 'accept', headers: [['X-CSL-Info2', 'BBBB']], body: ANSWER });
  pair.alice.command({ kind: 'acknowledge', headers: [['X-CSL-Info2', 'CCCC']] });
  return pair;
};

const ladder = (network: TestNetwork): readonly string[] =>
  network.log.map(({ phone, direction, message }) => {
    const what = message.kind === 'request' ? message.method : `${message.status}`;
    const name = phone === ALICE ? 'alice' : 'bob';
    return direction === 'to-proxy' ? `${name} ${what} >` : `> ${what} ${name}`;
  });

const since = (network: TestNetwork, act: () => void): readonly string[] => {
  const before = network.log.length;
  act();
  return ladder(network).slice(before);
};

const outputs = <Kind extends RegistrarProxyOutput['kind']>(network: TestNetwork, kind: Kind) =>
  network.proxyOutputs.filter(
    (output): output is Extract<RegistrarProxyOutput, { kind: Kind }> => output.kind === kind,
  );

const statusTo = (network: TestNetwork, phone: string): number | undefined => {
  const hop = network.log.findLast(
    ({ phone: name, direction, message }) =>
      name === phone && direction === 'to-phone' && message.kind === 'response',
  );
  return hop?.message.kind === 'response' ? hop.message.status : undefined;
};

const messagesOf = (network: TestNetwork, pick: (hop: Hop) => boolean): readonly SipMessage[] =>
  network.log.filter(pick).map(({ message }) => message);

const dropped =
  (method: string, direction: Hop['direction']) =>
  ({ message, direction: actual }: Hop): SipMessage | undefined =>
    message.kind === 'request' && message.method === method && actual === direction
      ? undefined
      : message;

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
      const changed = /^(?:Via|Record-Route|Route|Max-Forwards)$/;
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
    const steps = since(network, () => bob.command({ kind: 'reject', status }));
    expect(steps).toEqual([`bob ${status} >`, '> ACK bob', `> ${status} alice`, 'alice ACK >']);
    expect(alice.last()).toEqual({ kind: 'call-failed', callId: 'call-1', status });
    expect(bob.last()).toEqual({ kind: 'ended', callId: 'call-1', reason: 'rejected' });
    alice.command({ kind: 'invite', number: BOB, callId: 'call-2', body: OFFER });
    expect(bob.last()).toMatchObject({ kind: 'incoming-invite', callId: 'call-2' });
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

  it('is cancelled by the proxy after timer C', () => {
    const { network, alice, bob } = ringing();
    network.pass(180_000);
    expect(bob.kinds()).not.toContain('cancelled');
    network.pass(1100);
    expect(bob.last()?.kind).toBe('cancelled');
    expect(alice.last()).toMatchObject({ kind: 'call-failed', status: 487 });
  });
});

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
    expect(alice.last()).toEqual({ kind: 'registration-lost' });
    expect(alice.events).toContainEqual({ kind: 'call-failed', callId: 'call-1', status: 503 });
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
