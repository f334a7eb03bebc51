import { concat } from '../../../reference/core/bytes.ts';

/** Packets of the less usual kinds, byte by byte, for tests. */

const be16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 255, value & 255);

/** A UDP datagram without its IP header; the checksum is zero, which no reader here minds. */
export const udpDatagram = (
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array => concat(...[sourcePort, destinationPort, 8 + payload.length, 0].map(be16), payload);

const ipv4Header = (
  protocol: number,
  length: number,
  identification: number,
  flagsAndOffset: number,
): Uint8Array =>
  concat(
    Uint8Array.of(0x45, 0),
    be16(20 + length),
    be16(identification),
    be16(flagsAndOffset),
    Uint8Array.of(64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2),
  );

/** An IPv4 packet from 10.0.0.1 to 10.0.0.2. */
export const ipv4Packet = (protocol: number, payload: Uint8Array): Uint8Array =>
  concat(ipv4Header(protocol, payload.length, 0, 0), payload);

/** The same cut into fragments of `size` bytes, a multiple of 8. */
export const ipv4Fragments = (
  protocol: number,
  payload: Uint8Array,
  size: number,
  identification = 7,
): Uint8Array[] =>
  Array.from({ length: Math.ceil(payload.length / size) }, (_, index) => {
    const part = payload.subarray(index * size, (index + 1) * size);
    const more = (index + 1) * size < payload.length ? 0x2000 : 0;
    return concat(
      ipv4Header(protocol, part.length, identification, more | ((index * size) / 8)),
      part,
    );
  });

/** An IPv6 packet from fd00::1 to fd00::2 whose first header, extension or not, is `next`. */
export const ipv6Packet = (next: number, payload: Uint8Array): Uint8Array => {
  const address = (last: number): Uint8Array => Uint8Array.of(0xfd, ...new Uint8Array(14), last);
  return concat(
    Uint8Array.of(0x60, 0, 0, 0),
    be16(payload.length),
    Uint8Array.of(next, 64),
    address(1),
    address(2),
    payload,
  );
};

/** An IPv6 packet cut into fragments of `size` bytes, a multiple of 8. */
export const ipv6Fragments = (next: number, payload: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(payload.length / size) }, (_, index) => {
    const part = payload.subarray(index * size, (index + 1) * size);
    const more = (index + 1) * size < payload.length ? 1 : 0;
    const header = concat(
      Uint8Array.of(next, 0),
      be16((index * size) | more),
      Uint8Array.of(0, 0, 0, 9),
    );
    return ipv6Packet(44, concat(header, part));
  });

/** An Ethernet frame; both addresses are `address` repeated, which is 0 on a Linux loopback interface. */
export const ethernetFrame = (etherType: number, packet: Uint8Array, address = 2): Uint8Array =>
  concat(new Uint8Array(12).fill(address), be16(etherType), packet);

/** What stands in front of an IP packet by link type. */
export const linkHeaders: readonly (readonly [
  name: string,
  linkType: number,
  header: (etherType: number) => Uint8Array,
])[] = [
  ['Ethernet', 1, (type) => concat(new Uint8Array(12).fill(2), be16(type))],
  [
    'Ethernet with a VLAN tag',
    1,
    (type) => concat(new Uint8Array(12).fill(2), be16(0x8100), be16(5), be16(type)),
  ],
  [
    'Ethernet with two VLAN tags',
    1,
    (type) =>
      concat(new Uint8Array(12).fill(2), be16(0x88a8), be16(5), be16(0x8100), be16(6), be16(type)),
  ],
  ['raw IP', 101, () => new Uint8Array()],
  ['raw IP of BSD', 12, () => new Uint8Array()],
  ['raw IP of OpenBSD', 14, () => new Uint8Array()],
  ['null', 0, (type) => Uint8Array.of(type === 0x0800 ? 2 : 30, 0, 0, 0)],
  ['null, big-endian', 0, (type) => Uint8Array.of(0, 0, 0, type === 0x0800 ? 2 : 24)],
  ['loop', 108, (type) => Uint8Array.of(0, 0, 0, type === 0x0800 ? 2 : 28)],
  ['Linux cooked', 113, (type) => concat(new Uint8Array(14), be16(type))],
  [
    'Linux cooked with a VLAN tag',
    113,
    (type) => concat(new Uint8Array(14), be16(0x8100), be16(5), be16(type)),
  ],
  ['Linux cooked 2', 276, (type) => concat(be16(type), new Uint8Array(18))],
];
