import {
  stopAt,
  problemItem,
  type CaptureItem,
  type FrameReader,
  type FrameStep,
} from './capture-item.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c2b1a;
const SECRETS_TLS = 0x544c534b;
const END_OF_OPTIONS = 0;
const OPTION_COMMENT = 1;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const ISB_IFDROP = 5;

/** Longest block accepted, in bytes; keeps memory bounded on a wrong length field. */
export const maxBlockLength = 16 * 1024 * 1024;

interface InterfaceState {
  readonly linkType: number;
  readonly snapLength: number;
  readonly ticksPerMillisecond: number;
  /** Milliseconds. */
  readonly offset: number;
  /** Packets dropped as last told; statistics are totals, not differences. */
  dropped: number;
}

interface Section {
  littleEndian: boolean;
  interfaces: InterfaceState[];
}

/** A block's body with its place in the file. */
interface Body {
  readonly view: DataView;
  readonly offset: number;
  readonly little: boolean;
}

interface Option {
  readonly code: number;
  readonly value: DataView;
}

const textOf = (view: DataView, from: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + from, length));

/** Options from `from` to the end of the body; a length that runs over ends the list with its offset. */
const optionsOf = (
  body: Body,
  from: number,
): { options: readonly Option[]; bad: number | null } => {
  const { view, little } = body;
  const options: Option[] = [];
  let at = from;
  while (at + 4 <= view.byteLength) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === END_OF_OPTIONS) break;
    if (at + 4 + length > view.byteLength) return { options, bad: body.offset + at };
    options.push({ code, value: new DataView(view.buffer, view.byteOffset + at + 4, length) });
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return { options, bad: null };
};

const itemsOfOptions = (found: ReturnType<typeof optionsOf>): readonly CaptureItem[] => {
  const comments = found.options
    .filter(({ code }) => code === OPTION_COMMENT)
    .map(({ value }) => ({ kind: 'comment' as const, text: textOf(value, 0, value.byteLength) }));
  return found.bad === null ? comments : [...comments, problemItem('option-length', found.bad)];
};

const wide = (view: DataView, at: number, little: boolean): number => {
  const [low, high] = little ? [at, at + 4] : [at + 4, at];
  return view.getUint32(high, little) * 2 ** 32 + view.getUint32(low, little);
};

const readInterface = (body: Body, section: Section): readonly CaptureItem[] => {
  const { view, little } = body;
  if (view.byteLength < 8) return [problemItem('block-length', body.offset)];
  const found = optionsOf(body, 8);
  const value = (wanted: number, length: number): DataView | undefined =>
    found.options.find(({ code, value }) => code === wanted && value.byteLength >= length)?.value;
  const resolution = value(IF_TSRESOL, 1)?.getUint8(0) ?? 6;
  const perSecond = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
  const offset = value(IF_TSOFFSET, 8)?.getBigInt64(0, little) ?? 0n;
  section.interfaces.push({
    linkType: view.getUint16(0, little),
    snapLength: view.getUint32(4, little),
    ticksPerMillisecond: perSecond / 1000,
    offset: Number(offset) * 1000,
    dropped: 0,
  });
  return itemsOfOptions(found);
};

const bytesAt = (view: DataView, from: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + from, length);

const readEnhancedPacket = (body: Body, section: Section): readonly CaptureItem[] => {
  const { view, little } = body;
  if (view.byteLength < 20) return [problemItem('block-length', body.offset)];
  const source = section.interfaces[view.getUint32(0, little)];
  if (!source) return [problemItem('interface-unknown', body.offset)];
  const captured = view.getUint32(12, little);
  if (captured > view.byteLength - 20) return [problemItem('packet-length', body.offset + 12)];
  // The halves of the time are in the order high, low in either byte order.
  const ticks = view.getUint32(4, little) * 2 ** 32 + view.getUint32(8, little);
  const packet: CaptureItem = {
    kind: 'packet',
    at: ticks / source.ticksPerMillisecond + source.offset,
    linkType: source.linkType,
    bytes: bytesAt(view, 20, captured),
    length: view.getUint32(16, little),
  };
  const optionsAt = 20 + captured + ((4 - (captured % 4)) % 4);
  if (optionsAt + 4 > view.byteLength) return [packet];
  return [packet, ...itemsOfOptions(optionsOf(body, optionsAt))];
};

const readSimplePacket = (body: Body, section: Section): readonly CaptureItem[] => {
  const { view, little } = body;
  const source = section.interfaces[0];
  if (view.byteLength < 4) return [problemItem('block-length', body.offset)];
  if (!source) return [problemItem('interface-unknown', body.offset)];
  const length = view.getUint32(0, little);
  const cut = source.snapLength === 0 ? length : Math.min(length, source.snapLength);
  if (cut > view.byteLength - 4) return [problemItem('packet-length', body.offset)];
  const bytes = bytesAt(view, 4, cut);
  return [{ kind: 'packet', at: 0, linkType: source.linkType, bytes, length }];
};

const readSecrets = (body: Body): readonly CaptureItem[] => {
  const { view, little } = body;
  if (view.byteLength < 8) return [problemItem('block-length', body.offset)];
  if (view.getUint32(0, little) !== SECRETS_TLS) return [];
  const length = view.getUint32(4, little);
  if (length > view.byteLength - 8) return [problemItem('secrets-length', body.offset + 4)];
  const lines = textOf(view, 8, length).split(/\r?\n/).filter(Boolean);
  return [{ kind: 'tls-key-log', lines }];
};

const readStatistics = (body: Body, section: Section): readonly CaptureItem[] => {
  const { view, little } = body;
  if (view.byteLength < 12) return [problemItem('block-length', body.offset)];
  const source = section.interfaces[view.getUint32(0, little)];
  if (!source) return [problemItem('interface-unknown', body.offset)];
  const found = optionsOf(body, 12);
  const told = found.options.find(
    ({ code, value }) => code === ISB_IFDROP && value.byteLength >= 8,
  );
  if (!told) return itemsOfOptions(found);
  const total = wide(told.value, 0, little);
  const count = Math.max(0, total - source.dropped);
  source.dropped = total;
  return [{ kind: 'dropped', count }, ...itemsOfOptions(found)];
};

const readBody = (type: number, body: Body, section: Section): readonly CaptureItem[] => {
  switch (type) {
    case SECTION_HEADER:
      return itemsOfOptions(optionsOf(body, 16));
    case INTERFACE_DESCRIPTION:
      return readInterface(body, section);
    case ENHANCED_PACKET:
      return readEnhancedPacket(body, section);
    case SIMPLE_PACKET:
      return readSimplePacket(body, section);
    case INTERFACE_STATISTICS:
      return readStatistics(body, section);
    case DECRYPTION_SECRETS:
      return readSecrets(body);
    default:
      // Unknown blocks are to be skipped (draft-ietf-opsawg-pcapng section 3.1).
      return [];
  }
};

/** A section header tells the byte order of what follows, its own length included. */
const enterSection = (view: DataView, section: Section, offset: number): FrameStep | null => {
  if (view.byteLength < 12) return { kind: 'more' };
  const magic = view.getUint32(8, true);
  if (magic !== BYTE_ORDER_MAGIC && magic !== BYTE_ORDER_MAGIC_SWAPPED) {
    return stopAt('section-magic', offset + 8);
  }
  section.littleEndian = magic === BYTE_ORDER_MAGIC;
  section.interfaces = [];
  return null;
};

/** Reads blocks of a pcapng file (draft-ietf-opsawg-pcapng), either byte order. */
export const pcapngFrames = (): FrameReader => {
  const section: Section = { littleEndian: true, interfaces: [] };
  return (view, offset) => {
    if (view.byteLength < 8) return { kind: 'more' };
    // This block type reads the same in both byte orders.
    if (view.getUint32(0, true) === SECTION_HEADER) {
      const stop = enterSection(view, section, offset);
      if (stop) return stop;
    }
    const little = section.littleEndian;
    const type = view.getUint32(0, little);
    const length = view.getUint32(4, little);
    const least = type === SECTION_HEADER ? 28 : 12;
    if (length < least || length % 4 !== 0 || length > maxBlockLength) {
      return stopAt('block-length', offset + 4, `${length} bytes`);
    }
    if (view.byteLength < length) return { kind: 'more' };
    if (view.getUint32(length - 4, little) !== length) {
      return stopAt('block-trailer', offset + length - 4);
    }
    const body = new DataView(view.buffer, view.byteOffset + 8, length - 12);
    return {
      kind: 'frame',
      length,
      items: readBody(type, { view: body, offset: offset + 8, little }, section),
    };
  };
};
