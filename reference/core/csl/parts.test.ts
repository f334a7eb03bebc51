import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../bytes.ts';
import { group14Power, group14Prime } from '../primitives/dh.ts';
import { isInRange, isQuadraticResidue, publicValueOf, sharedSecretOf } from './group14.ts';
import { displayedIdentifier } from './identifier.ts';
import { decodeInfo1, decodeInfo2, encodeInfo1, encodeInfo2 } from './info.ts';
import { parseNumber } from './number.ts';
import { createReplayMemory } from './replay-memory.ts';
import { answerTranscript, offerTranscript } from './transcript.ts';
import { filled } from './testing/exchange-support.ts';

const prime = BigInt(`0x${toHex(group14Prime)}`);

const toBytes = (integer: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(integer.toString(16).padStart(512, '0'), 'hex'));

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  let square = base % prime;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
};

describe('parseNumber', () => {
  it.each(['+33612345678', '+12', '+123456789012345'])('accepts %s', (text) => {
    expect(parseNumber(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    '',
    '+',
    '+1',
    '33612345678',
    '+03',
    '+1234567890123456',
    '+12\n',
    ' +12',
    '+1٢',
    '%2B12',
    'tel:+12',
  ])('refuses %j', (text) =>
    expect(parseNumber(text)).toMatchObject({ error: { code: 'number' } }),
  );
});

describe('the 2048-bit MODP group', () => {
  it('has the prime of RFC 3526', () => {
    expect(prime.toString(2)).toHaveLength(2048);
    expect(toHex(group14Prime.subarray(0, 32))).toBe(
      'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74',
    );
    expect(toHex(group14Prime.subarray(-16))).toBe('15728e5a8aacaa68ffffffffffffffff');
  });

  test.prop(
    [fc.bigInt({ min: 0n, max: 2n ** 2048n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 256n })],
    {
      numRuns: 25,
    },
  )('exponentiation is arithmetic, whatever the base', (base, exponent) => {
    const bytes = toBytes(exponent).slice(-40);
    expect(toInteger(group14Power(toBytes(base), bytes))).toBe(power(base, exponent));
  });

  it.each([0n, 1n, 2n, prime - 2n, prime - 1n, prime, prime + 1n, prime + 5n])(
    'exponentiation is total at the edges (case %#)',
    (base) => {
      for (const exponent of [0n, 1n, 2n, 65_537n, prime - 1n, 2n ** 2048n - 1n])
        expect(toInteger(sharedSecretOf(toBytes(base), toBytes(exponent)))).toBe(
          power(base, exponent),
        );
    },
  );

  test.prop([fc.bigInt({ min: 2n, max: prime - 2n })], { numRuns: 15 })(
    'the residue test is Euler’s criterion',
    (value) => {
      const euler = power(value, (prime - 1n) / 2n) === 1n;
      expect(isQuadraticResidue(toBytes(value))).toBe(euler);
      expect(isQuadraticResidue(toBytes(prime - value))).toBe(!euler);
    },
  );

  test.prop([fc.uint8Array({ minLength: 32, maxLength: 64 })], { numRuns: 15 })(
    'every public value of an honest sender is accepted',
    (exponent) => {
      fc.pre(exponent.slice(1).some((byte) => byte !== 0));
      const value = publicValueOf(exponent);
      expect(isInRange(value) && isQuadraticResidue(value)).toBe(true);
    },
  );

  it('a value of another length is out of range', () => {
    expect(isInRange(new Uint8Array([2]))).toBe(false);
    expect(isInRange(new Uint8Array())).toBe(false);
    expect(isInRange(toBytes(2n))).toBe(true);
  });
});

describe('Info1 and Info2', () => {
  const info1 = fc.record({
    time: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    nonce: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    publicValue: fc.uint8Array({ minLength: 256, maxLength: 256 }),
  });

  test.prop([info1])('Info1 decodes to what was encoded', (info) => {
    const bytes = encodeInfo1(info);
    expect(bytes).toHaveLength(298);
    expect(decodeInfo1(bytes)).toEqual({ ...info, version: 1, group: 14 });
  });

  it('Info2 has its length by the kind of message', () => {
    const signature = filled(256, 1);
    const tag = filled(32, 2);
    const offer = encodeInfo2('offer', signature);
    const answer = encodeInfo2('answer', signature, tag);
    const confirmation = encodeInfo2('confirmation', tag);
    expect([offer.length, answer.length, confirmation.length]).toEqual([258, 290, 34]);
    expect(decodeInfo2(offer, 'offer')).toEqual({ version: 1, parts: 1, signature });
    expect(decodeInfo2(answer, 'answer')).toEqual({ version: 1, parts: 3, signature, tag });
    expect(decodeInfo2(confirmation, 'confirmation')).toEqual({ version: 1, parts: 2, tag });
    expect(decodeInfo2(answer, 'offer')).toBeUndefined();
    expect(decodeInfo2(offer, 'confirmation')).toBeUndefined();
  });

  test.prop([fc.uint8Array({ maxLength: 400 })])('decoders are total', (bytes) => {
    expect(decodeInfo1(bytes) === undefined).toBe(bytes.length !== 298);
    expect(decodeInfo2(bytes, 'answer') === undefined).toBe(bytes.length !== 290);
  });
});

describe('transcripts', () => {
  const part = fc.string({ maxLength: 5 });
  const offer = fc.record({
    callId: part,
    callerNumber: part,
    calleeNumber: part,
    callerCertificate: fc.uint8Array({ maxLength: 5 }),
    callerInfo1: fc.uint8Array({ maxLength: 5 }),
    callerMedia: part,
  });

  test.prop([offer, offer])(
    'two offers have one preimage only if they are the same',
    (left, right) => {
      const same = toHex(offerTranscript(left)) === toHex(offerTranscript(right));
      const byBytes = (each: typeof left) =>
        JSON.stringify(each, (_, v) => (typeof v === 'string' ? [...utf8(v)] : v));
      expect(same).toBe(byBytes(left) === byBytes(right));
    },
  );

  it('begin with a zero byte, as no handshake or certificate request does', () => {
    const bytes = filled(32, 1);
    const answer = {
      offerHash: bytes,
      calleeCertificate: bytes,
      calleeInfo1: bytes,
      calleeMedia: '',
    };
    expect(toHex(answerTranscript(answer).subarray(0, 15))).toBe(
      `0000000b${toHex(utf8('CSL1 answer'))}`,
    );
  });
});

it('the displayed identifier is the first 16 bytes in groups of four digits', () => {
  const identifier = Uint8Array.from({ length: 20 }, (_, index) => index * 13);
  expect(displayedIdentifier(identifier)).toBe('000d 1a27 3441 4e5b 6875 828f 9ca9 b6c3');
});

describe('the replay memory', () => {
  const start = 1_000_000_000;
  const offer = (certificate: number, nonce: number, time = start) => ({
    certificate: new Uint8Array([certificate >> 8, certificate & 255]),
    nonce: filled(32, nonce),
    time,
  });
  const at = (elapsed: number, set = 0) => ({ now: start + elapsed + set, elapsed });

  it('knows an offer until 300,000 ms after its time, and its time for ever', () => {
    const memory = createReplayMemory(start);
    expect(memory.covers(offer(1, 1), at(0))).toBe(false);
    expect(memory.remember(offer(1, 1), at(0))).toBe(true);
    expect(memory.covers(offer(1, 1), at(300_000))).toBe(true);
    expect(memory.covers(offer(2, 1), at(300_000))).toBe(false);
    expect(memory.covers(offer(1, 2), at(300_000))).toBe(false);
    expect(memory.covers(offer(2, 2), at(300_001))).toBe(true);
    expect(memory.covers(offer(2, 2, start + 1), at(300_001))).toBe(false);
  });

  it('refuses a time before the process began, not that moment itself', () => {
    const memory = createReplayMemory(start);
    expect(memory.covers(offer(1, 1, start - 1), at(0))).toBe(true);
    expect(memory.covers(offer(1, 1, start), at(0))).toBe(false);
  });

  it('a clock set back does not reopen the past', () => {
    const memory = createReplayMemory(start);
    memory.remember(offer(1, 1, start + 1000), at(1000));
    expect(memory.covers(offer(1, 1, start + 1000), at(301_001, -300_000))).toBe(true);
  });

  it('a clock set forth does not shorten what is kept', () => {
    const memory = createReplayMemory(start);
    memory.remember(offer(1, 1, start + 1000), at(1000));
    expect(memory.covers(offer(1, 1, start + 1000), at(2000, 9_000_000))).toBe(true);
  });

  it('holds 64 offers of one certificate, forgets none for another, and has room again later', () => {
    const memory = createReplayMemory(start);
    for (let nonce = 0; nonce < 64; nonce += 1)
      expect(memory.remember(offer(1, nonce), at(0))).toBe(true);
    expect(memory.remember(offer(1, 64), at(0))).toBe(false);
    expect(memory.covers(offer(1, 0), at(0))).toBe(true);
    expect(memory.remember(offer(2, 64), at(0))).toBe(true);
    expect(memory.remember(offer(1, 64, start + 2), at(300_001))).toBe(true);
  });

  it('counts of a certificate only the offers that it still keeps', () => {
    const memory = createReplayMemory(start);
    const later = start + 10;
    expect(memory.remember(offer(1, 0), at(0))).toBe(true);
    for (let nonce = 1; nonce < 64; nonce += 1)
      expect(memory.remember(offer(1, nonce, later), at(0))).toBe(true);
    // One has been forgotten and leaves room for one.
    expect(memory.remember(offer(1, 64, later), at(300_001))).toBe(true);
    expect(memory.remember(offer(1, 65, later), at(300_001))).toBe(false);
    // All have been forgotten.
    for (let nonce = 0; nonce < 64; nonce += 1)
      expect(memory.remember(offer(1, nonce, start + 700_000), at(700_000))).toBe(true);
    expect(memory.remember(offer(1, 64, start + 700_000), at(700_000))).toBe(false);
  });

  it('has room for 4,096 offers again once they have been forgotten', () => {
    const memory = createReplayMemory(start);
    for (const elapsed of [0, 300_001])
      for (let index = 0; index < 4096; index += 1)
        expect(memory.remember(offer(index >> 6, index & 63, start + elapsed), at(elapsed))).toBe(
          true,
        );
    expect(memory.remember(offer(64, 1, start + 300_001), at(300_001))).toBe(false);
  });

  it('holds 4,096 offers in all', () => {
    const memory = createReplayMemory(start);
    for (let index = 0; index < 4096; index += 1)
      expect(memory.remember(offer(index >> 6, index & 63), at(0))).toBe(true);
    expect(memory.remember(offer(64, 1), at(0))).toBe(false);
    expect(memory.covers(offer(0, 0), at(0))).toBe(true);
  });
});
