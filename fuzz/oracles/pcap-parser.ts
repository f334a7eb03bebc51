import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

interface TheirPacket {
  readonly data: Buffer;
  readonly header: { readonly timestampSeconds: number; readonly timestampMicroseconds: number };
}

interface PcapParser {
  readonly parse: (stream: EventEmitter) => EventEmitter;
}

/** The package pcap-parser, which takes a stream and answers in events, all of them at once; null where it is not installed. */
const load = (): PcapParser | null => {
  try {
    return createRequire(import.meta.url)('pcap-parser') as PcapParser;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
};
const pcapParser = load();

/** Empty, or the package's name. */
export const pcapParserMissing: readonly string[] = pcapParser === null ? ['pcap-parser'] : [];

/** Packets that pcap-parser finds in a classic capture file of microseconds; null where it refuses, throws or is missing. */
export const readByPcapParser = (bytes: Uint8Array): readonly TheirPacket[] | null => {
  if (pcapParser === null) return null;
  const source = Object.assign(new EventEmitter(), { pause: () => {}, resume: () => {} });
  const packets: TheirPacket[] = [];
  let isRefused = false;
  pcapParser
    .parse(source)
    .on('packet', (packet: TheirPacket) => packets.push(packet))
    .on('error', () => (isRefused = true));
  try {
    source.emit('data', Buffer.from(bytes));
  } catch {
    return null;
  }
  return isRefused ? null : packets;
};
