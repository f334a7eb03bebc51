import { closeSync, openSync, writeSync } from 'node:fs';

/** One end of a datagram or segment. */
export interface Host {
  /** IPv4, four numbers. */
  readonly address: readonly [number, number, number, number];
  readonly port: number;
}

/** Writes a pcapng file of Ethernet packets with microseconds. */
export interface CaptureWriter {
  udp(at: number, from: Host, to: Host, payload: Uint8Array): void;
  tcp(
    at: number,
    from: Host,
    to: Host,
    fields: { sequence: number; acknowledgement: number; flags: number },
    payload: Uint8Array,
  ): void;
  close(): void;
  /** Bytes written so far. */
  readonly size: number;
  readonly packets: number;
}

const BUFFER = 4 * 1024 * 1024;
const LARGEST = 66_000;
const ETHERNET = 14;
const IP = 20;

const padded = (length: number): number => (length + 3) & ~3;

/** A file of one section with one interface. */
export const createCaptureWriter = (path: string): CaptureWriter => {
  const file = openSync(path, 'w');
  const buffer = Buffer.alloc(BUFFER);
  let used = 0;
  let size = 0;
  let packets = 0;
  let identification = 0;

  const flush = (): void => {
    writeSync(file, buffer, 0, used);
    size += used;
    used = 0;
  };
  const block = (type: number, bodyLength: number): number => {
    if (used + padded(bodyLength) + 12 > BUFFER) flush();
    const start = used;
    const length = padded(bodyLength) + 12;
    buffer.fill(0, start + 8 + bodyLength, start + length);
    buffer.writeUInt32LE(type, start);
    buffer.writeUInt32LE(length, start + 4);
    buffer.writeUInt32LE(length, start + length - 4);
    used += length;
    return start + 8;
  };
  /** Headers down to IP; returns where the transport header goes. */
  const packet = (at: number, from: Host, to: Host, protocol: number, length: number): number => {
    const total = ETHERNET + IP + length;
    if (total > LARGEST) throw new Error(`a packet of ${total} bytes; cut it up`);
    const body = block(6, 20 + total);
    const ticks = Math.round(at * 1000);
    buffer.writeUInt32LE(0, body);
    buffer.writeUInt32LE(Math.floor(ticks / 2 ** 32), body + 4);
    buffer.writeUInt32LE(ticks % 2 ** 32, body + 8);
    buffer.writeUInt32LE(total, body + 12);
    buffer.writeUInt32LE(total, body + 16);
    const ethernet = body + 20;
    buffer.write('020000000001020000000002', ethernet, 'hex');
    buffer.writeUInt16BE(0x0800, ethernet + 12);
    const ip = ethernet + ETHERNET;
    identification = (identification + 1) & 0xffff;
    buffer.writeUInt32BE((0x4500 << 16) | (IP + length), ip);
    buffer.writeUInt32BE(((identification << 16) | 0x4000) >>> 0, ip + 4);
    buffer.writeUInt32BE(((64 << 24) | (protocol << 16)) >>> 0, ip + 8);
    buffer.set(from.address, ip + 12);
    buffer.set(to.address, ip + 16);
    packets += 1;
    return ip + IP;
  };

  const section = block(0x0a0d0d0a, 16);
  buffer.writeUInt32LE(0x1a2b3c4d, section);
  buffer.writeUInt32LE(1, section + 4);
  buffer.fill(0xff, section + 8, section + 16);
  const description = block(1, 8);
  buffer.writeUInt32LE(1, description);
  buffer.writeUInt32LE(262_144, description + 4);

  return {
    udp: (at, from, to, payload) => {
      const header = packet(at, from, to, 17, 8 + payload.length);
      buffer.writeUInt16BE(from.port, header);
      buffer.writeUInt16BE(to.port, header + 2);
      buffer.writeUInt32BE((8 + payload.length) * 65_536, header + 4);
      buffer.set(payload, header + 8);
    },
    tcp: (at, from, to, { sequence, acknowledgement, flags }, payload) => {
      const header = packet(at, from, to, 6, 20 + payload.length);
      buffer.writeUInt16BE(from.port, header);
      buffer.writeUInt16BE(to.port, header + 2);
      buffer.writeUInt32BE(sequence >>> 0, header + 4);
      buffer.writeUInt32BE(acknowledgement >>> 0, header + 8);
      buffer.writeUInt32BE(((0x50 << 24) | (flags << 16) | 65_535) >>> 0, header + 12);
      buffer.writeUInt32BE(0, header + 16);
      buffer.set(payload, header + 20);
    },
    close: () => {
      flush();
      closeSync(file);
    },
    get size() {
      return size + used;
    },
    get packets() {
      return packets;
    },
  };
};
