import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

interface TheirPacket {
  readonly data: Buffer;
  readonly header: { readonly timestampSeconds: number; readonly timestampMicroseconds: number };
}

/** The package pcap-parser, which takes a stream and answers in events, all of them at once. */
const { parse } = createRequire(import.meta.url)('pcap-parser') as {
  readonly parse: (stream: EventEmitter) => EventEmitter;
};

/** Packets that pcap-parser finds in a classic capture file of microseconds; null where it refuses or throws. */
export const readByPcapParser = (bytes: Uint8Array): readonly TheirPacket[] | null => {
  const source = Object.assign(new EventEmitter(), { pause: () => {}, resume: () => {} });
  const packets: TheirPacket[] = [];
  let isRefused = false;
  parse(source)
    .on('packet', (packet: TheirPacket) => packets.push(packet))
    .on('error', () => (isRefused = true));
  try {
    source.emit('data', Buffer.from(bytes));
  } catch {
    return null;
  }
  return isRefused ? null : packets;
};
