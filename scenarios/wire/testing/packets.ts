import { concat } from '../../../reference/core/bytes.ts';

/** Builds packets and capture files byte by byte, for tests of the readers. */

const be16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 255, value & 255);
const be32 = (value: number): Uint8Array => concat(be16(value >>> 16), be16(value & 0xffff));

const ipv4Bytes = (address: string): Uint8Array => Uint8Array.from(address.split('.').map(Number));

/** An Ethernet frame with an IPv4 packet; checksums are zero, which no reader here minds. */
export const ipv4Frame = (
  source: string,
  destination: string,
  protocol: number,
  payload: Uint8Array,
): Uint8Array =>
  concat(
    new Uint8Array(12),
    be16(0x0800),
    Uint8Array.of(0x45, 0),
    be16(20 + payload.length),
    be32(0),
    Uint8Array.of(64, protocol, 0, 0),
    ipv4Bytes(source),
    ipv4Bytes(destination),
    payload,
  );

/** An Ethernet frame with a UDP datagram from 10.0.0.1 to 10.0.0.2. */
export const udpFrame = (
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array => {
  const header = [sourcePort, destinationPort, 8 + payload.length, 0].map(be16);
  return ipv4Frame('10.0.0.1', '10.0.0.2', 17, concat(...header, payload));
};

export interface SegmentFields {
  readonly from: 'client' | 'server';
  readonly sequence: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
}

export const tcpFlags = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

/** An Ethernet frame with a TCP segment between 10.0.0.1:40000 (client) and 10.0.0.2 at a port (server). */
export const tcpFrame = (serverPort: number, fields: SegmentFields): Uint8Array => {
  const { from, sequence, flags = tcpFlags.ack, payload = new Uint8Array() } = fields;
  const ports = from === 'client' ? [40_000, serverPort] : [serverPort, 40_000];
  const hosts = from === 'client' ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'];
  const [source = '', destination = ''] = hosts;
  const segment = concat(
    ...ports.map(be16),
    be32(sequence >>> 0),
    be32(0),
    Uint8Array.of(0x50, flags),
    be16(65_535),
    be32(0),
    payload,
  );
  return ipv4Frame(source, destination, 6, segment);
};

/** A packet with its time in microseconds. */
export interface TimedPacket {
  readonly at: number;
  readonly bytes: Uint8Array;
}

type Order = 'little' | 'big';

const fieldWriter = (order: Order) => ({
  u16: (value: number): Uint8Array => (order === 'big' ? be16(value) : be16(value).toReversed()),
  u32: (value: number): Uint8Array => (order === 'big' ? be32(value) : be32(value).toReversed()),
});

/** A classic capture file of Ethernet packets. */
export const pcapFile = (
  packets: readonly TimedPacket[],
  order: Order = 'little',
  resolution: 'micro' | 'nano' = 'micro',
): Uint8Array => {
  const { u16, u32 } = fieldWriter(order);
  const scale = resolution === 'micro' ? 1 : 1000;
  const records = packets.map(({ at, bytes }) =>
    concat(
      u32(Math.floor(at / 1e6)),
      u32((at % 1e6) * scale),
      u32(bytes.length),
      u32(bytes.length),
      bytes,
    ),
  );
  const magic = resolution === 'micro' ? 0xa1b2c3d4 : 0xa1b23c4d;
  const head = [u32(magic), u16(2), u16(4), u32(0), u32(0), u32(65_535), u32(1)];
  return concat(...head, ...records);
};

/** A pcapng file of Ethernet packets with microseconds, a comment, a key log and a count of drops. */
export const pcapngFile = (
  packets: readonly TimedPacket[],
  order: Order = 'little',
  keyLog = '',
): Uint8Array => {
  const { u16, u32 } = fieldWriter(order);
  const pad = (bytes: Uint8Array): Uint8Array =>
    concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  const block = (type: number, ...parts: readonly Uint8Array[]): Uint8Array => {
    const body = concat(...parts);
    const length = u32(12 + body.length);
    return concat(u32(type), length, body, length);
  };
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const option = (code: number, value: Uint8Array): Uint8Array =>
    concat(u16(code), u16(value.length), pad(value));
  const end = u32(0);
  const magic = u32(0x1a2b3c4d);
  const secrets = text(keyLog);
  return concat(
    block(
      0x0a0d0d0a,
      magic,
      u16(1),
      u16(0),
      u32(0xffffffff),
      u32(0xffffffff),
      option(1, text('made')),
      end,
    ),
    block(1, u16(1), u16(0), u32(65_535), option(9, Uint8Array.of(6)), end),
    ...(keyLog === '' ? [] : [block(10, u32(0x544c534b), u32(secrets.length), pad(secrets))]),
    ...packets.map(({ at, bytes }) =>
      block(
        6,
        u32(0),
        u32(Math.floor(at / 2 ** 32)),
        u32(at % 2 ** 32),
        u32(bytes.length),
        u32(bytes.length),
        pad(bytes),
      ),
    ),
    block(
      5,
      u32(0),
      u32(0),
      u32(0),
      option(5, order === 'big' ? concat(u32(0), u32(7)) : concat(u32(7), u32(0))),
      end,
    ),
  );
};
