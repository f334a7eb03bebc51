import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../reference/core/bytes.ts';
import { readerOf, toInteger, uint, vector } from './bytes.ts';
import { createTlsClient } from './client.ts';
import type { ClientSettings } from './client-model.ts';
import { diffieHellmanHalf } from './keys.ts';

const settings: ClientSettings = {
  hello: { version: 0x0303, suites: [0x009f], host: 'sip.example' },
  random: (length) => new Uint8Array(length).fill(7),
};
const record = (type: number, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type, 3, 3), vector(2, content));
const message = (type: number, body: Uint8Array): Uint8Array =>
  concat(uint(type, 1), vector(3, body));
const serverHello = message(
  2,
  concat(uint(0x0303, 2), new Uint8Array(32).fill(9), vector(1), uint(0x009f, 2), uint(0, 1)),
);
const keyExchange = message(
  12,
  concat(
    vector(2, new Uint8Array(32).fill(0xfb)),
    vector(2, Uint8Array.of(2)),
    vector(2, new Uint8Array(32).fill(3)),
    uint(0x0401, 2),
    vector(2, new Uint8Array(64)),
  ),
);
const flight = record(22, concat(serverHello, keyExchange, message(14, new Uint8Array(0))));
const bytes = (hex: string): Uint8Array => {
  const parsed = fromHex(hex);
  return parsed.ok ? parsed.value : new Uint8Array(0);
};

describe('the hello', () => {
  it('is what its fields say', () => {
    const hello = createTlsClient(settings).start();
    expect(toHex(hello.subarray(0, 3))).toBe('160301');
    const reader = readerOf(hello.subarray(9));
    expect([reader.uint(2), toHex(reader.take(32))]).toEqual([0x0303, '07'.repeat(32)]);
    expect([reader.vector(1).length, toHex(reader.vector(2)), toHex(reader.vector(1))]).toEqual([
      0,
      '009f00ff',
      '00',
    ]);
    const extensions = readerOf(reader.vector(2));
    const types: number[] = [];
    while (extensions.left() > 0) {
      types.push(extensions.uint(2));
      extensions.vector(2);
    }
    expect(types).toEqual([0, 10, 11, 13, 23]);
    expect(reader.left()).toBe(0);
  });

  it('of SSL 3 has no extensions, and an address no name', () => {
    const ssl3 = createTlsClient({ ...settings, hello: { ...settings.hello, version: 0x0300 } });
    expect(toHex(ssl3.start().subarray(0, 3))).toBe('160300');
    expect(ssl3.start().length).toBe(5 + 4 + 2 + 32 + 1 + 2 + 4 + 2);
    const address = createTlsClient({ ...settings, hello: { ...settings.hello, host: '::1' } });
    expect(toHex(address.start())).not.toContain(toHex(new TextEncoder().encode('::1')));
  });
});

describe('bytes received', () => {
  test.prop([fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })])(
    'may come in any pieces',
    (sizes) => {
      const whole = createTlsClient({ ...settings, stopAtServerHelloDone: true });
      whole.start();
      const expected = whole.receive(flight).events;
      const split = createTlsClient({ ...settings, stopAtServerHelloDone: true });
      split.start();
      const events = [];
      for (let at = 0, turn = 0; at < flight.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        events.push(...split.receive(flight.slice(at, at + size)).events);
        at += size;
      }
      expect(events).toEqual(expected);
      expect(events.at(-1)).toEqual({ kind: 'server-hello-done' });
      expect(split.seen()).toEqual(whole.seen());
    },
  );

  it('without a signature that holds, no key exchange is answered', () => {
    const client = createTlsClient(settings);
    client.start();
    const { events, send } = client.receive(flight);
    expect(events.at(-1)).toEqual({ kind: 'failed', code: 'parameters-signature' });
    expect(toHex(send)).toBe('15030300020233');
    expect(client.session()).toBeNull();
  });

  test.prop([
    fc.array(fc.tuple(fc.nat(flight.length - 1), fc.nat(255)), { maxLength: 6 }),
    fc.nat(flight.length),
    fc.uint8Array({ maxLength: 30 }),
  ])('never throws and never goes beyond the flight, however spoilt', (changes, cut, tail) => {
    const client = createTlsClient(settings);
    client.start();
    const spoilt = Uint8Array.from(flight);
    for (const [at, value] of changes) spoilt[at] = value;
    const first = client.receive(spoilt.subarray(0, cut));
    const second = client.receive(concat(spoilt.subarray(cut), tail));
    const kinds = [...first.events, ...second.events].map(({ kind }) => kind);
    expect(kinds).not.toContain('established');
    expect(kinds).not.toContain('application-data');
    expect(kinds.filter((kind) => kind === 'failed').length).toBeLessThanOrEqual(1);
  });

  it.each<[string, Uint8Array, string]>([
    ['text', new TextEncoder().encode('HTTP/1.1 400'), 'garbage'],
    ['a record too long', Uint8Array.of(22, 3, 3, 0x49, 0), 'garbage'],
    ['data before the handshake', record(23, Uint8Array.of(1)), 'unexpected-message'],
    ['an early ChangeCipherSpec', record(20, Uint8Array.of(1)), 'unexpected-message'],
    ['a Finished at once', record(22, message(20, new Uint8Array(12))), 'unexpected-message'],
    ['a short ServerHello', record(22, message(2, new Uint8Array(20))), 'malformed'],
  ])('%s ends it', (_name, input, code) => {
    const client = createTlsClient(settings);
    client.start();
    expect(client.receive(input).events).toEqual([{ kind: 'failed', code }]);
    expect(client.receive(flight).events).toEqual([]);
  });
});

describe('keys', () => {
  it('are the same on both sides of an exchange, without the leading zeros of the shared value', () => {
    const prime = bytes('fb');
    const group = { prime, generator: Uint8Array.of(5) };
    for (let secret = 2; secret < 60; secret++) {
      const other = 70 + secret;
      const mine = diffieHellmanHalf(
        { ...group, publicValue: uint(BigInt(5) ** BigInt(other) % 251n, 1) },
        Uint8Array.of(secret),
      );
      const theirs = diffieHellmanHalf(
        { ...group, publicValue: mine.publicValue },
        Uint8Array.of(other),
      );
      expect(toInteger(mine.premaster)).toBe(BigInt(5) ** BigInt(secret * other) % 251n);
      expect(mine.premaster[0]).not.toBe(0);
      expect(theirs.premaster).toEqual(mine.premaster);
    }
  });
});
