import { fc, test } from '@fast-check/vitest';
import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import {
  canonicalAddress,
  readSocketAddress,
  socketAddressLength,
  socketAddressPort,
  writeSocketAddress,
} from './address.ts';

describe('a canonical address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['::', '::'],
  ])('of %s is %s', (given, expected) => {
    expect(canonicalAddress(given)).toBe(expected);
  });
});

describe('a socket address', () => {
  it('of IPv4 is laid out as ip(7) says', () => {
    const bytes = new Uint8Array(socketAddressLength).fill(7);
    expect(writeSocketAddress(bytes, '192.0.2.1', 0x1234)).toBe(16);
    expect([...bytes.subarray(0, 16)]).toEqual([
      2, 0, 0x12, 0x34, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  it('of IPv6 is laid out as ipv6(7) says', () => {
    const bytes = new Uint8Array(socketAddressLength).fill(7);
    expect(writeSocketAddress(bytes, '2001:db8::1', 0x1234)).toBe(28);
    expect(toHex(bytes)).toBe(
      ['0a001234', '00000000', '20010db8000000000000000000000001', '00000000'].join(''),
    );
  });

  test.prop([fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 })])(
    'reads as what was written',
    (given, port) => {
      const address = canonicalAddress(given);
      const bytes = new Uint8Array(40);
      writeSocketAddress(bytes.subarray(4), address, port);
      expect(isIP(address)).toBeGreaterThan(0);
      expect(readSocketAddress(bytes, 4)).toBe(address);
      expect(socketAddressPort(bytes, 4)).toBe(port);
    },
  );
});
