import { concat } from '../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../reference/core/result.ts';
import {
  decryptionSecrets,
  enhancedPacket,
  interfaceDescription,
  sectionHeader,
} from '../../simulators/lab/capture/pcapng-writer.ts';

/** Captures that other programs made, as this testbed keeps them: pcapng with the TLS secrets in front of the packets. */

/** A capture with secrets in it. */
export interface KeptCapture {
  readonly bytes: Uint8Array;
  readonly packets: number;
  /** As interface statistics in the capture say; 0 where none do. */
  readonly dropped: number;
}

export type CaptureFileFault = 'capture-empty' | 'capture-format' | 'capture-damaged';

type Kept = Result<KeptCapture, { code: CaptureFileFault; offset: number; detail?: string }>;

/** Longest block or packet that a capture of a network can hold, bytes. */
const longest = 1 << 24;

/** Magic numbers of classic pcap, as they stand in a little-endian file: nanoseconds of a tick. */
const ticks: ReadonlyMap<number, bigint> = new Map([
  [0xa1b2c3d4, 1_000n],
  [0xa1b23c4d, 1n],
]);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The interface's link type in the block that describes it. */
const withLinkType = (block: Uint8Array, linkType: number): Uint8Array => {
  const changed = block.slice();
  viewOf(changed).setUint16(8, linkType, true);
  return changed;
};

/** A record that was cut off in writing is left out; everything before it is whole. */
const fromPcap = (bytes: Uint8Array, keyLog: readonly string[], comment: string): Kept => {
  const view = viewOf(bytes);
  const little = ticks.has(view.getUint32(0, true));
  const tick = ticks.get(view.getUint32(0, little)) ?? 1_000n;
  if (bytes.length < 24) return fault('capture-damaged', bytes.length, 'its header is cut off');
  const linkType = view.getUint32(20, little) & 0xffff;
  const snap = view.getUint32(16, little);
  const blocks = [
    sectionHeader(comment),
    withLinkType(interfaceDescription('added', Math.min(snap, longest)), linkType),
    ...(keyLog.length > 0 ? [decryptionSecrets(keyLog)] : []),
  ];
  let packets = 0;
  for (let at = 24; at + 16 <= bytes.length;) {
    const [seconds, part] = [view.getUint32(at, little), view.getUint32(at + 4, little)];
    const [kept, length] = [view.getUint32(at + 8, little), view.getUint32(at + 12, little)];
    if (kept > longest) return fault('capture-damaged', at, 'a packet longer than any');
    if (at + 16 + kept > bytes.length) break;
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(part) * tick;
    blocks.push(enhancedPacket(time, bytes.subarray(at + 16, at + 16 + kept), length));
    packets += 1;
    at += 16 + kept;
  }
  return ok({ bytes: concat(...blocks), packets, dropped: 0 });
};

const section = 0x0a0d0d0a;
const statistics = 5;
/** Simple, enhanced and obsolete packet blocks. */
const packetBlocks: readonly number[] = [2, 3, 6];

/** Packets dropped by the interface (isb_ifdrop), 0 where the block does not say. */
const droppedIn = (view: DataView, from: number, to: number, little: boolean): number => {
  for (let at = from; at + 4 <= to;) {
    const [code, length] = [view.getUint16(at, little), view.getUint16(at + 2, little)];
    if (code === 0) return 0;
    if (code === 5 && length === 8 && at + 12 <= to)
      return Number(view.getBigUint64(at + 4, little));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return 0;
};

/** Puts the secrets behind the first section's header, and leaves out a last block that was cut off in writing. */
const fromPcapng = (bytes: Uint8Array, keyLog: readonly string[]): Kept => {
  const view = viewOf(bytes);
  let [little, at, packets, dropped, head] = [true, 0, 0, 0, 0];
  for (; at + 12 <= bytes.length;) {
    if (view.getUint32(at, true) === section) little = view.getUint32(at + 8, true) === 0x1a2b3c4d;
    const [type, length] = [view.getUint32(at, little), view.getUint32(at + 4, little)];
    if (length < 12 || length % 4 !== 0 || length > longest)
      return fault('capture-damaged', at, 'a block of an impossible length');
    if (at + length > bytes.length) break;
    if (packetBlocks.includes(type)) packets += 1;
    if (type === statistics) dropped += droppedIn(view, at + 20, at + length - 4, little);
    at += length;
    if (head === 0) head = at;
  }
  if (head === 0) return fault('capture-damaged', 0, 'its header is cut off');
  const isLittle = view.getUint32(8, true) === 0x1a2b3c4d;
  if (keyLog.length === 0) return ok({ bytes: bytes.slice(0, at), packets, dropped });
  if (!isLittle)
    return fault('capture-format', 8, 'a big-endian pcapng; write it anew with editcap -F pcap');
  const parts = [bytes.subarray(0, head), decryptionSecrets(keyLog), bytes.subarray(head, at)];
  return ok({ bytes: concat(...parts), packets, dropped });
};

/** Makes a capture of what a program streamed or left (classic pcap or pcapng), with these lines of the NSS key log format in it. Total. */
export const keepCapture = (
  bytes: Uint8Array,
  keyLog: readonly string[],
  comment: string,
): Kept => {
  if (bytes.length === 0) return fault('capture-empty', 0, 'there is nothing in it');
  if (bytes.length < 4) return fault('capture-format', 0, 'too short for any capture');
  const view = viewOf(bytes);
  const magic = [view.getUint32(0, true), view.getUint32(0, false)];
  if (magic[0] === section) return fromPcapng(bytes, keyLog);
  return magic.some((each) => ticks.has(each))
    ? fromPcap(bytes, keyLog, comment)
    : fault('capture-format', 0, 'neither pcap nor pcapng');
};
