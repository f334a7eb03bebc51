import type { CapturedPacket, CaptureItem } from './capture-item.ts';
import { captureChunks, createCaptureReader } from './capture-reader.ts';
import { clearLinesOf } from './clear.ts';
import type { ClearTextFacts, GatherOptions, WireFacts } from './facts-model.ts';
import { parseIp, type IpPacket } from './ip.ts';
import { parseLink } from './link.ts';
import { createTally } from './tally.ts';
import { openConnection, type TcpFindings } from './tcp-facts.ts';
import { createTcpReassembler } from './tcp-reassembly.ts';
import { createKeyLog } from './tls/key-log.ts';
import { parseTcp, parseUdp } from './transport.ts';
import { createUdpFlows } from './udp-flows.ts';

const KEPT_BYTES = 256 * 1024 * 1024;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;

/** Takes a capture's items one by one, in order, and says at the end what they showed; holds facts, never the capture. */
export interface FactsGatherer {
  take(item: CaptureItem): void;
  finish(): WireFacts;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Counts = Mutable<Pick<WireFacts, 'packets' | 'cut' | 'dropped' | 'startedAt' | 'endedAt'>>;

/** What grows while a capture is read. */
interface Gathering {
  readonly counts: Counts;
  readonly findings: TcpFindings;
  readonly tcp: ReturnType<typeof createTcpReassembler>;
  readonly udp: ReturnType<typeof createUdpFlows>;
  readonly clearSip: ClearTextFacts[];
  readonly clearHttp: ClearTextFacts[];
  readonly comments: string[];
  readonly problems: WireFacts['problems'][number][];
}

const newGathering = (options: GatherOptions): Gathering => {
  const keyLog = createKeyLog();
  keyLog.add(options.tlsKeyLog ?? []);
  const clearSip: ClearTextFacts[] = [];
  const clearHttp: ClearTextFacts[] = [];
  const findings: TcpFindings = {
    options,
    keyLog,
    tally: createTally(),
    sessions: [],
    sipMessages: [],
    httpMessages: [],
    clear: ({ protocol, line }, where) => {
      (protocol === 'sip' ? clearSip : clearHttp).push({ ...where, line });
    },
  };
  return {
    counts: { packets: 0, cut: 0, dropped: 0, startedAt: null, endedAt: null },
    findings,
    tcp: createTcpReassembler((connection) => openConnection(connection, findings)),
    udp: createUdpFlows(options.keptBytes ?? KEPT_BYTES),
    clearSip,
    clearHttp,
    comments: [],
    problems: [],
  };
};

const takeUdp = ({ udp, findings }: Gathering, packet: IpPacket, at: number): void => {
  const datagram = parseUdp(packet.payload);
  if (!datagram.ok) {
    findings.tally.add(datagram.error.code, `${packet.source} to ${packet.destination}`);
    return;
  }
  const { sourcePort, destinationPort, payload } = datagram.value;
  const from = { host: packet.source, port: sourcePort };
  const to = { host: packet.destination, port: destinationPort };
  udp.add(from, to, at, payload);
  for (const line of clearLinesOf(payload)) {
    findings.clear(line, { at, from, to, transport: 'udp' });
  }
};

const takeTcp = ({ tcp, findings }: Gathering, packet: IpPacket, at: number): void => {
  const { source, destination } = packet;
  const segment = parseTcp(packet.payload);
  if (segment.ok) tcp.segment({ source, destination, at, segment: segment.value });
  else findings.tally.add(segment.error.code, `${source} to ${destination}`);
};

const takePacket = (gathering: Gathering, packet: CapturedPacket): void => {
  const { linkType, bytes, at, length } = packet;
  const { counts, findings } = gathering;
  counts.packets += 1;
  if (bytes.length < length) counts.cut += 1;
  counts.startedAt ??= at;
  counts.endedAt = at;
  const other = (what: string): void => findings.tally.add(what, `packet ${counts.packets}`);
  const link = parseLink(linkType, bytes);
  if (!link.ok) {
    other(`${link.error.code} ${linkType}`);
    return;
  }
  const { etherType, offset } = link.value;
  if (etherType !== IPV4 && etherType !== IPV6) {
    other(`ethertype 0x${etherType.toString(16).padStart(4, '0')}`);
    return;
  }
  const ip = parseIp(bytes.subarray(offset));
  if (!ip.ok) other(ip.error.code);
  else if (ip.value.protocol === UDP) takeUdp(gathering, ip.value, at);
  else if (ip.value.protocol === TCP) takeTcp(gathering, ip.value, at);
  else other(`ip protocol ${ip.value.protocol}`);
};

const takeItem = (gathering: Gathering, item: CaptureItem): void => {
  switch (item.kind) {
    case 'packet':
      takePacket(gathering, item);
      break;
    case 'tls-key-log':
      gathering.findings.keyLog.add(item.lines);
      break;
    case 'comment':
      gathering.comments.push(item.text);
      break;
    case 'dropped':
      gathering.counts.dropped += item.count;
      break;
    case 'problem':
      gathering.problems.push(item.problem);
      break;
  }
};

/** A gatherer that has seen nothing yet. */
export const createFactsGatherer = (options: GatherOptions): FactsGatherer => {
  const gathering = newGathering(options);
  return {
    take: (item) => takeItem(gathering, item),
    finish: () => {
      const { findings, counts, clearSip, clearHttp, comments, problems } = gathering;
      gathering.tcp.end();
      return {
        problems,
        comments,
        ...counts,
        tlsSessions: findings.sessions.map((facts) => facts()),
        sipMessages: findings.sipMessages.sort((left, right) => left.at - right.at),
        httpMessages: findings.httpMessages.sort((left, right) => left.at - right.at),
        clearSip,
        clearHttp,
        udpFlows: gathering.udp.facts(),
        other: findings.tally.list(),
      };
    },
  };
};

/** Reads a capture (its bytes, or a file by its path) piece by piece and gathers what it shows. Broken captures give facts with problems; only a file that cannot be read at all rejects. */
export const gatherFacts = async (
  source: Uint8Array | string,
  options: GatherOptions,
): Promise<WireFacts> => {
  const reader = createCaptureReader();
  const gatherer = createFactsGatherer(options);
  for await (const chunk of captureChunks(source)) {
    for (const item of reader.push(chunk)) gatherer.take(item);
  }
  for (const item of reader.end()) gatherer.take(item);
  return gatherer.finish();
};
