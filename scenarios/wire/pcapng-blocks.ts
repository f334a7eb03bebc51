import { ordered16, ordered32 } from './bytes-at.ts';
import { problemItem, type CaptureSink, type PacketView } from './capture-item.ts';
import {
  blockText,
  paddedLength,
  readOptions,
  wide,
  type BlockBody,
  type BlockOption,
} from './pcapng-options.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const DECRYPTION_SECRETS = 10;
const SECRETS_TLS = 0x544c534b;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;
const EPB_DROPCOUNT = 4;
const UNKNOWN_DROPS = 0xffff;

/** Interfaces of one section, more than any machine has; keeps memory bounded. */
const MAX_INTERFACES = 65_536;

/** What a section says of one interface. */
export interface InterfaceState {
  readonly linkType: number;
  readonly snapLength: number;
  readonly ticksPerMillisecond: number;
  /** Milliseconds. */
  readonly offset: number;
  /** Packets dropped as told by statistics, which are totals, and as told packet by packet. */
  droppedInTotal: number;
  droppedBetween: number;
  /** The greater of both as far as it was passed on. */
  droppedTold: number;
}

/** One section of a file. */
export interface Section {
  little: boolean;
  interfaces: InterfaceState[];
  /** There were more interfaces than are kept. */
  full: boolean;
  /** Time of the last packet that had one, milliseconds. */
  lastAt: number;
}

/** What reading blocks works on. */
export interface BlockContext {
  readonly sink: CaptureSink;
  readonly section: Section;
  readonly view: PacketView;
}

const readInterface = (body: BlockBody, { sink, section }: BlockContext): void => {
  const { bytes, from, little } = body;
  if (body.to - from < 8) {
    sink.note(problemItem('block-length', body.offset));
    return;
  }
  if (section.interfaces.length >= MAX_INTERFACES) {
    if (!section.full)
      sink.note(problemItem('interface-limit', body.offset, `more than ${MAX_INTERFACES}`));
    section.full = true;
    return;
  }
  const options = readOptions(body, from + 8, sink);
  const valueAt = (wanted: number, least: number): number | undefined =>
    options.find(({ code, length }) => code === wanted && length >= least)?.from;
  const resolutionAt = valueAt(IF_TSRESOL, 1);
  const resolution = resolutionAt === undefined ? 6 : (bytes[resolutionAt] ?? 6);
  const perSecond = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
  const offsetAt = valueAt(IF_TSOFFSET, 8);
  section.interfaces.push({
    linkType: ordered16(bytes, from, little),
    snapLength: ordered32(bytes, from + 4, little),
    ticksPerMillisecond: perSecond / 1000,
    offset: offsetAt === undefined ? 0 : signedWide(body, offsetAt) * 1000,
    droppedInTotal: 0,
    droppedBetween: 0,
    droppedTold: 0,
  });
};

const signedWide = ({ bytes, little }: BlockBody, at: number): number => {
  const [low, high] = little ? [at, at + 4] : [at + 4, at];
  return (ordered32(bytes, high, little) | 0) * 2 ** 32 + ordered32(bytes, low, little);
};

const tellDrops = (source: InterfaceState, sink: CaptureSink): void => {
  const most = Math.max(source.droppedInTotal, source.droppedBetween);
  if (most <= source.droppedTold) return;
  sink.note({ kind: 'dropped', count: most - source.droppedTold });
  source.droppedTold = most;
};

/** Passes on the packet of `captured` bytes at `at`, its time being `ticks` of its interface. */
const givePacket = (
  body: BlockBody,
  context: BlockContext,
  source: InterfaceState,
  at: number,
  captured: number,
): void => {
  const { view } = context;
  view.bytes = body.bytes;
  view.from = at;
  view.to = at + captured;
  view.linkType = source.linkType;
  view.at = context.section.lastAt;
  context.sink.packet(view);
};

const takeTime = (body: BlockBody, { section }: BlockContext, source: InterfaceState): void => {
  const { bytes, from, little } = body;
  // The halves of the time are in the order high, low in either byte order.
  const ticks = ordered32(bytes, from + 4, little) * 2 ** 32 + ordered32(bytes, from + 8, little);
  section.lastAt = ticks / source.ticksPerMillisecond + source.offset;
};

const takePacketOptions = (
  body: BlockBody,
  { sink }: BlockContext,
  source: InterfaceState,
  from: number,
): void => {
  if (from + 4 > body.to) return;
  const dropped = readOptions(body, from, sink).find(
    ({ code, length }) => code === EPB_DROPCOUNT && length >= 8,
  );
  if (!dropped) return;
  source.droppedBetween += wide(body, dropped.from);
  tellDrops(source, sink);
};

/** Reads an enhanced packet block (section 4.3), or the old packet block (section 4.7), which differs in its first word. */
export const readPacket = (body: BlockBody, context: BlockContext, old: boolean): void => {
  const { bytes, from, to, little } = body;
  const { sink, section, view } = context;
  if (to - from < 20) {
    sink.note(problemItem('block-length', body.offset));
    return;
  }
  const number = old ? ordered16(bytes, from, little) : ordered32(bytes, from, little);
  const source = section.interfaces[number];
  if (!source) {
    sink.note(problemItem('interface-unknown', body.offset));
    return;
  }
  const captured = ordered32(bytes, from + 12, little);
  if (captured > to - from - 20) {
    sink.note(problemItem('packet-length', body.offset + 12));
    return;
  }
  takeTime(body, context, source);
  const length = ordered32(bytes, from + 16, little);
  view.length = length < captured ? captured : length;
  givePacket(body, context, source, from + 20, captured);
  if (length < captured) sink.note(problemItem('packet-length', body.offset + 16));
  const drops = old ? ordered16(bytes, from + 2, little) : 0;
  if (drops > 0 && drops !== UNKNOWN_DROPS) {
    source.droppedBetween += drops;
    tellDrops(source, sink);
  }
  takePacketOptions(body, context, source, from + 20 + paddedLength(captured));
};

/** It has neither a time, so that of the packet before it is taken, nor a captured length, which the snap length tells. */
const readSimplePacket = (body: BlockBody, context: BlockContext): void => {
  const { sink, section, view } = context;
  const source = section.interfaces[0];
  if (body.to - body.from < 4) {
    sink.note(problemItem('block-length', body.offset));
    return;
  }
  if (!source) {
    sink.note(problemItem('interface-unknown', body.offset));
    return;
  }
  const length = ordered32(body.bytes, body.from, body.little);
  const captured = source.snapLength === 0 ? length : Math.min(length, source.snapLength);
  if (captured > body.to - body.from - 4) {
    sink.note(problemItem('packet-length', body.offset));
    return;
  }
  view.length = length;
  givePacket(body, context, source, body.from + 4, captured);
};

const readSecrets = (body: BlockBody, { sink }: BlockContext): void => {
  const { bytes, from, to, little } = body;
  if (to - from < 8) {
    sink.note(problemItem('block-length', body.offset));
    return;
  }
  if (ordered32(bytes, from, little) !== SECRETS_TLS) return;
  const length = ordered32(bytes, from + 4, little);
  if (length > to - from - 8) {
    sink.note(problemItem('secrets-length', body.offset + 4));
    return;
  }
  const lines = blockText(body, from + 8, length)
    .split(/\r?\n/)
    .filter(Boolean);
  sink.note({ kind: 'tls-key-log', lines });
};

const readStatistics = (body: BlockBody, { sink, section }: BlockContext): void => {
  if (body.to - body.from < 12) {
    sink.note(problemItem('block-length', body.offset));
    return;
  }
  const source = section.interfaces[ordered32(body.bytes, body.from, body.little)];
  if (!source) {
    sink.note(problemItem('interface-unknown', body.offset));
    return;
  }
  const counts = ({ code, length }: BlockOption): boolean =>
    (code === ISB_IFDROP || code === ISB_OSDROP) && length >= 8;
  const told = readOptions(body, body.from + 12, sink).filter(counts);
  const total = told.reduce((sum, { from }) => sum + wide(body, from), 0);
  source.droppedInTotal = Math.max(source.droppedInTotal, total);
  tellDrops(source, sink);
};

/** Reads any block but the enhanced packet block; unknown ones are to be skipped (section 3.1). */
export const readBlock = (type: number, body: BlockBody, context: BlockContext): void => {
  switch (type) {
    case SECTION_HEADER:
      readOptions(body, body.from + 16, context.sink);
      break;
    case INTERFACE_DESCRIPTION:
      readInterface(body, context);
      break;
    case OLD_PACKET:
      readPacket(body, context, true);
      break;
    case SIMPLE_PACKET:
      readSimplePacket(body, context);
      break;
    case INTERFACE_STATISTICS:
      readStatistics(body, context);
      break;
    case DECRYPTION_SECRETS:
      readSecrets(body, context);
      break;
    default:
  }
};
