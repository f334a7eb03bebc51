import { beforeEach, describe, expect, it } from 'vitest';
import { fromLatin1 } from '../../core/bytes.ts';
import { fault, ok } from '../../core/result.ts';
import { parseMedia } from '../../core/sdp/media.ts';
import { writeSession } from '../../core/sdp/write.ts';
import { makeRequest, makeResponse, type SipMessage } from '../../core/sip/message/message.ts';
import type { BodyContext } from '../../core/sip/proxy/registrar-proxy.ts';
import type { Relay, RelayCall } from '../relay/relay.ts';
import { createMediaPath, type MediaPath } from './media-path.ts';

const relayHost = '192.0.2.100';
const alice = { number: '+33639980001', address: '192.0.2.1' };
const bob = { number: '+33639980002', address: '192.0.2.2' };

/** What the relay was told, in order. */
let told: string[];
let path: MediaPath;

/** A relay of two calls at most, whose own port is 20000. */
const fakeRelay = (): Relay => {
  const open = new Map<string, RelayCall>();
  const legs = (callId: string): RelayCall => {
    const check: RelayCall['check'] = (_, port) =>
      port === 20_000 ? fault('relay-loop') : ok(undefined);
    return {
      port: (side) => (side === 'caller' ? 20_000 : 20_002),
      check,
      setPhone(side, address, port) {
        told.push(`${callId} ${side} ${address}:${port}`);
        return check(address, port);
      },
      moved: (side, address) => void told.push(`${callId} ${side} moved to ${address}`),
    };
  };
  return {
    mode: 'plain',
    open(callId) {
      const known = open.get(callId);
      if (!known && open.size === 2) return fault('no-relay-port');
      const call = known ?? legs(callId);
      open.set(callId, call);
      return ok(call);
    },
    call: (callId) => open.get(callId) ?? null,
    end(callId) {
      open.delete(callId);
      return Promise.resolve();
    },
    counters: () => null,
    calls: () => open.size,
    totals: () => {
      throw new Error('not asked for here');
    },
    close: () => Promise.resolve(),
  };
};

beforeEach(() => {
  told = [];
  path = createMediaPath(fakeRelay(), relayHost);
});

const bodyOf = (address: string, port: number): Uint8Array =>
  fromLatin1(
    writeSession({ address, port, ssrc: 1, direction: 'sendrecv', sessionId: 1, version: 1 }),
  );

const rewrite = (
  from: typeof alice,
  to: typeof alice,
  message: SipMessage,
  callId = 'call-1',
): ReturnType<MediaPath['rewriteBody']> => {
  const direction: BodyContext['direction'] = message.kind === 'request' ? 'offer' : 'answer';
  return path.rewriteBody({
    callId,
    direction,
    fromNumber: from.number,
    toNumber: to.number,
    fromAddress: from.address,
    toAddress: to.address,
    message,
  });
};

const offer = (from: typeof alice, to: typeof alice, port: number, callId?: string) =>
  rewrite(
    from,
    to,
    makeRequest('INVITE', 'sip:x@example.com', [], bodyOf('10.0.0.1', port)),
    callId,
  );

const answer = (from: typeof alice, to: typeof alice, port: number, status = 200) =>
  rewrite(from, to, makeResponse(status, 'Whatever', [], bodyOf('10.0.0.2', port)));

const mediaOf = (result: ReturnType<typeof offer>) =>
  result.ok && result.value ? parseMedia(result.value) : result;

describe('the media path of a call', () => {
  it('leads each phone to the leg that faces it, and takes only the address of its connection', () => {
    const toBob = mediaOf(offer(alice, bob, 4000));
    expect(toBob).toMatchObject({ ok: true, value: { address: relayHost, port: 20_002 } });
    const toAlice = mediaOf(answer(alice, bob, 5000));
    expect(toAlice).toMatchObject({ ok: true, value: { address: relayHost, port: 20_000 } });
    expect(told).toEqual(['call-1 caller 192.0.2.1:4000', 'call-1 callee 192.0.2.2:5000']);
  });

  it('makes nothing of descriptions in provisional responses, but shows no address in them', () => {
    offer(alice, bob, 4000);
    const early = mediaOf(answer(alice, bob, 6000, 183));
    expect(early).toMatchObject({ ok: true, value: { address: relayHost, port: 20_000 } });
    expect(told).toEqual(['call-1 caller 192.0.2.1:4000']);
  });

  it.each([
    ['of the caller', alice, bob, ['caller 192.0.2.1:4002', 'callee 192.0.2.2:5002'], 20_002],
    ['of the callee', bob, alice, ['callee 192.0.2.2:4002', 'caller 192.0.2.1:5002'], 20_000],
  ] as const)(
    'keeps its ports in a re-INVITE %s, whose new ports hold once it is answered',
    (_, from, to, expected, port) => {
      offer(alice, bob, 4000);
      answer(alice, bob, 5000);
      told = [];
      expect(mediaOf(offer(from, to, 4001))).toMatchObject({ value: { port } });
      expect(told).toEqual([]);
      // Refused by the other phone: it never comes into force.
      expect(mediaOf(offer(from, to, 4002))).toMatchObject({ value: { port } });
      answer(from, to, 5002);
      expect(told).toEqual(expected.map((line) => `call-1 ${line}`));
    },
  );

  it('has no body where there is none', () => {
    const bare = makeRequest('INVITE', 'sip:x@example.com', []);
    expect(rewrite(alice, bob, bare)).toEqual({ ok: true, value: undefined });
    expect(told).toEqual([]);
  });

  it('refuses what it cannot lead through the relay, with its reason', () => {
    const broken = makeRequest('INVITE', 'sip:x@example.com', [], fromLatin1('v=0\r\n'));
    expect(rewrite(alice, bob, broken)).toMatchObject({ ok: false });
    expect(offer(alice, bob, 20_000)).toMatchObject({ error: { code: 'relay-loop' } });
    offer(alice, bob, 4000, 'call-2');
    expect(offer(alice, bob, 4000, 'call-3')).toMatchObject({ error: { code: 'no-relay-port' } });
  });
});

describe('a phone that registers during a call', () => {
  beforeEach(() => {
    path.registered(alice.number, 'connection-a', alice.address);
    path.registered(bob.number, 'connection-b', bob.address);
    offer(alice, bob, 4000);
    answer(alice, bob, 5000);
    told = [];
  });

  it('again over the same connection has not moved', () => {
    path.registered(alice.number, 'connection-a', alice.address);
    expect(told).toEqual([]);
  });

  it('over another connection has its ports learnt anew, on its side alone', () => {
    path.registered(bob.number, 'connection-c', '192.0.2.7');
    expect(told).toEqual(['call-1 callee moved to 192.0.2.7']);
    path.registered(alice.number, 'connection-d', alice.address);
    expect(told.slice(1)).toEqual([`call-1 caller moved to ${alice.address}`]);
  });

  it('after its call has moved nothing', async () => {
    await path.end('call-1');
    path.registered(bob.number, 'connection-c', '192.0.2.7');
    expect(told).toEqual([]);
  });
});
