import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../reference/core/bytes.ts';
import { clientHello, readServerAnswer, type TlsVersion } from './tls-wire.ts';

const fresh = {
  random: new Uint8Array(32).fill(1),
  session: new Uint8Array(32).fill(2),
  share: new Uint8Array(32).fill(3),
};

const serverHello = (
  version: number,
  suite: number,
  extensions: readonly number[] = [],
): Uint8Array => {
  const body = [
    version >> 8,
    version & 255,
    ...Array<number>(32).fill(7),
    0,
    suite >> 8,
    suite & 255,
    0,
  ];
  const tail = extensions.length > 0 ? [0, extensions.length, ...extensions] : [];
  const length = body.length + tail.length;
  return Uint8Array.of(22, 3, 3, 0, length + 4, 2, 0, 0, length, ...body, ...tail);
};
const alert = (level: number, description: number): Uint8Array =>
  Uint8Array.of(21, 3, 3, 0, 2, level, description);

describe('client hello bytes', () => {
  it('offers the one suite and version asked for', () => {
    const hello = clientHello({ version: 'TLSv1.2', suites: [0x009f] }, fresh);
    expect(toHex(hello.subarray(0, 11))).toBe(
      `160301${toHex(hello.subarray(3, 5))}0100${toHex(hello.subarray(7, 9))}0303`,
    );
    expect(toHex(hello.subarray(43, 50))).toBe('000002009f0100');
    expect(hello.length).toBe(5 + ((hello[3] ?? 0) << 8) + (hello[4] ?? 0));
  });
  it('sends SSL 3 without extensions and SSL 2 in its own record', () => {
    const ssl3 = clientHello({ version: 'SSLv3', suites: [0x0035] }, fresh);
    expect(toHex(ssl3)).toBe(`160300002f0100002b0300${'01'.repeat(32)}000004003500ff0100`);
    const ssl2 = clientHello({ version: 'SSLv2', suites: [] }, fresh);
    expect(toHex(ssl2.subarray(0, 11))).toBe('802e010002001500000010');
  });
});

describe('server answers', () => {
  it('reads version and suite of a server hello, also split over records and after a warning', () => {
    const whole = serverHello(0x0303, 0x009f);
    expect(readServerAnswer(whole, 'TLSv1.2')).toEqual({
      kind: 'accepted',
      version: 'TLSv1.2',
      suite: 0x009f,
    });
    const content = whole.subarray(5);
    const split = concat(
      alert(1, 112),
      ...[...content].map((byte) => Uint8Array.of(22, 3, 3, 0, 1, byte)),
    );
    expect(readServerAnswer(split, 'TLSv1.2')).toEqual({
      kind: 'accepted',
      version: 'TLSv1.2',
      suite: 0x009f,
    });
  });
  it('takes the version of TLS 1.3 from supported_versions', () => {
    const hello = serverHello(0x0303, 0x1301, [0, 43, 0, 2, 3, 4]);
    expect(readServerAnswer(hello, 'TLSv1.3')).toEqual({
      kind: 'accepted',
      version: 'TLSv1.3',
      suite: 0x1301,
    });
  });
  it('tells alerts, close_notify included, from warnings', () => {
    expect(readServerAnswer(alert(2, 40), 'TLSv1.2')).toEqual({
      kind: 'alert',
      level: 2,
      description: 40,
    });
    expect(readServerAnswer(alert(1, 0), 'TLSv1.2')).toEqual({
      kind: 'alert',
      level: 1,
      description: 0,
    });
    expect(readServerAnswer(alert(1, 112), 'TLSv1.2')).toEqual({
      kind: 'incomplete',
      warning: { level: 1, description: 112 },
    });
  });
  it('reads an alert whose record repeats the unknown version that was offered', () => {
    const answer = Uint8Array.of(21, 4, 0, 0, 2, 2, 70);
    expect(readServerAnswer(answer, 0x0400)).toEqual({ kind: 'alert', level: 2, description: 70 });
    expect(readServerAnswer(answer, 'TLSv1.2').kind).toBe('garbage');
  });
  it('reads an SSL 2 server hello and error', () => {
    const hello = Uint8Array.of(0x80, 14, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 1, 0, 0x80);
    expect(readServerAnswer(hello, 'SSLv2')).toEqual({
      kind: 'accepted',
      version: 'SSLv2',
      suite: 0x010080,
    });
    expect(readServerAnswer(Uint8Array.of(0x80, 3, 0, 0, 1), 'SSLv2')).toEqual({
      kind: 'sslv2-error',
      code: 1,
    });
    expect(readServerAnswer(hello, 'TLSv1.2').kind).toBe('garbage');
  });
  it.each(['HTTP/1.1 400 Bad Request\r\n', 'SSH-2.0-x\r\n', 'SIP/2.0 400 No\r\n'])(
    'calls %j garbage',
    (text) => {
      expect(readServerAnswer(new TextEncoder().encode(text), 'TLSv1.2').kind).toBe('garbage');
    },
  );
  test.prop([fc.integer({ min: 0, max: 65_535 }), fc.nat(200)])(
    'waits on every strict prefix',
    (suite, cut) => {
      const hello = serverHello(0x0303, suite);
      const prefix = hello.subarray(0, Math.min(cut, hello.length - 1));
      expect(readServerAnswer(prefix, 'TLSv1.2')).toEqual({ kind: 'incomplete' });
    },
  );
  test.prop([
    fc.uint8Array({ maxLength: 80 }),
    fc.constantFrom<TlsVersion>('SSLv2', 'TLSv1.2', 'TLSv1.3'),
    fc.boolean(),
  ])('is total', (bytes, version, asRecord) => {
    const input = asRecord ? concat(Uint8Array.of(22, 3, 3, 0, bytes.length, 2), bytes) : bytes;
    expect(['accepted', 'alert', 'sslv2-error', 'garbage', 'incomplete']).toContain(
      readServerAnswer(input, version).kind,
    );
  });
});
