import { word16 } from './bytes-at.ts';
import { linkTypes, type PacketView } from './capture-item.ts';
import { clearLinesOf, namesProtocol, type ClearLine } from './clear.ts';
import type { ClearTextFacts } from './facts-model.ts';
import { createFragmentReassembler } from './fragments.ts';
import { readIp, reassembled, type IpPacket } from './ip.ts';
import { ipv4Text, ipv6Text } from './ip-address.ts';
import { readLink, type LinkReading } from './link.ts';
import { createTwinWatch } from './loopback-twins.ts';
import type { Moment } from './rtp-track.ts';
import type { Tally } from './tally.ts';
import type { TcpPacket } from './tcp-reassembly.ts';
import { parseTcp, parseUdp } from './transport.ts';
import type { UdpFlows } from './udp-flows.ts';
import { shapes } from './udp-shape.ts';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;
const UDP_HEADER = 8;
const PLAIN_IPV4 = 0x45;
const PLAIN_IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Where packets go by what they carry. */
export interface Destinations {
  readonly udp: UdpFlows;
  readonly tcp: { segment(packet: TcpPacket): void };
  readonly tally: Tally;
  readonly clear: (line: ClearLine, where: Omit<ClearTextFacts, 'line'>) => void;
}

/** Counts of a capture's packets; times are those of the first and last, null before the first. */
export interface PacketCounts {
  packets: number;
  cut: number;
  loopbackTwins: number;
  startedAt: number | null;
  endedAt: number | null;
}

/** Reads packets down to their transport protocol. */
export interface PacketDispatch {
  readonly packet: (view: PacketView) => void;
  end(): void;
  readonly counts: PacketCounts;
  /** Whether a loopback interface showed each packet twice. */
  isDoubled(): boolean;
}

type Place = Pick<ClearTextFacts, 'at' | 'from' | 'to'>;

/** Raw addresses of an IP packet, as flows are keyed by them, for packets that come the long way. */
const addressesOf = (bytes: Uint8Array): { bytes: Uint8Array; length: number } =>
  (bytes[0] ?? 0) >> 4 === 6
    ? { bytes: bytes.slice(8, 40), length: 16 }
    : { bytes: bytes.slice(12, 20), length: 4 };

/** A dispatcher; with `dropTwins` the second sights of loopback packets are left out. */
export const createPacketDispatch = (to: Destinations, dropTwins: boolean): PacketDispatch => {
  const { udp, tcp, tally } = to;
  const link: LinkReading = { etherType: 0, offset: 0, fault: null };
  const twins = createTwinWatch();
  const fragments = createFragmentReassembler(tally);
  const counts: PacketCounts = {
    packets: 0,
    cut: 0,
    loopbackTwins: 0,
    startedAt: null,
    endedAt: null,
  };
  const moment = { at: 0 };

  const other = (what: string): void => tally.add(what, `packet ${counts.packets}`);

  const clearLines = (payload: Uint8Array, place: Place): void => {
    for (const line of clearLinesOf(payload)) to.clear(line, { ...place, transport: 'udp' });
  };

  /** A UDP datagram in a packet without options or extensions; false where the long way has to look at it. */
  const fastUdp = (
    bytes: Uint8Array,
    addressAt: number,
    addressLength: number,
    headerAt: number,
    end: number,
    moment: Moment,
  ): boolean => {
    const length = word16(bytes, headerAt + 4);
    const payloadEnd = headerAt + length;
    if (length < UDP_HEADER || payloadEnd > end) return false;
    const shape = udp.add(bytes, addressAt, addressLength, bytes, headerAt, payloadEnd, moment);
    // What begins like a media packet is none of a text protocol's.
    if (shape === shapes.none && namesProtocol(bytes, headerAt + UDP_HEADER, payloadEnd)) {
      const text = addressLength === 4 ? ipv4Text : ipv6Text;
      clearLines(bytes.subarray(headerAt + UDP_HEADER, payloadEnd), {
        at: moment.at,
        from: { host: text(bytes, addressAt), port: word16(bytes, headerAt) },
        to: { host: text(bytes, addressAt + addressLength), port: word16(bytes, headerAt + 2) },
      });
    }
    return true;
  };

  const fastIpv4 = (bytes: Uint8Array, from: number, end: number, moment: Moment): boolean => {
    const headerAt = from + PLAIN_IPV4_HEADER;
    if (headerAt + UDP_HEADER > end || bytes[from] !== PLAIN_IPV4 || bytes[from + 9] !== UDP)
      return false;
    const total = word16(bytes, from + 2);
    if (total < PLAIN_IPV4_HEADER || (word16(bytes, from + 6) & 0x3fff) !== 0) return false;
    return fastUdp(bytes, from + 12, 4, headerAt, Math.min(from + total, end), moment);
  };

  const fastIpv6 = (bytes: Uint8Array, from: number, end: number, moment: Moment): boolean => {
    const headerAt = from + IPV6_HEADER;
    if (headerAt + UDP_HEADER > end || bytes[from + 6] !== UDP) return false;
    const told = headerAt + word16(bytes, from + 4);
    return (
      (bytes[from] ?? 0) >> 4 === 6 &&
      fastUdp(bytes, from + 8, 16, headerAt, Math.min(told, end), moment)
    );
  };

  const slowUdp = (addresses: Uint8Array, length: number, packet: IpPacket, at: number): void => {
    const { payload, source, destination } = packet;
    const datagram = parseUdp(payload);
    if (!datagram.ok) {
      tally.add(datagram.error.code, `${source} to ${destination}`);
      return;
    }
    const end = UDP_HEADER + datagram.value.payload.length;
    const shape = udp.add(addresses, 0, length, payload, 0, end, { at });
    if (shape !== shapes.none) return;
    const { sourcePort, destinationPort } = datagram.value;
    clearLines(datagram.value.payload, {
      at,
      from: { host: source, port: sourcePort },
      to: { host: destination, port: destinationPort },
    });
  };

  const deliver = (ipBytes: Uint8Array, packet: IpPacket, at: number): void => {
    const { source, destination, protocol, payload } = packet;
    if (protocol === UDP) {
      const addresses = addressesOf(ipBytes);
      slowUdp(addresses.bytes, addresses.length, packet, at);
    } else if (protocol === TCP) {
      const segment = parseTcp(payload);
      if (segment.ok) tcp.segment({ source, destination, at, segment: segment.value });
      else tally.add(segment.error.code, `${source} to ${destination}`);
    } else other(`ip protocol ${protocol}`);
  };

  const takeIp = (ipBytes: Uint8Array, at: number): void => {
    const packet = readIp(ipBytes);
    if (!packet.ok) {
      other(packet.error.code);
      return;
    }
    if (!packet.value.fragment) {
      deliver(ipBytes, packet.value, at);
      return;
    }
    const complete = fragments.add(packet.value, at);
    if (!complete) return;
    const whole = reassembled(complete.first, complete.payload);
    if (whole.ok) deliver(ipBytes, whole.value, at);
    else other(whole.error.code);
  };

  const packet = (view: PacketView): void => {
    const { bytes, from, to: end } = view;
    counts.packets += 1;
    if (end - from < view.length) counts.cut += 1;
    if (counts.packets === 1) counts.startedAt = view.at;
    moment.at = view.at;
    const { linkType } = view;
    // The usual frame, without tags.
    if (linkType === linkTypes.ethernet && end - from >= 14 && word16(bytes, from + 12) === IPV4) {
      link.etherType = IPV4;
      link.offset = 14;
      link.fault = null;
    } else readLink(link, linkType, bytes, from, end);
    if (link.fault !== null) {
      other(`${link.fault} ${linkType}`);
      return;
    }
    const network = from + link.offset;
    if (twins.isTwin(view, network) && dropTwins) {
      counts.loopbackTwins += 1;
      return;
    }
    const { etherType } = link;
    if (etherType === IPV4) {
      if (!fastIpv4(bytes, network, end, moment)) takeIp(bytes.subarray(network, end), view.at);
    } else if (etherType === IPV6) {
      if (!fastIpv6(bytes, network, end, moment)) takeIp(bytes.subarray(network, end), view.at);
    } else other(`ethertype 0x${etherType.toString(16).padStart(4, '0')}`);
  };

  return {
    packet,
    end: () => {
      fragments.end();
      if (counts.packets > 0) counts.endedAt = moment.at;
    },
    counts,
    isDoubled: twins.isDoubled,
  };
};
