import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import type { Endpoint } from '../attackers/endpoint.ts';

/** SRTP master key and salt of one direction. */
export interface DirectionKey {
  readonly masterKey: Uint8Array;
  readonly masterSalt: Uint8Array;
}

/** An SRTP implementation: functions that protect or verify one packet after the other, null for a packet refused. */
export interface Srtp {
  readonly protector: (key: DirectionKey) => (packet: Uint8Array) => Uint8Array | null;
  readonly verifier: (key: DirectionKey) => (packet: Uint8Array) => Uint8Array | null;
}

/** SRTP by the reference; a test gives libsrtp2 instead. */
export const referenceSrtp: Srtp = {
  protector(key) {
    const sender = aesCm128HmacSha1Tag80.sender(key);
    return (packet) => {
      const made = sender.protectRtp(packet);
      return made.ok ? made.value : null;
    };
  },
  verifier(key) {
    const receiver = aesCm128HmacSha1Tag80.receiver(key);
    return (packet) => {
      const read = receiver.unprotectRtp(packet);
      return read.ok ? read.value : null;
    };
  },
};

export interface AudioCounters {
  readonly packetsSent: number;
  /** Packets whose tag verified and whose payload is one 20-ms frame of the payload type agreed. */
  readonly packetsReceived: number;
  readonly packetsRefused: number;
}

/** From when on, with what and where to. */
export interface AudioStart {
  readonly peer: Endpoint | null;
  readonly sending: DirectionKey;
  readonly receiving: DirectionKey;
  readonly ssrc: number;
  /** Whether this side sends. */
  readonly sends: boolean;
}

/** The audio of one call on one UDP port. */
export interface Audio {
  readonly port: number;
  /** Begins, or goes on under other keys: packets of the old ones are still taken. */
  start(start: AudioStart): void;
  /** Other keys are about to come: what does not verify until then may be theirs, is dropped (I-9) and not counted. */
  expectOtherKeys(): void;
  counters(): AudioCounters;
  close(): void;
}

const payloadType = 97;
const samplesPerFrame = 160;
const frameMs = 20;
const headerLength = 12;

/** A 38-byte narrowband Speex frame (sub-mode 5) of all-zero parameters, padded as RFC 5574 section 3.3 says. */
const speexFrame = Uint8Array.from({ length: 38 }, (_, at) =>
  at === 0 ? 0x28 : at === 37 ? 0x07 : 0,
);

/** RFC 3550 section 5.1: version 2, no padding, extension, contributing sources or marker. */
const rtpPacket = (sequence: number, timestamp: number, ssrc: number): Uint8Array => {
  const packet = new Uint8Array(headerLength + speexFrame.length);
  const view = new DataView(packet.buffer);
  packet.set([0x80, payloadType]);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, timestamp >>> 0);
  view.setUint32(8, ssrc);
  packet.set(speexFrame, headerLength);
  return packet;
};

/** Whether this is RTP of the payload type agreed with one narrowband Speex frame (wideband bit 0) in it. */
const isAudio = (packet: Uint8Array): boolean =>
  packet.length > headerLength &&
  (packet[0] ?? 0) >> 6 === 2 &&
  ((packet[1] ?? 0) & 0x7f) === payloadType &&
  (packet[headerLength] ?? 0x80) < 0x80;

/** An even port (RFC 3550 section 11). */
const bindEven = (host: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, host, () => {
      if (socket.address().port % 2 === 1) return void socket.close(() => resolve(bindEven(host)));
      socket.removeListener('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

/** Opens the port; rejects only if this machine gives none. */
export const openAudio = async (host: string, srtp: Srtp): Promise<Audio> => {
  const socket = await bindEven(host);
  const { port } = socket.address();
  let verifiers: readonly ((packet: Uint8Array) => Uint8Array | null)[] = [];
  let [packetsSent, packetsReceived, packetsRefused] = [0, 0, 0];
  let timer: NodeJS.Timeout | undefined;
  let expecting = false;
  socket.on('message', (packet) => {
    if (verifiers.length === 0) return;
    const clear = verifiers.map((verify) => verify(packet)).find((read) => read !== null);
    if (clear && isAudio(clear)) packetsReceived += 1;
    else if (!expecting) packetsRefused += 1;
  });
  const stream = (
    protect: (packet: Uint8Array) => Uint8Array | null,
    to: Endpoint,
    ssrc: number,
  ) => {
    // Below 2^15, so that a receiver's first guess of the rollover counter is right (I-4).
    let sequence = randomInt(2 ** 15);
    let timestamp = randomInt(2 ** 32);
    return setInterval(() => {
      const packet = protect(rtpPacket(sequence, timestamp, ssrc));
      sequence += 1;
      timestamp += samplesPerFrame;
      if (!packet) return;
      socket.send(packet, to.port, to.host, () => undefined);
      packetsSent += 1;
    }, frameMs);
  };
  return {
    port,
    start({ peer, sending, receiving, ssrc, sends }) {
      clearInterval(timer);
      expecting = false;
      verifiers = [srtp.verifier(receiving), ...verifiers.slice(0, 1)];
      if (peer && sends) timer = stream(srtp.protector(sending), peer, ssrc);
    },
    expectOtherKeys: () => void (expecting = true),
    counters: () => ({ packetsSent, packetsReceived, packetsRefused }),
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
};
