import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../bytes.ts';
import {
  canonicalName,
  parseRtcp,
  serializeRtcp,
  type ReceiverReport,
  type RtcpPacket,
} from './rtcp.ts';

const word = fc.nat({ max: 2 ** 32 - 1 });

const words = fc
  .uint8Array({ maxLength: 16 })
  .map((bytes) => bytes.slice(0, bytes.length - (bytes.length % 4)));

const reports = fc.array(
  fc.record({
    ssrc: word,
    fractionLost: fc.nat({ max: 255 }),
    cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
    highestSequence: word,
    jitter: word,
    lastSenderReport: word,
    delaySinceLastSenderReport: word,
  }),
  { maxLength: 4 },
);

const report: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    type: fc.constant('sender-report' as const),
    ssrc: word,
    ntpSeconds: word,
    ntpFraction: word,
    rtpTimestamp: word,
    packetCount: word,
    octetCount: word,
    reports,
    extension: words,
  }),
  fc.record({
    type: fc.constant('receiver-report' as const),
    ssrc: word,
    reports,
    extension: words,
  }),
);

const further: fc.Arbitrary<RtcpPacket> = fc.oneof(
  report,
  fc.record({
    type: fc.constant('source-description' as const),
    chunks: fc.array(
      fc.record({
        ssrc: word,
        items: fc.array(
          fc.record({
            item: fc.integer({ min: 1, max: 255 }),
            text: fc.uint8Array({ maxLength: 9 }),
          }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant('goodbye' as const),
    sources: fc.array(word, { maxLength: 3 }),
    reason: fc.option(fc.uint8Array({ maxLength: 9 })),
  }),
  fc.record({
    type: fc.constant('other' as const),
    packetType: fc.integer({ min: 204, max: 255 }),
    count: fc.nat({ max: 31 }),
    body: words,
  }),
);

const compounds = fc
  .tuple(report, fc.array(further, { maxLength: 3 }))
  .map(([first, others]) => [first, ...others]);

const bytesOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex.replaceAll(' ', ''));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};

const EMPTY_REPORT: ReceiverReport = {
  type: 'receiver-report',
  ssrc: 0x01020304,
  reports: [],
  extension: new Uint8Array(0),
};

describe('RTCP (RFC 3550 section 6)', () => {
  it('writes a report, a canonical name and a goodbye as the RFC draws them', () => {
    const packets = [
      EMPTY_REPORT,
      canonicalName(0x01020304, 'abc'),
      { type: 'goodbye', sources: [0x01020304], reason: new TextEncoder().encode('end') },
    ] as const;
    expect(toHex(serializeRtcp(packets))).toBe(
      '80c900010102030481ca000301020304010361626300000081cb00020102030403656e64',
    );
  });

  it('reads a signed number of lost packets', () => {
    const block = '00000007 80ffffff 00010002 00000003 00000004 00000005';
    const parsed = parseRtcp(bytesOf(`81c90007 01020304 ${block}`));
    expect(parsed.ok && parsed.value[0]).toMatchObject({
      reports: [{ ssrc: 7, fractionLost: 0x80, cumulativeLost: -1, highestSequence: 0x10002 }],
    });
  });

  it('drops the padding of the last packet', () => {
    expect(parseRtcp(bytesOf('a0c90002 01020304 00000004'))).toEqual({
      ok: true,
      value: [EMPTY_REPORT],
    });
  });

  it.each([
    ['nothing', '', 'too-short@0'],
    ['a header alone', '80c90000', 'too-short@4'],
    ['version 1', '40c90001 01020304', 'not-rtcp@0'],
    ['a description first', '81ca0001 01020304', 'first-packet@1'],
    ['a length beyond the end', '80c90002 01020304', 'length@2'],
    ['half a header behind', '80c90001 01020304 80c9', 'length@8'],
    ['a missing report block', '81c90001 01020304', 'report@4'],
    ['a sender report without its sender', '80c80001 01020304', 'report@4'],
    ['padding before the last packet', 'a0c90002 01020304 00000004 80c90001 01020304', 'padding@0'],
    ['padding of zero', 'a0c90002 01020304 00000000', 'padding@0'],
    ['padding beyond the packet', 'a0c90002 01020304 0000000c', 'padding@0'],
    ['an item beyond the end', '80c90001 01020304 81ca0002 00000001 01090000', 'description@16'],
    ['a chunk without its end', '80c90001 01020304 81ca0002 00000001 01024142', 'description@16'],
    ['dirty chunk padding', '80c90001 01020304 81ca0002 00000001 01000041', 'description@18'],
    ['a missing chunk', '80c90001 01020304 81ca0000', 'description@12'],
    ['bytes behind the chunks', '80c90001 01020304 80ca0001 00000000', 'description@12'],
    ['a missing source', '80c90001 01020304 82cb0001 00000001', 'goodbye@12'],
    ['a reason beyond the end', '80c90001 01020304 80cb0001 04414141', 'goodbye@12'],
  ])('refuses %s', (_, hex, expected) => {
    const parsed = parseRtcp(bytesOf(hex));
    expect(parsed.ok ? 'ok' : `${parsed.error.code}@${parsed.error.offset}`).toBe(expected);
  });

  test.prop([compounds])('compounds come back unchanged', (packets) => {
    expect(parseRtcp(serializeRtcp(packets))).toEqual({ ok: true, value: packets });
  });

  test.prop([
    fc.oneof(fc.uint8Array({ maxLength: 80 }), compounds.map(serializeRtcp)),
    fc.nat(),
    fc.nat({ max: 255 }),
    fc.boolean(),
  ])(
    'every byte string has one outcome, and what is read can be written and read again',
    (bytes, position, value, cut) => {
      if (bytes.length > 0) bytes[position % bytes.length] = value;
      const parsed = parseRtcp(
        cut ? bytes.subarray(0, position % (bytes.length + 1)) : concat(bytes),
      );
      if (parsed.ok) expect(parseRtcp(serializeRtcp(parsed.value))).toEqual(parsed);
      else expect(parsed.error.offset).toBeLessThanOrEqual(bytes.length);
    },
  );
});
