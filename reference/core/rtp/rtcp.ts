import { concat, utf8 } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';

/** Why bytes are not a compound RTCP packet (RFC 3550 section 6.1 and appendix A.2). */
export type RtcpRefusal =
  | 'too-short'
  | 'not-rtcp'
  | 'first-packet'
  | 'length'
  | 'padding'
  | 'report'
  | 'description'
  | 'goodbye';

/** One report block (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** 8 bits: packets lost since the previous report, in 1/256. */
  readonly fractionLost: number;
  /** 24 bits, signed. */
  readonly cumulativeLost: number;
  /** 32 bits: cycles, then sequence number. */
  readonly highestSequence: number;
  /** 32 bits, in samples. */
  readonly jitter: number;
  /** Middle 32 bits of the last sender report's time stamp, 0 if none. */
  readonly lastSenderReport: number;
  /** In 1/65536 seconds. */
  readonly delaySinceLastSenderReport: number;
}

/** A sender report (RFC 3550 section 6.4.1). */
export interface SenderReport {
  readonly type: 'sender-report';
  readonly ssrc: number;
  /** Seconds since 1900. */
  readonly ntpSeconds: number;
  /** In 1/2^32 seconds. */
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  /** Payload bytes sent. */
  readonly octetCount: number;
  readonly reports: readonly ReportBlock[];
  /** A multiple of 4 bytes behind the report blocks. */
  readonly extension: Uint8Array;
}

/** A receiver report (RFC 3550 section 6.4.2). */
export interface ReceiverReport {
  readonly type: 'receiver-report';
  readonly ssrc: number;
  readonly reports: readonly ReportBlock[];
  readonly extension: Uint8Array;
}

/** One item of a source description (RFC 3550 section 6.5). */
export interface DescriptionItem {
  /** 1 is CNAME. */
  readonly item: number;
  /** At most 255 bytes. */
  readonly text: Uint8Array;
}

/** Source descriptions (RFC 3550 section 6.5). */
export interface SourceDescription {
  readonly type: 'source-description';
  readonly chunks: readonly { readonly ssrc: number; readonly items: readonly DescriptionItem[] }[];
}

/** Sources that leave (RFC 3550 section 6.6). */
export interface Goodbye {
  readonly type: 'goodbye';
  readonly sources: readonly number[];
  /** At most 255 bytes, null when absent. */
  readonly reason: Uint8Array | null;
}

/** A packet of another type, its body kept as received. */
export interface OtherRtcp {
  readonly type: 'other';
  /** 8 bits. */
  readonly packetType: number;
  /** The 5 bits behind version and padding. */
  readonly count: number;
  /** A multiple of 4 bytes. */
  readonly body: Uint8Array;
}

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | OtherRtcp;

type Parsed<Packet> = Result<Packet, Fault<RtcpRefusal>>;

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const CNAME = 1;
const REPORT_BLOCK = 24;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const parseReports = (body: Uint8Array, count: number): ReportBlock[] => {
  const view = viewOf(body);
  return Array.from({ length: count }, (_, index) => {
    const at = index * REPORT_BLOCK;
    return {
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      cumulativeLost: (view.getInt32(at + 4) << 8) >> 8,
      highestSequence: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      delaySinceLastSenderReport: view.getUint32(at + 20),
    };
  });
};

const parseReport = (
  body: Uint8Array,
  count: number,
  offset: number,
  sender: boolean,
): Parsed<SenderReport | ReceiverReport> => {
  const blocksAt = sender ? 24 : 4;
  const blocksEnd = blocksAt + count * REPORT_BLOCK;
  if (body.length < blocksEnd) return fault('report', offset);
  const view = viewOf(body);
  const ssrc = view.getUint32(0);
  const reports = parseReports(body.subarray(blocksAt), count);
  const extension = body.slice(blocksEnd);
  if (!sender) return ok({ type: 'receiver-report', ssrc, reports, extension });
  return ok({
    type: 'sender-report',
    ssrc,
    ntpSeconds: view.getUint32(4),
    ntpFraction: view.getUint32(8),
    rtpTimestamp: view.getUint32(12),
    packetCount: view.getUint32(16),
    octetCount: view.getUint32(20),
    reports,
    extension,
  });
};

const roundUp = (length: number): number => Math.ceil(length / 4) * 4;

const parseDescription = (
  body: Uint8Array,
  count: number,
  offset: number,
): Parsed<SourceDescription> => {
  const chunks: SourceDescription['chunks'][number][] = [];
  let at = 0;
  for (let chunk = 0; chunk < count; chunk += 1) {
    if (body.length < at + 8) return fault('description', offset + at);
    const ssrc = viewOf(body).getUint32(at);
    const items: DescriptionItem[] = [];
    at += 4;
    for (let item = body[at]; item !== 0; item = body[at]) {
      const length = body[at + 1];
      if (item === undefined || length === undefined || body.length <= at + 2 + length)
        return fault('description', offset + at);
      items.push({ item, text: body.slice(at + 2, at + 2 + length) });
      at += 2 + length;
    }
    const end = roundUp(at + 1);
    if (body.subarray(at, end).some((byte) => byte !== 0)) return fault('description', offset + at);
    at = end;
    chunks.push({ ssrc, items });
  }
  return at === body.length
    ? ok({ type: 'source-description', chunks })
    : fault('description', offset + at);
};

const parseGoodbye = (body: Uint8Array, count: number, offset: number): Parsed<Goodbye> => {
  const reasonAt = 4 * count;
  if (body.length < reasonAt) return fault('goodbye', offset);
  const sources = Array.from({ length: count }, (_, index) => viewOf(body).getUint32(4 * index));
  const length = body[reasonAt];
  if (length === undefined) return ok({ type: 'goodbye', sources, reason: null });
  const end = reasonAt + 1 + length;
  if (roundUp(end) !== body.length || body.subarray(end).some((byte) => byte !== 0))
    return fault('goodbye', offset + reasonAt);
  return ok({ type: 'goodbye', sources, reason: body.slice(reasonAt + 1, end) });
};

const parseOne = (
  packetType: number,
  count: number,
  body: Uint8Array,
  offset: number,
): Parsed<RtcpPacket> => {
  if (packetType === SENDER_REPORT || packetType === RECEIVER_REPORT)
    return parseReport(body, count, offset, packetType === SENDER_REPORT);
  if (packetType === SOURCE_DESCRIPTION) return parseDescription(body, count, offset);
  if (packetType === GOODBYE) return parseGoodbye(body, count, offset);
  return ok({ type: 'other', packetType, count, body: body.slice() });
};

/**
 * Reads a compound packet, which begins with a report (RFC 3550 appendix A.2); only its last packet may be padded, and the
 * padding is dropped. Offsets are those of the packet or part that is wrong.
 */
export const parseRtcp = (bytes: Uint8Array): Parsed<readonly RtcpPacket[]> => {
  if (bytes.length < 8) return fault('too-short', bytes.length);
  const view = viewOf(bytes);
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length < at + 4) return fault('length', at);
    const first = view.getUint8(at);
    const packetType = view.getUint8(at + 1);
    if (first >> 6 !== 2) return fault('not-rtcp', at);
    if (at === 0 && packetType !== SENDER_REPORT && packetType !== RECEIVER_REPORT)
      return fault('first-packet', 1);
    const end = at + 4 + 4 * view.getUint16(at + 2);
    if (end > bytes.length) return fault('length', at + 2);
    const padded = (first & 0x20) !== 0;
    const padding = padded ? view.getUint8(end - 1) : 0;
    if (
      padded &&
      (end !== bytes.length || padding === 0 || padding % 4 !== 0 || padding > end - at - 4)
    )
      return fault('padding', at);
    const body = bytes.subarray(at + 4, end - padding);
    const packet = parseOne(packetType, first & 0x1f, body, at + 4);
    if (!packet.ok) return packet;
    packets.push(packet.value);
    at = end;
  }
  return ok(packets);
};

const words = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, index) => viewOf(bytes).setUint32(4 * index, value));
  return bytes;
};

const padToWord = (bytes: Uint8Array): Uint8Array =>
  concat(bytes, new Uint8Array(roundUp(bytes.length) - bytes.length));

const serializeReports = (reports: readonly ReportBlock[]): Uint8Array =>
  concat(
    ...reports.map((report) =>
      words(
        report.ssrc,
        ((report.fractionLost << 24) | (report.cumulativeLost & 0xffffff)) >>> 0,
        report.highestSequence,
        report.jitter,
        report.lastSenderReport,
        report.delaySinceLastSenderReport,
      ),
    ),
  );

const frame = (packetType: number, count: number, body: Uint8Array): Uint8Array =>
  concat(words((((0x80 | count) << 24) | (packetType << 16) | (body.length / 4)) >>> 0), body);

const serializeOne = (packet: RtcpPacket): Uint8Array => {
  switch (packet.type) {
    case 'sender-report': {
      const { ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount } = packet;
      const sender = words(ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount);
      const body = concat(sender, serializeReports(packet.reports), packet.extension);
      return frame(SENDER_REPORT, packet.reports.length, body);
    }
    case 'receiver-report': {
      const body = concat(words(packet.ssrc), serializeReports(packet.reports), packet.extension);
      return frame(RECEIVER_REPORT, packet.reports.length, body);
    }
    case 'source-description': {
      const chunks = packet.chunks.map(({ ssrc, items }) => {
        const parts = items.map(({ item, text }) => concat(Uint8Array.of(item, text.length), text));
        return padToWord(concat(words(ssrc), ...parts, Uint8Array.of(0)));
      });
      return frame(SOURCE_DESCRIPTION, chunks.length, concat(...chunks));
    }
    case 'goodbye': {
      const { sources, reason } = packet;
      const text =
        reason === null ? new Uint8Array(0) : concat(Uint8Array.of(reason.length), reason);
      return frame(GOODBYE, sources.length, concat(words(...sources), padToWord(text)));
    }
    case 'other':
      return frame(packet.packetType, packet.count, packet.body);
  }
};

/** Writes a compound packet without padding; fields keep the ranges their types name, and lists at most 31 entries. */
export const serializeRtcp = (packets: readonly RtcpPacket[]): Uint8Array =>
  concat(...packets.map(serializeOne));

/** A source description with the one item that every compound packet carries (RFC 3550 section 6.5.1). */
export const canonicalName = (ssrc: number, cname: string): SourceDescription => ({
  type: 'source-description',
  chunks: [{ ssrc, items: [{ item: CNAME, text: utf8(cname) }] }],
});
