import { describe, expect, it } from 'vitest';
import { concat, equal } from '../bytes.ts';
import type { Fault, Result } from '../result.ts';
import { deriveSessionKeys, type MasterKey } from './key-derivation.ts';
import { serializeRtp } from './packet.ts';
import { INDEX_LIMIT } from './packet-index.ts';
import { serializeRtcp } from './rtcp.ts';
import { nodeTransform } from './srtp.ts';
import { createSrtpReceiver, newReceiverState } from './srtp-receiver.ts';
import { createSrtpSender, newSenderState } from './srtp-sender.ts';
import { srtpSuiteOf } from './srtp-suite.ts';
import { tableTransform } from './srtp-tables.ts';
import { createTransforms } from './srtp-transform.ts';

const KEY: MasterKey = {
  masterKey: Uint8Array.from({ length: 16 }, (_, index) => index),
  masterSalt: Uint8Array.from({ length: 14 }, (_, index) => 0xa0 + index),
};

const rtp = (sequence: number, ssrc = 1, payload = new Uint8Array(38).fill(sequence)): Uint8Array =>
  serializeRtp({
    marker: false,
    payloadType: 97,
    sequence,
    timestamp: sequence * 160,
    ssrc,
    csrc: [],
    extension: null,
    payload,
    padding: new Uint8Array(0),
  });

const rtcp = (ssrc = 1): Uint8Array =>
  serializeRtcp([
    { type: 'receiver-report', ssrc, reports: [], extension: new Uint8Array(12).fill(7) },
  ]);

const unwrap = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

const codeOf = (result: Result<unknown, Fault>): string => (result.ok ? 'ok' : result.error.code);

const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  return flipped;
};

const transforms = [
  ['node:crypto', nodeTransform],
  ['tables', tableTransform],
] as const;

describe.each(transforms)('SRTP (RFC 3711) by %s', (_, transform) => {
  const suite = srtpSuiteOf(transform);
  const pair = () => ({ sender: suite.sender(KEY), receiver: suite.receiver(KEY) });

  it('leaves the header in clear, hides the payload, adds 10 bytes, and gives the packet back', () => {
    const { sender, receiver } = pair();
    const packet = rtp(5);
    const secured = unwrap(sender.protectRtp(packet));
    expect(secured.length).toBe(packet.length + 10);
    expect(secured.slice(0, 12)).toEqual(packet.slice(0, 12));
    expect(equal(secured.slice(12, 50), packet.slice(12))).toBe(false);
    expect(unwrap(receiver.unprotectRtp(secured))).toEqual(packet);
  });

  it('refuses every packet with one bit changed, and changes no state by it', () => {
    const { sender, receiver } = pair();
    unwrap(receiver.unprotectRtp(unwrap(sender.protectRtp(rtp(5)))));
    const secured = unwrap(sender.protectRtp(rtp(6)));
    const codes = Array.from({ length: secured.length * 8 }, (_, bit) =>
      codeOf(receiver.unprotectRtp(flip(secured, bit))),
    );
    // Bits 0 and 1 are the version, 3 to 7 lead to an extension or sources that may not fit, 16 to 31 are the sequence.
    expect(new Set(codes.slice(0, 2))).toEqual(new Set(['not-rtp']));
    expect(['tag', 'too-short']).toEqual(expect.arrayContaining(codes.slice(2, 8)));
    expect(['tag', 'replayed', 'too-old']).toEqual(expect.arrayContaining(codes.slice(16, 32)));
    expect(new Set([...codes.slice(8, 16), ...codes.slice(32)])).toEqual(new Set(['tag']));
    expect(codeOf(receiver.unprotectRtp(secured))).toBe('ok');
    expect(codeOf(receiver.unprotectRtp(secured))).toBe('replayed');
  });

  it('refuses every truncation', () => {
    const { sender, receiver } = pair();
    const secured = unwrap(sender.protectRtp(rtp(6)));
    for (let length = 0; length < secured.length; length += 1)
      expect(codeOf(receiver.unprotectRtp(secured.subarray(0, length)))).toBe(
        length < 22 ? 'too-short' : 'tag',
      );
  });

  it('refuses a packet of another key', () => {
    const other = { ...KEY, masterSalt: flip(KEY.masterSalt, 111) };
    const secured = unwrap(suite.sender(other).protectRtp(rtp(1)));
    expect(codeOf(pair().receiver.unprotectRtp(secured))).toBe('tag');
  });

  it('follows the rollover counter, and refuses the same sequence number of another one', () => {
    const { sender, receiver } = pair();
    const first = unwrap(sender.protectRtp(rtp(65534)));
    const late = unwrap(sender.protectRtp(rtp(65535)));
    const wrapped = unwrap(sender.protectRtp(rtp(0)));
    const lost = unwrap(sender.protectRtp(rtp(20000)));
    expect(
      [first, wrapped, late, lost].map((packet) => codeOf(receiver.unprotectRtp(packet))),
    ).toEqual(['ok', 'ok', 'ok', 'ok']);
    const anew = unwrap(suite.sender(KEY).protectRtp(rtp(20001)));
    expect(codeOf(receiver.unprotectRtp(anew))).toBe('tag');
  });

  it('does not move its estimate for a forged packet far ahead', () => {
    const { sender, receiver } = pair();
    unwrap(receiver.unprotectRtp(unwrap(sender.protectRtp(rtp(1)))));
    for (const sequence of [30000, 60000, 20000])
      expect(codeOf(receiver.unprotectRtp(concat(rtp(sequence), new Uint8Array(10))))).toBe('tag');
    expect(codeOf(receiver.unprotectRtp(unwrap(sender.protectRtp(rtp(2)))))).toBe('ok');
  });

  it('never lets the index of a source repeat or go back (I-4)', () => {
    const { sender } = pair();
    expect(codeOf(sender.protectRtp(rtp(100)))).toBe('ok');
    expect(codeOf(sender.protectRtp(rtp(100)))).toBe('index-reused');
    expect(codeOf(sender.protectRtp(rtp(99)))).toBe('index-reused');
    expect(codeOf(sender.protectRtp(rtp(99, 2)))).toBe('ok');
    expect(codeOf(sender.protectRtp(rtp(101)))).toBe('ok');
  });

  it.each([
    ['too-short', rtp(1).subarray(0, 11)],
    ['too-short', flip(rtp(1, 1, new Uint8Array(0)), 7)],
    ['not-rtp', flip(rtp(1), 0)],
  ])('does not protect what is %s', (code, packet) => {
    expect(codeOf(pair().sender.protectRtp(packet))).toBe(code);
  });

  it('accepts four sources, of which only authentic packets open one, and RTCP counts too (I-3)', () => {
    const { sender, receiver } = pair();
    for (let ssrc = 100; ssrc < 110; ssrc += 1)
      expect(codeOf(receiver.unprotectRtp(concat(rtp(1, ssrc), new Uint8Array(10))))).toBe('tag');
    expect(codeOf(receiver.unprotectRtcp(unwrap(sender.protectRtcp(rtcp(1)))))).toBe('ok');
    const codes = [1, 2, 3, 4, 5].map((ssrc) =>
      codeOf(receiver.unprotectRtp(unwrap(sender.protectRtp(rtp(1, ssrc))))),
    );
    expect(codes).toEqual(['ok', 'ok', 'ok', 'ok', 'too-many-sources']);
    expect(codeOf(receiver.unprotectRtcp(unwrap(sender.protectRtcp(rtcp(6)))))).toBe(
      'too-many-sources',
    );
    expect(codeOf(receiver.unprotectRtp(unwrap(sender.protectRtp(rtp(2, 4)))))).toBe('ok');
  });

  it('ends with the lifetime of its key, at both ends and for both protocols', () => {
    const limited = srtpSuiteOf(transform, { rtp: 2, rtcp: 9 });
    const unlimited = suite.sender(KEY);
    const sender = limited.sender(KEY);
    const receiver = limited.receiver(KEY);
    for (const sequence of [1, 2]) {
      expect(codeOf(sender.protectRtp(rtp(sequence)))).toBe('ok');
      expect(codeOf(receiver.unprotectRtp(unwrap(unlimited.protectRtp(rtp(sequence)))))).toBe('ok');
    }
    expect(codeOf(sender.protectRtp(rtp(3)))).toBe('key-expired');
    expect(codeOf(sender.protectRtcp(rtcp()))).toBe('key-expired');
    expect(codeOf(receiver.unprotectRtp(unwrap(unlimited.protectRtp(rtp(3)))))).toBe('key-expired');
    expect(codeOf(receiver.unprotectRtcp(unwrap(unlimited.protectRtcp(rtcp()))))).toBe(
      'key-expired',
    );
  });

  it('counts RTCP apart from RTP against the lifetime', () => {
    const sender = srtpSuiteOf(transform, { rtp: 9, rtcp: 2 }).sender(KEY);
    const codes = [1, 2, 3].map(() => codeOf(sender.protectRtcp(rtcp())));
    expect(codes).toEqual(['ok', 'ok', 'key-expired']);
  });

  it('ends with index 2^48 - 1, at both ends', () => {
    const state = { ...newSenderState(), rtp: new Map([[1, INDEX_LIMIT - 2]]) };
    const sender = createSrtpSender(createTransforms(KEY, transform), { state });
    const receiver = createSrtpReceiver(createTransforms(KEY, transform), {
      rollover: 2 ** 32 - 1,
    });
    const last = unwrap(sender.protectRtp(rtp(65535)));
    expect(codeOf(sender.protectRtp(rtp(0)))).toBe('key-expired');
    expect(unwrap(receiver.unprotectRtp(last))).toEqual(rtp(65535));
    expect(codeOf(receiver.unprotectRtp(unwrap(pair().sender.protectRtp(rtp(0)))))).toBe(
      'key-expired',
    );
  });

  it('refuses what one index cannot encrypt, either way', () => {
    const { sender, receiver } = pair();
    const longest = rtp(1, 1, new Uint8Array(2 ** 20));
    const secured = unwrap(sender.protectRtp(longest));
    expect(equal(unwrap(receiver.unprotectRtp(secured)), longest)).toBe(true);
    expect(codeOf(sender.protectRtp(concat(longest, Uint8Array.of(0))))).toBe('too-long');
    expect(codeOf(receiver.unprotectRtp(concat(secured, Uint8Array.of(0))))).toBe('too-long');
    const control = concat(rtcp().subarray(0, 8), new Uint8Array(2 ** 20 + 1));
    expect(codeOf(sender.protectRtcp(control))).toBe('too-long');
    expect(codeOf(receiver.unprotectRtcp(concat(control, new Uint8Array(14))))).toBe('too-long');
  });

  it('overwrites its session keys when erased', () => {
    const keys = deriveSessionKeys(KEY);
    const secured = concat(rtp(1), new Uint8Array(10));
    const made = transform(keys.rtp);
    made.writeTag(secured, 50, 0);
    expect(made.tagMatches(secured, 50, 0)).toBe(true);
    made.erase();
    expect(
      Object.values(keys.rtp).every((key: Uint8Array) => key.every((byte) => byte === 0)),
    ).toBe(true);
  });

  it('remembers nothing of what it refuses', () => {
    const state = newReceiverState();
    const receiver = createSrtpReceiver(createTransforms(KEY, transform), { state });
    const { sender } = pair();
    unwrap(receiver.unprotectRtp(unwrap(sender.protectRtp(rtp(1)))));
    const secured = unwrap(sender.protectRtp(rtp(2)));
    const before = structuredClone(state);
    for (let bit = 0; bit < secured.length * 8; bit += 1)
      expect(receiver.unprotectRtp(flip(secured, bit)).ok).toBe(false);
    expect(state).toEqual(before);
    unwrap(receiver.unprotectRtp(secured));
    expect(state).not.toEqual(before);
  });

  it('does nothing more once its keys are erased', () => {
    const { sender, receiver } = pair();
    const secured = unwrap(sender.protectRtp(rtp(1)));
    sender.erase();
    receiver.erase();
    expect(codeOf(sender.protectRtp(rtp(2)))).toBe('erased');
    expect(codeOf(sender.protectRtcp(rtcp()))).toBe('erased');
    expect(codeOf(receiver.unprotectRtp(secured))).toBe('erased');
    expect(codeOf(receiver.unprotectRtcp(secured))).toBe('erased');
  });
});

describe.each(transforms)('SRTCP (RFC 3711 section 3.4) by %s', (_, transform) => {
  const suite = srtpSuiteOf(transform);
  const pair = () => ({ sender: suite.sender(KEY), receiver: suite.receiver(KEY) });

  it('leaves 8 bytes in clear, sets the E flag, counts from 0, and gives the packet back', () => {
    const { sender, receiver } = pair();
    const packet = rtcp();
    const [first, second] = [
      unwrap(sender.protectRtcp(packet)),
      unwrap(sender.protectRtcp(packet)),
    ];
    expect(first.length).toBe(packet.length + 14);
    expect(first.slice(0, 8)).toEqual(packet.slice(0, 8));
    expect(equal(first.slice(8, 20), packet.slice(8))).toBe(false);
    expect(first.slice(20, 24)).toEqual(Uint8Array.of(0x80, 0, 0, 0));
    expect(second.slice(20, 24)).toEqual(Uint8Array.of(0x80, 0, 0, 1));
    expect(unwrap(receiver.unprotectRtcp(second))).toEqual(packet);
    expect(unwrap(receiver.unprotectRtcp(first))).toEqual(packet);
    expect(codeOf(receiver.unprotectRtcp(first))).toBe('replayed');
  });

  it('refuses every packet with one bit changed, and changes no state by it', () => {
    const { sender, receiver } = pair();
    unwrap(receiver.unprotectRtcp(unwrap(sender.protectRtcp(rtcp()))));
    const secured = unwrap(sender.protectRtcp(rtcp()));
    const codes = Array.from({ length: secured.length * 8 }, (_, bit) =>
      codeOf(receiver.unprotectRtcp(flip(secured, bit))),
    );
    const lowestIndexBit = 24 * 8 - 1;
    expect(new Set(codes.slice(0, 2))).toEqual(new Set(['not-rtcp']));
    expect(codes[lowestIndexBit]).toBe('replayed');
    expect(new Set(codes.filter((_, bit) => bit > 1 && bit !== lowestIndexBit))).toEqual(
      new Set(['tag']),
    );
    expect(codeOf(receiver.unprotectRtcp(secured))).toBe('ok');
  });

  it('refuses an authentic packet without the E flag, and changes no state by it', () => {
    const { sender, receiver } = pair();
    const { rtcp: keys } = deriveSessionKeys(KEY);
    const unencrypted = concat(rtcp(), new Uint8Array(4 + 10));
    transform(keys).writeTag(unencrypted, rtcp().length + 4, null);
    expect(codeOf(receiver.unprotectRtcp(unencrypted))).toBe('not-encrypted');
    expect(codeOf(receiver.unprotectRtcp(unwrap(sender.protectRtcp(rtcp()))))).toBe('ok');
  });

  it('refuses what is too old or too short', () => {
    const { sender, receiver } = pair();
    const first = unwrap(sender.protectRtcp(rtcp()));
    const all = Array.from({ length: 128 }, () => unwrap(sender.protectRtcp(rtcp())));
    unwrap(receiver.unprotectRtcp(all.at(-1) ?? first));
    expect(codeOf(receiver.unprotectRtcp(first))).toBe('too-old');
    expect(codeOf(receiver.unprotectRtcp(all[0] ?? first))).toBe('ok');
    expect(codeOf(receiver.unprotectRtcp(first.subarray(0, 21)))).toBe('too-short');
    expect(codeOf(sender.protectRtcp(rtcp().subarray(0, 7)))).toBe('too-short');
    expect(codeOf(sender.protectRtcp(flip(rtcp(), 1)))).toBe('not-rtcp');
  });
});
