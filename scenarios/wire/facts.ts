import type { CapturedPacket, CaptureItem } from './capture-item.ts';
import { captureChunks, createCaptureReader } from './capture-reader.ts';
import { clearLinesOf, type ClearLine } from './clear.ts';
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

/** A gatherer that has seen nothing yet. */
export const createFactsGatherer = (options: GatherOptions): FactsGatherer => {
  const tally = createTally();
  const keyLog = createKeyLog();
  keyLog.add(options.tlsKeyLog ?? []);
  const udp = createUdpFlows(options.keptBytes ?? KEPT_BYTES);
  const clearSip: ClearTextFacts[] = [];
  const clearHttp: ClearTextFacts[] = [];
  const clear = ({ protocol, line }: ClearLine, where: Omit<ClearTextFacts, 'line'>): void => {
    (protocol === 'sip' ? clearSip : clearHttp).push({ ...where, line });
  };
  const lists = { sessions: [], sipMessages: [], httpMessages: [] };
  const findings: TcpFindings = { options, keyLog, tally, clear, ...lists };
  const tcp = createTcpReassembler((connection) => openConnection(connection, findings));
  const problems: Mutable<WireFacts>['problems'][number][] = [];
  const comments: string[] = [];
  const counts: Counts = { packets: 0, cut: 0, dropped: 0, startedAt: null, endedAt: null };

  const takeUdp = (packet: IpPacket, at: number): void => {
    const datagram = parseUdp(packet.payload);
    if (!datagram.ok) {
      tally.add(datagram.error.code, `${packet.source} to ${packet.destination}`);
      return;
    }
    const { sourcePort, destinationPort, payload } = datagram.value;
    const from = { host: packet.source, port: sourcePort };
    const to = { host: packet.destination, port: destinationPort };
    udp.add(from, to, at, payload);
    for (const line of clearLinesOf(payload)) clear(line, { at, from, to, transport: 'udp' });
  };
  const takeTcp = ({ source, destination, payload }: IpPacket, at: number): void => {
    const segment = parseTcp(payload);
    if (segment.ok) tcp.segment({ source, destination, at, segment: segment.value });
    else tally.add(segment.error.code, `${source} to ${destination}`);
  };
  const takePacket = ({ linkType, bytes, at, length }: CapturedPacket): void => {
    counts.packets += 1;
    if (bytes.length < length) counts.cut += 1;
    counts.startedAt ??= at;
    counts.endedAt = at;
    const number = `packet ${counts.packets}`;
    const link = parseLink(linkType, bytes);
    if (!link.ok) {
      tally.add(`${link.error.code} ${linkType}`, number);
      return;
    }
    const { etherType, offset } = link.value;
    if (etherType !== IPV4 && etherType !== IPV6) {
      tally.add(`ethertype 0x${etherType.toString(16).padStart(4, '0')}`, number);
      return;
    }
    const packet = parseIp(bytes.subarray(offset));
    if (!packet.ok) tally.add(packet.error.code, number);
    else if (packet.value.protocol === UDP) takeUdp(packet.value, at);
    else if (packet.value.protocol === TCP) takeTcp(packet.value, at);
    else tally.add(`ip protocol ${packet.value.protocol}`, number);
  };

  return {
    take: (item) => {
      switch (item.kind) {
        case 'packet':
          takePacket(item);
          break;
        case 'tls-key-log':
          keyLog.add(item.lines);
          break;
        case 'comment':
          comments.push(item.text);
          break;
        case 'dropped':
          counts.dropped += item.count;
          break;
        case 'problem':
          problems.push(item.problem);
          break;
      }
    },
    finish: () => {
      tcp.end();
      return {
        problems,
        comments,
        ...counts,
        tlsSessions: findings.sessions.map((facts) => facts()),
        sipMessages: findings.sipMessages.sort((left, right) => left.at - right.at),
        httpMessages: findings.httpMessages.sort((left, right) => left.at - right.at),
        clearSip,
        clearHttp,
        udpFlows: udp.facts(),
        other: tally.list(),
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
