import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../reference/core/bytes.ts';
import { readIp } from './ip.ts';
import { parseLink } from './link.ts';
import { ipv4Frame, tcpFrame, udpFrame } from './testing/packets.ts';
import { parseTcp, parseUdp } from './transport.ts';

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text.replaceAll(' ', ''));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};
const payload = Uint8Array.of(1, 2, 3);
const packet = udpFrame(5, 6, payload).subarray(14);
/** fe80::1 to 2001:db8:0:1::5:6, UDP behind a destination options header. */
const ipv6 = concat(
  hex('60000000 0013 3c 40'),
  hex('fe800000000000000000000000000001 20010db8000000010000000000050006'),
  hex('1100010400000000'),
  hex('00050006000b0000 010203'),
);

describe('link layers', () => {
  it.each([
    ['Ethernet', 1, concat(new Uint8Array(12), hex('0800')), 14],
    ['Ethernet with two tags', 1, concat(new Uint8Array(12), hex('88a80001 81000002 0800')), 22],
    ['raw IP', 101, new Uint8Array(), 0],
    ['null', 0, hex('02000000'), 4],
    ['loop', 108, hex('00000002'), 4],
    ['Linux cooked', 113, concat(new Uint8Array(14), hex('0800')), 16],
    ['Linux cooked 2', 276, concat(hex('0800'), new Uint8Array(18)), 20],
  ])('%s leads to the same packet', (_name, linkType, header, offset) => {
    expect(parseLink(linkType, concat(header, packet))).toEqual({
      ok: true,
      value: { etherType: 0x0800, offset },
    });
  });

  it('refuses what it does not know', () => {
    expect(parseLink(147, packet)).toMatchObject({ error: { code: 'link-unknown' } });
    expect(parseLink(1, packet.subarray(0, 5))).toMatchObject({
      error: { code: 'link-truncated' },
    });
  });
});

describe('IP, UDP, TCP', () => {
  it('reads IPv4 and UDP and leaves the padding of short frames out', () => {
    const found = readIp(concat(packet, new Uint8Array(10)));
    expect(found).toMatchObject({
      value: { source: '10.0.0.1', destination: '10.0.0.2', protocol: 17, cut: false },
    });
    expect(found.ok && parseUdp(found.value.payload)).toEqual({
      ok: true,
      value: { sourcePort: 5, destinationPort: 6, payload },
    });
  });

  it('reads IPv6 behind extension headers, addresses as RFC 5952 has them', () => {
    const found = readIp(ipv6);
    expect(found).toMatchObject({
      value: { source: 'fe80::1', destination: '2001:db8:0:1::5:6', protocol: 17 },
    });
    expect(found.ok && parseUdp(found.value.payload)).toMatchObject({ value: { payload } });
  });

  it.each([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['1:0:2:3:4:5:6:7', '00010000000200030004000500060007'],
    ['1:0:0:2::3', '00010000000000020000000000000003'],
    ['10:20::', '00100020000000000000000000000000'],
  ])('writes %s', (text, address) => {
    const bytes = concat(hex('60000000 0000 3b 40'), hex(address), hex(address));
    expect(readIp(bytes)).toMatchObject({ value: { source: text } });
  });

  it('says where a fragment belongs', () => {
    const fragment = packet.slice();
    fragment.set([0x12, 0x34, 0x20, 0x03], 4);
    expect(readIp(fragment)).toMatchObject({
      value: { fragment: { identification: 0x1234, offset: 24, more: true } },
    });
    expect(readIp(packet)).toMatchObject({ value: { fragment: null } });
  });

  it('reads TCP flags and payload', () => {
    const frame = tcpFrame(443, { from: 'client', sequence: 0xfffffff0, flags: 0x12, payload });
    const found = readIp(frame.subarray(14));
    expect(found.ok && parseTcp(found.value.payload)).toEqual({
      ok: true,
      value: {
        sourcePort: 40_000,
        destinationPort: 443,
        sequence: 0xfffffff0,
        acknowledgement: 0,
        syn: true,
        ack: true,
        fin: false,
        rst: false,
        payload,
      },
    });
  });

  test.prop([
    fc.constantFrom(packet, ipv6, ipv4Frame('1.2.3.4', '5.6.7.8', 6, new Uint8Array(24))),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    fc.nat(),
  ])('mutations are read or refused within the bytes', (whole, changes, cut) => {
    const bytes = whole.slice(0, cut % (whole.length + 1));
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    const found = readIp(bytes);
    if (found.ok) {
      for (const parsed of [parseUdp(found.value.payload), parseTcp(found.value.payload)]) {
        if (!parsed.ok) expect(parsed.error.offset).toBeLessThanOrEqual(bytes.length);
      }
    } else expect(found.error.offset).toBeLessThanOrEqual(Math.max(bytes.length, 20));
  });
});
