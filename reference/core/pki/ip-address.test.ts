import { BlockList, isIP, isIPv4 } from 'node:net';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { ipAddressBytes } from './ip-address.ts';

const bytesOf = (text: string): readonly number[] => [...(ipAddressBytes(text) ?? [])];

/** The eight groups of an address, none left out. */
const written = (bytes: readonly number[]): string =>
  Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  ).join(':');

describe('the bytes of an iPAddress', () => {
  it.each([
    ['203.0.113.10', [203, 0, 113, 10]],
    ['::', Array.from({ length: 16 }, () => 0)],
    ['::1', [...Array.from({ length: 15 }, () => 0), 1]],
    ['2001:db8::10', [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10]],
    ['::ffff:10.0.0.1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]],
  ])('of %s', (text, expected) => {
    expect(bytesOf(text)).toEqual(expected);
  });

  it.each(['appliance.example', '1.2.3', '1.2.3.256', '01.2.3.4', '1::2::3', ':1', 'fe80::1%eth0'])(
    'are none for %s',
    (text) => expect(ipAddressBytes(text)).toBeUndefined(),
  );

  test.prop([fc.oneof(fc.ipV4(), fc.ipV6())])('agree with the system for any address', (text) => {
    const bytes = ipAddressBytes(text);
    expect(bytes?.length).toBe(isIPv4(text) ? 4 : 16);
    const list = new BlockList();
    const family = isIPv4(text) ? 'ipv4' : 'ipv6';
    list.addAddress(text, family);
    const again = family === 'ipv4' ? bytes?.join('.') : written([...(bytes ?? [])]);
    expect(list.check(again ?? '', family)).toBe(true);
  });

  test.prop([fc.stringMatching(/^[0-9a-f:.]{0,20}$/)])('of what is no address are none', (text) => {
    if (ipAddressBytes(text) !== undefined) expect(isIP(text)).not.toBe(0);
  });
});
