import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../bytes.ts';
import { createDhGroupReader, type DhGroupResult } from './dh-group-reader.ts';
import { exactTlsProfile, ffdhe2048, modp2048 } from './profile.ts';

const bytesOf = (hex: string): Uint8Array => {
  const read = fromHex(hex);
  if (!read.ok) throw new Error(`not hexadecimal: ${hex}`);
  return read.value;
};
const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const vector = (content: Uint8Array): Uint8Array => concat(uint16(content.length), content);
const message = (type: number, body: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type, 0), uint16(body.length), body);
const record = (type: number, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type, 3, 3), vector(content));

const [p, other] = [bytesOf(ffdhe2048.prime), bytesOf(modp2048.prime)];
const two = Uint8Array.of(2);
const someValue = new Uint8Array(256).fill(0x5a);
/** 2048 bits, and no prime that anybody published. */
const foreign = new Uint8Array(256).fill(0xa5);
const changed = (bytes: Uint8Array, at: number, by: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte + by : byte));

const keyExchange = (
  prime = p,
  generator: Uint8Array = two,
  value: Uint8Array = someValue,
): Uint8Array =>
  message(
    12,
    concat(
      vector(prime),
      vector(generator),
      vector(value),
      Uint8Array.of(4, 1),
      vector(new Uint8Array(256)),
    ),
  );
const before = concat(message(2, new Uint8Array(70)), message(11, new Uint8Array(3_000)));
const done = message(14, new Uint8Array(0));
const changeCipherSpec = record(20, Uint8Array.of(1));
const flight = (exchange: Uint8Array): Uint8Array => record(22, concat(before, exchange, done));
const whole = (exchange: Uint8Array): Uint8Array => concat(flight(exchange), changeCipherSpec);

const read = (...chunks: readonly Uint8Array[]): DhGroupResult => {
  const reader = createDhGroupReader(exactTlsProfile);
  return chunks.map((chunk) => reader.push(chunk)).at(-1) ?? reader.push(new Uint8Array(0));
};
const codeOf = (result: DhGroupResult): string => (result.ok ? result.value : result.error.code);
/** The bytes cut at the positions given. */
const cut = (bytes: Uint8Array, positions: readonly number[]): readonly Uint8Array[] => {
  const ends = [...new Set(positions.map((at) => at % bytes.length))].toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
};
/** Handshake messages in records of the lengths given, the last with what is left. */
const inRecords = (messages: Uint8Array, positions: readonly number[]): Uint8Array =>
  concat(
    ...cut(messages, positions)
      .filter((part) => part.length > 0)
      .map((part) => record(22, part)),
  );

describe('the reader of a server’s Diffie-Hellman group', () => {
  it.each([
    ['ffdhe2048', p],
    ['group 14', other],
    ['a leading zero', concat(new Uint8Array(1), p)],
  ])('lets %s pass', (_, prime) => {
    expect(codeOf(read(flight(keyExchange(prime))))).toBe('again');
    expect(codeOf(read(whole(keyExchange(prime))))).toBe('done');
  });

  it.each<[string, string, Uint8Array]>([
    ['one bit of the modulus changed', 'group', keyExchange(changed(p, 100, 1))],
    ['an even modulus', 'group', keyExchange(changed(p, 255, -1))],
    ['generator 5', 'group', keyExchange(p, Uint8Array.of(5))],
    ['a generator of two bytes', 'group', keyExchange(p, Uint8Array.of(2, 2))],
    ['a modulus of 2047 bits', 'size', keyExchange(concat(Uint8Array.of(0x7f), p.subarray(1)))],
    ['a modulus of 2056 bits', 'size', keyExchange(concat(Uint8Array.of(0xff), p))],
    ['modulus 0', 'size', keyExchange(new Uint8Array(256))],
    ['public value 0', 'public-value', keyExchange(p, two, new Uint8Array(256))],
    ['public value 1', 'public-value', keyExchange(p, two, Uint8Array.of(1))],
    ['public value p-1', 'public-value', keyExchange(p, two, changed(p, 255, -1))],
    ['public value p', 'public-value', keyExchange(p, two, p)],
    ['public value above p', 'public-value', keyExchange(p, two, new Uint8Array(256).fill(255))],
    ['a longer public value', 'public-value', keyExchange(p, two, new Uint8Array(257).fill(1))],
    ['no public value', 'parameters', keyExchange(p, two, new Uint8Array(0))],
    ['parameters cut short', 'parameters', message(12, concat(vector(p), uint16(9)))],
    ['an empty message', 'parameters', message(12, new Uint8Array(0))],
    ['a message too long', 'parameters', message(12, new Uint8Array(16_385)).subarray(0, 300)],
    ['a second group after a good one', 'group', concat(keyExchange(), keyExchange(foreign))],
  ])('refuses %s: %s', (_, code, exchange) => {
    expect(codeOf(read(flight(exchange)))).toBe(code);
  });

  it.each<[string, Uint8Array]>([
    ['public value 2', two],
    ['public value p-2', changed(p, 255, -2)],
  ])('lets %s pass', (_, value) => {
    expect(codeOf(read(flight(keyExchange(p, two, value))))).toBe('again');
  });

  it.each<[string, string, Uint8Array]>([
    ['encryption without a group', 'missing', concat(flight(new Uint8Array(0)), changeCipherSpec)],
    ['encryption at once (CVE-2014-0224)', 'missing', changeCipherSpec],
    [
      'encryption within a message',
      'missing',
      concat(record(22, concat(keyExchange(), Uint8Array.of(14, 0))), changeCipherSpec),
    ],
    ['application data', 'record', record(23, Uint8Array.of(1))],
    ['an HTTP answer', 'record', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n')],
    ['an empty record', 'record', record(22, new Uint8Array(0))],
    ['a record above 16 KB', 'record', record(22, new Uint8Array(16_385))],
  ])('refuses %s: %s', (_, code, bytes) => {
    expect(codeOf(read(bytes))).toBe(code);
  });

  it('names where it found the fault, and repeats it for ever', () => {
    const first = flight(keyExchange());
    const result = read(first, record(23, Uint8Array.of(1)), changeCipherSpec);
    expect(result).toMatchObject({ ok: false, error: { code: 'record', offset: first.length } });
  });

  it('reads nothing after encryption began, and passes alerts over', () => {
    const alert = record(21, Uint8Array.of(1, 90));
    const result = read(alert, whole(keyExchange()), new TextEncoder().encode('anything'));
    expect(codeOf(result)).toBe('done');
  });

  const positions = fc.array(fc.nat(), { maxLength: 20 });

  test.prop([positions, positions, fc.constantFrom(p, other, foreign)])(
    'says the same in any cut into records and segments',
    (records, segments, prime) => {
      const bytes = concat(
        inRecords(concat(before, keyExchange(prime), done), records),
        changeCipherSpec,
      );
      const expected = prime[0] === 255 ? 'done' : 'group';
      expect(codeOf(read(...cut(bytes, segments)))).toBe(expected);
    },
  );

  test.prop([fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), positions])(
    'never throws, and never lets a changed group pass',
    (changes, segments) => {
      const bytes = Uint8Array.from(whole(keyExchange()));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const result = read(...cut(bytes, segments));
      const at = 5 + before.length + 4;
      const parameters = bytes.subarray(at, at + 2 + 256 + 2 + 1);
      const kept = parameters.every((byte, index) => byte === whole(keyExchange())[at + index]);
      if (!kept) expect(codeOf(result)).not.toBe('done');
    },
  );

  test.prop([fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 })])(
    'is total',
    (chunks) => {
      expect(['again', 'record', 'missing', 'parameters', 'size', 'group']).toContain(
        codeOf(read(...chunks)),
      );
    },
  );
});
