import { concat, utf8 } from '../../reference/core/bytes.ts';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { ffdhe2048 } from '../../reference/core/tls/profile.ts';
import {
  ethernetFrame,
  ipv4Fragments,
  ipv4Packet,
  ipv6Fragments,
  ipv6Packet,
  linkHeaders,
  udpDatagram,
} from '../../scenarios/wire/testing/frames.ts';
import {
  pcapFile,
  pcapngFile,
  tcpFlags,
  tcpFrame,
  udpFrame,
  type TimedPacket,
} from '../../scenarios/wire/testing/packets.ts';
import { blocksOf } from '../../scenarios/wire/testing/pcapng-builder.ts';

const vector = (size: 1 | 2 | 3, ...contents: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...contents);
  const { length } = content;
  return concat(Uint8Array.of(length >> 16, length >> 8, length).subarray(3 - size), content);
};

/** A TLS record. */
export const tlsRecord = (type: number, fragment: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type, 3, 3), vector(2, fragment));

/** A handshake message. */
export const tlsHandshake = (type: number, body: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type), vector(3, body));

const random = new Uint8Array(32).fill(7);
const serverName = vector(2, vector(2, Uint8Array.of(0), vector(2, utf8('sip.example'))));
const clientHello = concat(
  Uint8Array.of(3, 3),
  random,
  vector(1, new Uint8Array(32)),
  vector(2, Uint8Array.of(0, 0x9f, 0x13, 1, 0xc0, 0x30)),
  vector(1, Uint8Array.of(0)),
  vector(
    2,
    Uint8Array.of(0, 43),
    vector(2, vector(1, Uint8Array.of(3, 4, 3, 3))),
    Uint8Array.of(0, 0),
    serverName,
  ),
);
const serverHello = (suite: number): Uint8Array =>
  concat(
    Uint8Array.of(3, 3),
    random,
    vector(1),
    Uint8Array.of(suite >> 8, suite, 0),
    vector(2, Uint8Array.of(0xff, 1, 0, 1, 0)),
  );
const prime = new Uint8Array(Buffer.from(ffdhe2048.prime, 'hex'));
const publicValue = prime.map((byte, index) => (index === 0 ? byte - 1 : byte));
const exchange = concat(
  vector(2, prime),
  vector(2, Uint8Array.of(2)),
  vector(2, publicValue),
  Uint8Array.of(4, 1),
  vector(2, new Uint8Array(64)),
);
const curveExchange = concat(
  Uint8Array.of(3, 0, 23),
  vector(1, new Uint8Array(65).fill(4)),
  Uint8Array.of(4, 1),
  vector(2, new Uint8Array(64)),
);

/** Bodies of handshake messages by type; the suite is that of {@link tlsFlights}. */
export const tlsBodies: readonly (readonly [type: number, body: Uint8Array])[] = [
  [1, clientHello],
  [2, serverHello(0x009f)],
  [2, serverHello(0xc030)],
  [11, vector(3, vector(3, new Uint8Array(40)), vector(3, Uint8Array.of(0x30, 0)))],
  [12, exchange],
  [12, curveExchange],
  [
    13,
    concat(
      vector(1, Uint8Array.of(1, 64)),
      vector(2, Uint8Array.of(4, 1, 8, 4)),
      vector(2, vector(2, Uint8Array.of(0x30, 0))),
    ),
  ],
  [14, new Uint8Array()],
  [15, concat(Uint8Array.of(4, 1), vector(2, new Uint8Array(64)))],
  [16, vector(2, publicValue)],
  [4, concat(Uint8Array.of(0, 0, 1, 0), vector(2, new Uint8Array(20)))],
];

const bodyOf = (type: number): Uint8Array =>
  tlsBodies.find(([each]) => each === type)?.[1] ?? new Uint8Array();
const messages = (...types: readonly number[]): Uint8Array =>
  concat(...types.map((type) => tlsHandshake(type, bodyOf(type))));
const changeCipherSpec = tlsRecord(20, Uint8Array.of(1));
const sealed = (type: number): Uint8Array => tlsRecord(type, new Uint8Array(48).fill(type));

/** What client and server send in a TLS 1.2 session, as far as it can be made without keys. */
export const tlsFlights = {
  client: [
    tlsRecord(22, messages(1)),
    concat(tlsRecord(22, messages(11, 16, 15)), changeCipherSpec, sealed(22)),
    concat(sealed(23), tlsRecord(21, Uint8Array.of(1, 0))),
  ],
  server: [
    tlsRecord(22, messages(2, 11, 12, 13, 14)),
    concat(tlsRecord(22, messages(4)), changeCipherSpec, sealed(22), sealed(23)),
  ],
} as const;

interface Connection {
  readonly port: number;
  readonly turns: readonly (readonly ['client' | 'server', Uint8Array])[];
}

/** Segments of a connection, handshake and end included, each turn in pieces of at most 100 bytes. */
const connectionFrames = ({ port, turns }: Connection): readonly Uint8Array[] => {
  const next = { client: 1001, server: 5001 };
  const { syn, ack, fin } = tcpFlags;
  const frames = [
    tcpFrame(port, { from: 'client', sequence: 1000, flags: syn }),
    tcpFrame(port, { from: 'server', sequence: 5000, flags: syn | ack }),
  ];
  for (const [from, bytes] of turns)
    for (let at = 0; at < bytes.length; at += 100) {
      const payload = bytes.subarray(at, at + 100);
      frames.push(tcpFrame(port, { from, sequence: next[from], payload }));
      next[from] += payload.length;
    }
  frames.push(tcpFrame(port, { from: 'client', sequence: next.client, flags: fin | ack }));
  frames.push(tcpFrame(port, { from: 'server', sequence: next.server, flags: fin | ack }));
  return frames;
};

const [hello, keys, data] = tlsFlights.client;
const [answer, finished] = tlsFlights.server;
const sip = utf8(
  'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKa\r\nContent-Length: 0\r\n\r\n',
);
const http = utf8('POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc');
const httpAnswer = utf8(
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
);

const audio = (sequence: number): Uint8Array =>
  udpFrame(
    4000,
    4002,
    serializeRtp({
      marker: false,
      payloadType: 97,
      sequence,
      timestamp: sequence * 160,
      ssrc: 9,
      csrc: [],
      extension: null,
      payload: new Uint8Array(48),
      padding: new Uint8Array(),
    }),
  );

/** Frames by what they show; each list is one capture. */
export const frameLists: readonly (readonly Uint8Array[])[] = [
  connectionFrames({
    port: 5061,
    turns: [
      ['client', hello],
      ['server', answer],
      ['client', keys],
      ['server', finished],
      ['client', data],
    ],
  }),
  connectionFrames({
    port: 5060,
    turns: [
      ['client', sip],
      ['server', sip],
    ],
  }),
  connectionFrames({
    port: 8080,
    turns: [
      ['client', http],
      ['server', httpAnswer],
    ],
  }),
  [
    ...[65_534, 65_535, 0, 1, 3, 2].map(audio),
    udpFrame(4001, 4003, Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 9)),
    udpFrame(5060, 5060, sip),
    udpFrame(3478, 3478, Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12))),
    ...ipv4Fragments(17, udpDatagram(5060, 5060, concat(sip, sip)), 64).map((packet) =>
      ethernetFrame(0x0800, packet),
    ),
    ...ipv6Fragments(17, udpDatagram(5060, 5060, sip), 64).map((packet) =>
      ethernetFrame(0x86dd, packet),
    ),
    ethernetFrame(0x0800, ipv4Packet(1, new Uint8Array(8))),
    ethernetFrame(
      0x86dd,
      ipv6Packet(60, concat(Uint8Array.of(17, 0), new Uint8Array(6), udpDatagram(1, 2, sip))),
    ),
    ethernetFrame(0x0806, new Uint8Array(28)),
  ],
];

/** A frame of each link type, with its number, around an IPv4 and an IPv6 packet. */
export const linkFrames: readonly (readonly [linkType: number, frame: Uint8Array])[] =
  linkHeaders.flatMap(([, linkType, header]) => [
    [linkType, concat(header(0x0800), ipv4Packet(17, udpDatagram(1, 2, sip)))] as const,
    [linkType, concat(header(0x86dd), ipv6Packet(6, new Uint8Array(20).fill(0x50)))] as const,
  ]);

/** Packets one millisecond apart, with times in microseconds. */
export const timed = (frames: readonly Uint8Array[]): readonly TimedPacket[] =>
  frames.map((bytes, index) => ({ at: 1_790_000_000_000_000 + index * 1000, bytes }));

const oddBlocks = (order: 'little' | 'big'): Uint8Array => {
  const make = blocksOf(order);
  const bytes = udpFrame(1, 2, sip);
  return concat(
    make.section(),
    make.interface(1, 0, make.option(9, Uint8Array.of(0x8a)), make.option(14, make.u64(3n))),
    make.packet(0, 5n, bytes, make.option(1, utf8('said')), make.option(4, make.u64(2n))),
    make.simplePacket(bytes.length, bytes),
    make.oldPacket(0, 3, 9n, bytes),
    make.secrets('CLIENT_RANDOM '.padEnd(78, '0')),
    make.statistics(0, make.option(5, make.u64(9n)), make.option(7, make.u64(1n))),
    make.block(0x0bad, new Uint8Array(8)),
    make.section(),
    make.interface(101, 20),
    make.simplePacket(40, bytes.subarray(0, 20)),
  );
};

const few = timed(frameLists[1] ?? []).slice(0, 5);

/** Capture files of every form that is read. */
export const captureFiles: readonly Uint8Array[] = [
  pcapFile(few),
  pcapFile(few, 'big'),
  pcapFile(few, 'little', 'nano'),
  pcapngFile(few, 'little', 'CLIENT_RANDOM '.padEnd(78, '0')),
  pcapngFile(few, 'big'),
  oddBlocks('little'),
  oddBlocks('big'),
];
