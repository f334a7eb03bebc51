import { prepareSrtpKey } from '../../reference/core/rtp/srtp-tables.ts';
import { signed32, word16 } from './bytes-at.ts';
import type { CaptureProblemCode } from './capture-item.ts';
import type { GatherOptions, UdpFlowFacts } from './facts-model.ts';
import { createFlowTable, type FlowTable } from './flow-table.ts';
import { ipv4Text, ipv6Text } from './ip-address.ts';
import type { Moment } from './rtp-track.ts';
import {
  createStreamVerifier,
  type KeyCandidate,
  type KeyHints,
  type StreamVerifier,
  type VerifiedSink,
} from './srtp-verifier.ts';
import type { WireEndpoint } from './tcp-reassembly.ts';
import {
  newUdpFlow,
  rtpFieldsOf,
  ssrcOf,
  takeDatagram,
  udpFactsOf,
  type UdpFlow,
} from './udp-flow.ts';
import { shapeOf, shapes } from './udp-shape.ts';

const KEPT_BYTES = 256 * 1024 * 1024;
/** Flows kept apart in all. */
const MAX_FLOWS = 50_000;
/** RTP and RTCP sources kept apart between two ports; what is encrypted otherwise looks like many. */
const MAX_SOURCES = 64;
/** Words of a key behind the addresses: ports, shape, source number. */
const FURTHER_WORDS = 3;
/** What stands for the source number in the flow of sources that are too many. */
const CROWD = 1;

/** Sorts datagrams into flows by addresses, ports and SSRC. */
export interface UdpFlows {
  /**
   * Takes a UDP header at `headerAt` with its payload up to `to`; both addresses, of 4 or 16 bytes each, are at `addressAt` of
   * `addresses`. Returns the datagram's shape.
   */
  add(
    addresses: Uint8Array,
    addressAt: number,
    addressLength: number,
    bytes: Uint8Array,
    headerAt: number,
    to: number,
    moment: Moment,
  ): number;
  facts(): readonly UdpFlowFacts[];
}

const endpointOf = (bytes: Uint8Array, at: number, length: number, port: number): WireEndpoint => ({
  host: length === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at),
  port,
});

/** Makes the verifiers that flows need; none without keys. */
const verifierMaker = ({ srtpKeys, audio }: GatherOptions) => {
  const anySource = srtpKeys?.every(({ ssrc }) => ssrc === undefined) ?? true;
  const all = (srtpKeys ?? []).map((key, index) => ({
    ssrc: key.ssrc,
    candidate: { index, key: prepareSrtpKey(key) } satisfies KeyCandidate,
  }));
  const everyCandidate = all.map(({ candidate }) => candidate);
  const hints: KeyHints = new Map();
  return (
    shape: number,
    ssrc: number,
    source: WireEndpoint,
    destination: WireEndpoint,
  ): StreamVerifier | null => {
    if (!srtpKeys || (shape !== shapes.rtp && shape !== shapes.rtcp)) return null;
    const candidates = anySource
      ? everyCandidate
      : all
          .filter((key) => key.ssrc === undefined || key.ssrc === ssrc)
          .map(({ candidate }) => candidate);
    if (candidates.length === 0) return null;
    const told = { candidates, ssrc, hints };
    if (shape === shapes.rtcp) return createStreamVerifier({ ...told, protocol: 'rtcp' });
    const take: VerifiedSink = (at, payload, packet) =>
      audio?.take({ source, destination, ssrc, at, payload, ...rtpFieldsOf(packet) });
    return createStreamVerifier({ ...told, protocol: 'rtp', take });
  };
};

/** Counts sources between two ports. */
const createCrowdWatch = () => {
  const counts = new Map<string, number>();
  return (source: WireEndpoint, destination: WireEndpoint): boolean => {
    const between = `${source.host} ${source.port} ${destination.host} ${destination.port}`;
    const count = (counts.get(between) ?? 0) + 1;
    counts.set(between, count);
    return count > MAX_SOURCES;
  };
};

/** Flows as they come, and what each is once all are seen; `exceeded` is told of each datagram of a flow too many. */
export const createUdpFlows = (
  options: GatherOptions,
  exceeded: (code: CaptureProblemCode, detail: string) => void,
): UdpFlows => {
  const tables = { 4: createFlowTable(2 + FURTHER_WORDS), 16: createFlowTable(8 + FURTHER_WORDS) };
  const flows: UdpFlow[] = [];
  const verifierFor = verifierMaker(options);
  const isCrowded = createCrowdWatch();
  const keptBytes = options.keptBytes ?? KEPT_BYTES;
  let kept = 0;

  const keep = (
    flow: UdpFlow,
    bytes: Uint8Array,
    from: number,
    to: number,
    { at }: Moment,
  ): void => {
    kept += to - from;
    // A copy: the packet's own memory is the reader's.
    flow.datagrams.push({ at, bytes: bytes.slice(from, to) });
  };

  const begin = (
    table: FlowTable,
    source: WireEndpoint,
    destination: WireEndpoint,
    shape: number,
    ssrc: number,
    at: number,
  ): UdpFlow | null => {
    if (flows.length >= MAX_FLOWS) {
      exceeded('limit-udp-flows', `more than ${MAX_FLOWS} UDP flows`);
      return null;
    }
    const isSource = shape === shapes.rtp || shape === shapes.rtcp;
    const crowded = isSource && isCrowded(source, destination);
    if (crowded) {
      const { key } = table;
      key[key.length - 2] = shapes.none;
      key[key.length - 1] = CROWD;
      const number = table.find();
      if (number >= 0) return flows[number] ?? null;
    }
    const verifier = crowded ? null : verifierFor(shape, ssrc, source, destination);
    const told = { source, destination, shape: crowded ? shapes.none : shape, ssrc };
    const flow = newUdpFlow({ ...told, crowded, verifier }, at);
    table.add(flows.length);
    flows.push(flow);
    return flow;
  };

  return {
    add: (addresses, addressAt, addressLength, bytes, headerAt, to, moment) => {
      const from = headerAt + 8;
      const shape = shapeOf(bytes, from, to);
      const ssrc = ssrcOf(shape, bytes, from);
      const table = addressLength === 4 ? tables[4] : tables[16];
      const { key, find } = table;
      const words = addressLength >> 1;
      for (let word = 0; word < words; word += 1)
        key[word] = signed32(addresses, addressAt + word * 4);
      key[words] = signed32(bytes, headerAt);
      key[words + 1] = shape;
      key[words + 2] = ssrc;
      const number = find();
      let flow = number < 0 ? null : (flows[number] ?? null);
      if (!flow) {
        const sourcePort = word16(bytes, headerAt);
        const destinationPort = word16(bytes, headerAt + 2);
        const source = endpointOf(addresses, addressAt, addressLength, sourcePort);
        const destinationAt = addressAt + addressLength;
        const destination = endpointOf(addresses, destinationAt, addressLength, destinationPort);
        flow = begin(table, source, destination, shape, ssrc >>> 0, moment.at);
      }
      if (!flow) return shape;
      takeDatagram(flow, bytes, from, to, moment);
      if (kept + to - from <= keptBytes) keep(flow, bytes, from, to, moment);
      else flow.notKept += 1;
      return shape;
    },
    facts: () => udpFactsOf(flows, options.srtpKeys !== undefined),
  };
};
