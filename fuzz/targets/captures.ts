import { utf8 } from '../../reference/core/bytes.ts';
import type { CaptureItem } from '../../scenarios/wire/capture-item.ts';
import { createCaptureReader } from '../../scenarios/wire/capture-reader.ts';
import { createFactsGatherer } from '../../scenarios/wire/facts.ts';
import { createFragmentReassembler } from '../../scenarios/wire/fragments.ts';
import { createHttpReader, type HttpMessage } from '../../scenarios/wire/http.ts';
import { readIp, reassembled } from '../../scenarios/wire/ip.ts';
import { parseLink } from '../../scenarios/wire/link.ts';
import { createTally } from '../../scenarios/wire/tally.ts';
import { pcapFile } from '../../scenarios/wire/testing/packets.ts';
import { parseTcp, parseUdp } from '../../scenarios/wire/transport.ts';
import { captureFiles, frameLists, linkFrames, timed } from '../generators/captures.ts';
import {
  byteKinds,
  bytesOfCase,
  changedBytes,
  mutatedCases,
  piecesOf,
  seedOf,
  type MutatedCase,
} from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { pcapParserMissing, readByPcapParser } from '../oracles/pcap-parser.ts';
import { demand, sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const itemsOf = (pieces: readonly Uint8Array[]): readonly CaptureItem[] => {
  const reader = createCaptureReader();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
};

const kindOf = (item: CaptureItem): string =>
  item.kind === 'problem' ? item.problem.code : item.kind;

/** Longest packet that is read, bytes. */
const longest = 16 * 1024 * 1024;

/** Classic files are read by pcap-parser too, which knows microseconds alone and no limits. */
const comparePcapParser = (bytes: Uint8Array, items: readonly CaptureItem[]): string => {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  if (magic !== 'a1b2c3d4' && magic !== 'd4c3b2a1') return 'not compared';
  // Known difference: other versions than 2.4 are half refused there, others than 2.x here.
  const theirs = readByPcapParser(bytes);
  if (items.some((item) => kindOf(item) === 'capture-version') || theirs === null)
    return 'not compared';
  const ours = items.filter((item) => item.kind === 'packet');
  // Known difference: a packet too long to be kept ends the reading here.
  const kept = theirs.slice(0, theirs.findIndex(({ data }) => data.length > longest) >>> 0);
  sameValue(
    'differential: pcap-parser',
    kept.map(({ data, header: { timestampSeconds, timestampMicroseconds } }) => [
      data.toString('hex'),
      timestampSeconds * 1000 + timestampMicroseconds / 1000,
    ]),
    ours.map(({ bytes: packet, at }) => [Buffer.from(packet).toString('hex'), at]),
  );
  return 'agreed';
};

/** Capture files: pcap and pcapng, the same items in any chunks. */
export const captureFile: FuzzTarget<MutatedCase> = {
  name: 'capture',
  parsers: [
    'scenarios/wire/capture-reader.ts#createCaptureReader',
    'scenarios/wire/capture-scanner.ts#createCaptureScanner',
    'scenarios/wire/pcap-reader.ts#pcapScanner',
    'scenarios/wire/pcapng-reader.ts#pcapngScanner',
    'scenarios/wire/pcapng-blocks.ts#readPacket',
    'scenarios/wire/pcapng-blocks.ts#readBlock',
    'scenarios/wire/pcapng-options.ts#readOptions',
    'scenarios/wire/pcapng-plain-packets.ts#scanPlainPackets',
  ],
  missing: pcapParserMissing,
  cases: mutatedCases(captureFiles.length),
  check: (made) => {
    const bytes = bytesOfCase(captureFiles, made);
    const items = itemsOf([bytes]);
    sameValue('the same items however cut', items, itemsOf(piecesOf(bytes, seedOf(made))));
    const held = items.reduce(
      (sum, item) => sum + (item.kind === 'packet' ? item.bytes.length : 0),
      0,
    );
    demand(
      'packets are no more than the file',
      held <= bytes.length,
      `${bytes.length}`,
      () => held,
    );
    return [...items.map(kindOf), comparePcapParser(bytes, items)];
  },
  reaches:
    'packet tls-key-log comment dropped agreed capture-empty capture-format capture-version capture-truncated block-length block-trailer section-magic interface-unknown packet-length option-length secrets-length'
      .split(' ')
      .filter((shape) => shape !== 'agreed' || pcapParserMissing.length === 0),
  file: (made) => ({ extension: 'pcapng', bytes: bytesOfCase(captureFiles, made) }),
};

const linkBases = linkFrames.map(([, frame]) => frame);

const codeOf = (
  result: { readonly ok: true } | { readonly ok: false; readonly error: { readonly code: string } },
): string => (result.ok ? 'ok' : result.error.code);

/** Packets from the link layer to UDP and TCP. */
export const packets: FuzzTarget<MutatedCase> = {
  name: 'packets',
  parsers: [
    'scenarios/wire/link.ts#parseLink',
    'scenarios/wire/link.ts#readLink',
    'scenarios/wire/ip.ts#readIp',
    'scenarios/wire/ip.ts#reassembled',
    'scenarios/wire/transport.ts#parseUdp',
    'scenarios/wire/transport.ts#parseTcp',
    'scenarios/wire/fragments.ts#createFragmentReassembler',
  ],
  cases: mutatedCases(linkBases.length),
  check: (made) => {
    const bytes = bytesOfCase(linkBases, made);
    const [linkType = 0] = linkFrames[made.base] ?? [];
    const link = parseLink(made.mutations.length > 3 ? made.base : linkType, bytes);
    const packet = readIp(link.ok ? bytes.subarray(link.value.offset) : bytes);
    const shapes = [`link ${codeOf(link)}`, `ip ${codeOf(packet)}`];
    if (!packet.ok) return shapes;
    const { payload, fragment } = packet.value;
    demand(
      'a payload is inside the packet',
      payload.length <= bytes.length,
      '',
      () => payload.length,
    );
    shapes.push(`udp ${codeOf(parseUdp(payload))}`, `tcp ${codeOf(parseTcp(payload))}`);
    if (fragment) shapes.push('fragment');
    shapes.push(`whole ${codeOf(reassembled(packet.value, payload))}`);
    const tally = createTally();
    const fragments = createFragmentReassembler(tally);
    const whole = fragments.add(packet.value, 0);
    demand(
      'one fragment is no datagram, unless it is all',
      whole === null || fragment !== null,
      'null',
      () => whole,
    );
    fragments.end();
    return shapes;
  },
  reaches: [
    ...'ok link-unknown link-truncated link-family'.split(' ').map((code) => `link ${code}`),
    ...'ok ip-version ip-truncated ip-header-length ip-total-length'
      .split(' ')
      .map((code) => `ip ${code}`),
    ...'ok udp-truncated udp-length'.split(' ').map((code) => `udp ${code}`),
    ...'ok tcp-truncated tcp-header-length'.split(' ').map((code) => `tcp ${code}`),
    'fragment',
    'whole ok',
  ],
  file: (made) => ({ extension: 'bin', bytes: bytesOfCase(linkBases, made) }),
};

const listKinds = 5;

/** The frames of a case: changed each by itself, left out, repeated, exchanged. */
const framesOf = ({ base, mutations, free }: MutatedCase): readonly Uint8Array[] => {
  let frames = frameLists[base % frameLists.length] ?? [];
  if (free) frames = frames.map((frame) => Uint8Array.from([...frame.subarray(0, 34), ...free]));
  for (const [kind, at, value] of mutations) {
    const place = at % Math.max(frames.length, 1);
    const frame = frames[place] ?? new Uint8Array();
    const other = value % Math.max(frames.length, 1);
    // Headers are changed as often as what they carry.
    if (kind < byteKinds)
      frames = frames.with(
        place,
        changedBytes(frame, [kind, 14 + (value % 60), value >> 3], frames),
      );
    else if (kind === byteKinds) frames = frames.toSpliced(place, 1);
    else if (kind === byteKinds + 1) frames = frames.toSpliced(other, 0, frame);
    else if (kind === byteKinds + 2)
      frames = frames.with(place, frames[other] ?? frame).with(other, frame);
    else if (kind === byteKinds + 3) frames = frames.toReversed();
    else frames = frames.toSpliced(place, value % 8);
    if (frames.length === 0) return [];
  }
  return frames;
};

const options = { sipPorts: [5061], registrationPorts: [8443] };

const factsOf = (items: readonly CaptureItem[]) => {
  const gatherer = createFactsGatherer(options);
  for (const item of items) gatherer.take(item);
  return gatherer.finish();
};

/** Whole captures down to what they say: connections put together, TLS sessions, SIP, HTTP, media flows. */
export const wireFacts: FuzzTarget<MutatedCase> = {
  name: 'wire-facts',
  parsers: [
    'scenarios/wire/facts.ts#createFactsGatherer',
    'scenarios/wire/tcp-reassembly.ts#createTcpReassembler',
    'scenarios/wire/tls/session.ts#createTlsSession',
    'scenarios/wire/application.ts#createApplicationReader',
    'scenarios/wire/packet-dispatch.ts#createPacketDispatch',
  ],
  cases: mutatedCases(frameLists.length, byteKinds + listKinds),
  check: (made) => {
    const frames = framesOf(made);
    const items = itemsOf([pcapFile(timed(frames))]);
    const facts = factsOf(items);
    sameValue('every packet is counted', frames.length, facts.packets);
    const { tlsSessions, sipMessages, httpMessages, udpFlows, other, clearSip } = facts;
    const sessions = tlsSessions.flatMap(({ problems, gaps, established }) => [
      ...problems.map((problem) => `TLS ${/[a-z]+-[a-z-]+/.exec(problem)?.[0] ?? problem}`),
      ...(gaps > 0 ? ['TLS gap'] : []),
      ...(established ? ['TLS established'] : []),
    ]);
    const seen = { tlsSessions, sipMessages, httpMessages, udpFlows, clearSip };
    const lists = Object.entries(seen).flatMap(([name, list]) => (list.length > 0 ? [name] : []));
    return ['ok', ...sessions, ...lists, ...other.map(({ what }) => what.replace(/ .*/, ''))];
  },
  reaches: [
    ...'ok tlsSessions udpFlows clearSip ip-truncated ip-fragment ip-fragment-overlap tcp-header-length'.split(
      ' ',
    ),
    'TLS gap',
    'TLS established',
    'TLS overlap-conflict',
    'TLS record-type',
    'TLS handshake-truncated',
    'TLS handshake-trailing',
  ],
  file: (made) => ({ extension: 'pcap', bytes: pcapFile(timed(framesOf(made))) }),
};

const httpGrammar: TextGrammar = {
  bases: [
    'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /c HTTP/1.0\r\n\r\n',
    'PUT /b HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n4;x=y\r\nwxyz\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\nrest',
    'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(66_000)}\r\n\r\n`,
    'GET / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n',
  ].map(utf8),
  words:
    'GET HTTP/1.1 HTTP/2.0 200 Content-Length: Transfer-Encoding: chunked gzip 0 ffffff -1 3 5 0\r\n\r\n \r\n :'.split(
      ' ',
    ),
};

const messagesOf = (pieces: readonly Uint8Array[]) => {
  const methods = ['HEAD', 'GET'];
  const reader = createHttpReader(() => methods.shift());
  const reads = [...pieces.map((piece) => reader.push(piece)), reader.end()];
  const messages: readonly HttpMessage[] = reads.flatMap((read) => read.messages);
  return { messages, codes: reads.flatMap(({ refused }) => (refused ? [refused.code] : [])) };
};

/** HTTP/1.1 on a stream: the same messages however it is cut. */
export const httpStream: FuzzTarget<MutatedCase> = {
  name: 'http',
  parsers: ['scenarios/wire/http.ts#createHttpReader'],
  cases: textCases(httpGrammar),
  check: (made) => {
    const bytes = textOfCase(httpGrammar, made);
    const whole = messagesOf([bytes]);
    sameValue('the same messages however cut', whole, messagesOf(piecesOf(bytes, seedOf(made))));
    demand('refused once', whole.codes.length <= 1, 'one code', () => whole.codes);
    const [first] = whole.messages;
    if (first) sameBytes('a body is of the stream', first.body, first.body.slice(0, bytes.length));
    return [...whole.codes, ...whole.messages.map(({ kind }) => kind), 'ok'];
  },
  reaches:
    'ok request response http-start-line http-header http-length http-chunk http-too-long http-truncated'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'http', bytes: textOfCase(httpGrammar, made) }),
};
