import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseRtp, rtpHeaderLength, serializeRtp } from './packet.ts';
import { rtpPackets } from './testing/arbitraries.ts';

const codeOf = (bytes: Uint8Array): string => {
  const packet = parseRtp(bytes);
  return packet.ok ? 'ok' : `${packet.error.code}@${packet.error.offset}`;
};

const header = (first: number, ...behind: readonly number[]): Uint8Array =>
  Uint8Array.of(first, 97, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, ...behind);

describe('RTP packets (RFC 3550 section 5.1)', () => {
  it('reads every field of a plain audio packet', () => {
    const bytes = Uint8Array.of(
      0x80,
      0xe1,
      0x12,
      0x34,
      0,
      0,
      1,
      0x40,
      0xde,
      0xad,
      0xbe,
      0xef,
      7,
      8,
    );
    expect(parseRtp(bytes)).toEqual({
      ok: true,
      value: {
        marker: true,
        payloadType: 97,
        sequence: 0x1234,
        timestamp: 320,
        ssrc: 0xdeadbeef,
        csrc: [],
        extension: null,
        payload: Uint8Array.of(7, 8),
        padding: new Uint8Array(0),
      },
    });
  });

  it.each([
    ['no bytes', new Uint8Array(0), 'too-short@0'],
    ['eleven bytes', header(0x80).subarray(0, 11), 'too-short@11'],
    ['version 1', header(0x40), 'not-rtp@0'],
    ['version 3', header(0xc0), 'not-rtp@0'],
    ['a missing contributing source', header(0x81, 0, 0, 0), 'too-short@15'],
    ['a missing extension header', header(0x90, 0, 0), 'too-short@14'],
    ['an extension beyond the end', header(0x90, 0, 0, 0, 1, 0), 'too-short@17'],
    ['padding of zero', header(0xa0, 5, 0), 'padding@13'],
    ['padding that reaches into the header', header(0xa0, 5, 3), 'padding@13'],
    ['padding without room', header(0xa0), 'padding@11'],
    ['padding alone', header(0xa0, 0, 2), 'ok'],
  ])('%s', (_, bytes, expected) => {
    expect(codeOf(bytes)).toBe(expected);
  });

  test.prop([rtpPackets])('come back unchanged', (packet) => {
    const bytes = serializeRtp(packet);
    expect(parseRtp(bytes)).toEqual({ ok: true, value: packet });
    expect(rtpHeaderLength(bytes)).toEqual({
      ok: true,
      value: bytes.length - packet.payload.length - packet.padding.length,
    });
  });

  test.prop([
    fc.oneof(fc.uint8Array({ maxLength: 60 }), rtpPackets.map(serializeRtp)),
    fc.nat(),
    fc.nat({ max: 255 }),
  ])('are refused or written back byte for byte, whatever the bytes', (bytes, position, value) => {
    if (bytes.length > 0) bytes[position % bytes.length] = value;
    const packet = parseRtp(bytes);
    if (packet.ok) expect(serializeRtp(packet.value)).toEqual(bytes);
    else expect(['too-short', 'not-rtp', 'padding']).toContain(packet.error.code);
  });
});
