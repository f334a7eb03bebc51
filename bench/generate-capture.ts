import { aesCm128HmacSha1Tag80Tables } from '../reference/core/rtp/srtp-tables.ts';
import { concat, toHex, utf8 } from '../reference/core/bytes.ts';
import { createCaptureWriter, type CaptureWriter, type Host } from './capture-writer.ts';
import { createSeededRandom, type SeededRandom } from '../simulators/lab/link/seeded-random.ts';
import { recordTls, type TlsTemplate } from './tls-template.ts';

/** Keys of one direction of a call, as `discretio inspect --srtp-keys` reads them. */
export interface GeneratedKey {
  readonly ssrc: number;
  readonly masterKey: string;
  readonly masterSalt: string;
}

/** What was generated. */
export interface GeneratedCapture {
  readonly bytes: number;
  readonly packets: number;
  readonly srtpPackets: number;
  readonly calls: number;
  readonly keys: readonly GeneratedKey[];
  /** TLS secrets, which are not in the file. */
  readonly tlsKeyLog: readonly string[];
}

export const sipPort = 5061;
const TICK = 20;
const CALL_TICKS = 3000;
const CONCURRENT = 40;
const SEGMENT = 1448;
const appliance = [198, 51, 100, 10] as const;
const resolver: Host = { address: [198, 51, 100, 53], port: 53 };
const flags = { fin: 0x11, syn: 2, synAck: 0x12, ack: 0x10, push: 0x18 } as const;

const sip = (line: string, cseq: string, headers: string, body = ''): Uint8Array =>
  utf8(
    `${line}\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\nFrom: <sip:+33100000001@h>;tag=1\r\nTo: <sip:+33100000002@h>\r\nCall-ID: c\r\nCSeq: ${cseq}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
  );

/** A connection on which a phone registers, sets a call up with headers as long as X-CSL's, and ends it. */
const recordPhone = (): Promise<TlsTemplate> => {
  const headers = `X-CSL-From: ${'A'.repeat(1600)}\r\nX-CSL-From-Chain: ${'B'.repeat(1600)}\r\nX-CSL-Info1: ${'C'.repeat(400)}\r\nX-CSL-Info2: ${'D'.repeat(344)}\r\n`;
  const sdp = 'v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nm=audio 20000 RTP/SAVP 97\r\n';
  return recordTls([
    [sip('REGISTER sip:h SIP/2.0', '1 REGISTER', ''), sip('SIP/2.0 200 OK', '1 REGISTER', '')],
    [
      sip('INVITE sip:+33100000002@h SIP/2.0', '1 INVITE', headers, sdp),
      concat(
        sip('SIP/2.0 180 Ringing', '1 INVITE', ''),
        sip('SIP/2.0 200 OK', '1 INVITE', headers, sdp),
      ),
    ],
    [sip('BYE sip:+33100000002@h SIP/2.0', '2 BYE', ''), sip('SIP/2.0 200 OK', '2 BYE', '')],
  ]);
};

/** Replays a recorded connection as TCP segments. */
const createConnection = (
  writer: CaptureWriter,
  template: TlsTemplate,
  client: Host,
  server: Host,
  random: SeededRandom,
) => {
  const next = { client: random.below(2 ** 31) * 2, server: random.below(2 ** 31) * 2 };
  const send = (at: number, fromClient: boolean, flag: number, payload: Uint8Array): void => {
    const [from, to] = fromClient ? [client, server] : [server, client];
    const [own, other] = fromClient
      ? (['client', 'server'] as const)
      : (['server', 'client'] as const);
    const fields = { sequence: next[own], acknowledgement: next[other], flags: flag };
    writer.tcp(at, from, to, fields, payload);
    const counted = flag === flags.syn || flag === flags.synAck || flag === flags.fin ? 1 : 0;
    next[own] = (next[own] + payload.length + counted) >>> 0;
  };
  const nothing = new Uint8Array();
  return {
    open: (at: number): void => {
      send(at, true, flags.syn, nothing);
      send(at, false, flags.synAck, nothing);
      send(at, true, flags.ack, nothing);
    },
    phase: (at: number, number: number): void => {
      for (const { fromClient, phase, bytes } of template.stretches) {
        if (phase !== number) continue;
        for (let from = 0; from < bytes.length; from += SEGMENT) {
          send(at, fromClient, flags.push, bytes.subarray(from, from + SEGMENT));
          send(at, !fromClient, flags.ack, nothing);
        }
      }
    },
    close: (at: number): void => {
      send(at, true, flags.fin, nothing);
      send(at, false, flags.fin, nothing);
      send(at, true, flags.ack, nothing);
    },
  };
};

/** One direction of a call's media: the phone to the relay, and the relay to the other phone, the same packets. */
const createDirection = (
  writer: CaptureWriter,
  random: SeededRandom,
  hops: readonly (readonly [Host, Host])[],
) => {
  const ssrc = random.below(2 ** 32);
  const key = { masterKey: random.bytes(16), masterSalt: random.bytes(14) };
  const sender = aesCm128HmacSha1Tag80Tables.sender(key);
  const packet = new Uint8Array(50);
  const view = new DataView(packet.buffer);
  packet.set(random.bytes(38), 12);
  // A frame of 300 bits in sub-mode 5 and its padding (RFC 5574 section 3.3).
  packet[12] = (5 << 3) | 1;
  packet[49] = 0x37;
  view.setUint16(0, 0x8061);
  view.setUint32(8, ssrc);
  const report = new Uint8Array(28);
  new DataView(report.buffer).setUint32(0, 0x80c8_0006);
  new DataView(report.buffer).setUint32(4, ssrc);
  let sequence = random.below(2 ** 15);
  let timestamp = random.below(2 ** 32);
  const hop = (at: number, bytes: Uint8Array, shift: number): void => {
    for (const [from, to] of hops)
      writer.udp(at, { ...from, port: from.port + shift }, { ...to, port: to.port + shift }, bytes);
  };
  return {
    key: { ssrc, masterKey: toHex(key.masterKey), masterSalt: toHex(key.masterSalt) },
    audio: (at: number): void => {
      view.setUint16(2, sequence);
      view.setUint32(4, timestamp);
      const secured = sender.protectRtp(packet);
      if (!secured.ok) throw new Error(`the generator's own packet: ${secured.error.code}`);
      hop(at, secured.value, 0);
      sequence = (sequence + 1) % 65_536;
      timestamp = (timestamp + 160) >>> 0;
    },
    control: (at: number): void => {
      const secured = sender.protectRtcp(report);
      if (secured.ok) hop(at, secured.value, 1);
    },
    end: () => sender.erase(),
  };
};

interface Call {
  tick: number;
  readonly connections: readonly ReturnType<typeof createConnection>[];
  readonly directions: readonly ReturnType<typeof createDirection>[];
}

const beginCall = (
  writer: CaptureWriter,
  template: TlsTemplate,
  random: SeededRandom,
  number: number,
): Call => {
  const phone = (side: number): Host => ({
    address: [10, 1 + side, (number >> 8) & 255, number & 255],
    port: 1024 + 2 * random.below(30_000),
  });
  const relay = (side: number): Host => ({
    address: appliance,
    port: 20_000 + ((number * 4 + side * 2) % 40_000),
  });
  const [caller, callee] = [phone(0), phone(1)];
  const [left, right] = [relay(0), relay(1)];
  const server: Host = { address: appliance, port: sipPort };
  return {
    tick: 0,
    connections: [caller, callee].map(({ address }) => {
      const client = { address, port: 32_768 + random.below(28_000) };
      return createConnection(writer, template, client, server, random);
    }),
    directions: [
      createDirection(writer, random, [
        [caller, left],
        [right, callee],
      ]),
      createDirection(writer, random, [
        [callee, right],
        [left, caller],
      ]),
    ],
  };
};

/** Writes what a call does in its present 20 ms. */
const stepCall = ({ tick, connections, directions }: Call, at: number): void => {
  const everywhere = (act: (connection: (typeof connections)[number]) => void): void =>
    connections.forEach(act);
  if (tick === 0) {
    everywhere((connection) => {
      connection.open(at);
      connection.phase(at, 0);
      connection.phase(at, 1);
      connection.phase(at, 2);
    });
  }
  for (const direction of directions) {
    direction.audio(at);
    if (tick % 250 === 249) direction.control(at);
  }
  if (tick !== CALL_TICKS - 1) return;
  everywhere((connection) => {
    connection.phase(at, 3);
    connection.close(at);
  });
  for (const direction of directions) direction.end();
};

const dnsNoise = (writer: CaptureWriter, random: SeededRandom, at: number): void => {
  const client: Host = {
    address: [10, 9, 0, random.below(255)],
    port: 1024 + random.below(60_000),
  };
  const query = concat(
    random.bytes(2),
    Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    random.bytes(24),
  );
  writer.udp(at, client, resolver, query);
  writer.udp(at + 3, resolver, client, concat(query, random.bytes(40)));
};

/** Writes a capture of at least so many bytes: calls of a minute through the relay, 40 at a time, with their signalling, and DNS. */
export const generateCapture = async (
  path: string,
  size: number,
  seed: number,
): Promise<GeneratedCapture> => {
  const random = createSeededRandom(seed);
  const template = await recordPhone();
  const writer = createCaptureWriter(path);
  const keys: GeneratedKey[] = [];
  const calls: Call[] = [];
  let srtpPackets = 0;
  let at = 1_700_000_000_000;
  let begun = 0;
  for (let tick = 0; writer.size < size; tick += 1) {
    // Calls begin one after the other, so that they do not end together.
    if (calls.length < CONCURRENT && tick % (CALL_TICKS / CONCURRENT) === 0) {
      const call = beginCall(writer, template, random, begun);
      keys.push(...call.directions.map(({ key }) => key));
      calls.push(call);
      begun += 1;
    }
    calls.forEach((call, index) => stepCall(call, at + (index * TICK) / CONCURRENT));
    srtpPackets += calls.length * 4;
    for (const call of calls) call.tick += 1;
    for (const done of calls.filter((call) => call.tick === CALL_TICKS))
      calls.splice(calls.indexOf(done), 1);
    if (tick % 5 === 0) dnsNoise(writer, random, at);
    at += TICK;
  }
  writer.close();
  const { size: bytes, packets } = writer;
  return { bytes, packets, srtpPackets, calls: begun, keys, tlsKeyLog: template.keyLog };
};
