import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint } from './endpoint.ts';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';

/** Master key and salt of one direction. */
interface DirectionKey {
  readonly masterKey: Uint8Array;
  readonly masterSalt: Uint8Array;
}

/** Keys of the two directions as one side uses them. */
export interface MediaKeys {
  readonly sending: DirectionKey;
  readonly receiving: DirectionKey;
}

/** Packets that came in, and how many of them verified under the keys known. */
export interface MediaCount {
  readonly packets: number;
  readonly verified: number;
}

/** A UDP port for one call's audio. */
export interface CallMedia {
  readonly port: number;
  readonly ssrc: number;
  /** Sends a frame every 20 ms until closed: under the keys, or in clear without any. */
  start(peer: Endpoint | null, keys: MediaKeys | null): void;
  count(): MediaCount;
  /** Packets that came, the last thousand at most, as they came. */
  packets(): readonly Uint8Array[];
  /** Resolves once so many packets have come, or after so many milliseconds. */
  heard(packets: number, deadlineMs: number): Promise<void>;
  /** Sends bytes as they are. */
  send(peer: Endpoint, bytes: Uint8Array): void;
  close(): void;
}

const payloadType = 97;
const samplesPerFrame = 160;
/** A 38-byte narrowband Speex frame (sub-mode 5, padded as RFC 5574 section 3.3 says) of all-zero parameters. */
export const speexFrame = (): Uint8Array => {
  const frame = new Uint8Array(38);
  frame[0] = 0x28;
  frame[37] = 0x07;
  return frame;
};

/** Binds a UDP port on an address; rejects only if this machine gives none. */
export const openCallMedia = (host: string): Promise<CallMedia> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const ssrc = randomInt(2 ** 32 - 1);
    const held: Uint8Array[] = [];
    const recent: Uint8Array[] = [];
    let receiver: ReturnType<typeof aesCm128HmacSha1Tag80.receiver> | null = null;
    let packets = 0;
    let verified = 0;
    let timer: NodeJS.Timeout | undefined;
    let sequence = randomInt(2 ** 15);
    let timestamp = randomInt(2 ** 31);
    const check = (packet: Uint8Array): void => {
      if (receiver?.unprotectRtp(packet).ok) verified += 1;
    };
    socket.once('error', (error) =>
      reject(new Error(`attacker's audio port on ${host}: ${error.message}; free a UDP port`)),
    );
    socket.on('message', (packet) => {
      packets += 1;
      recent.push(new Uint8Array(packet));
      if (recent.length > 1_000) recent.shift();
      if (receiver) check(packet);
      else if (held.length < 1_000) held.push(packet);
    });
    const start: CallMedia['start'] = (peer, keys) => {
      receiver = keys ? aesCm128HmacSha1Tag80.receiver(keys.receiving) : null;
      if (receiver) held.splice(0).forEach(check);
      const sender = keys ? aesCm128HmacSha1Tag80.sender(keys.sending) : null;
      const payload = speexFrame();
      const send = (): void => {
        const clear = serializeRtp({
          marker: false,
          payloadType,
          sequence: sequence & 0xffff,
          timestamp: timestamp >>> 0,
          ssrc,
          csrc: [],
          extension: null,
          payload,
          padding: new Uint8Array(0),
        });
        sequence += 1;
        timestamp += samplesPerFrame;
        const packet = sender ? sender.protectRtp(clear) : null;
        if (peer && packet?.ok !== false)
          socket.send(packet?.value ?? clear, peer.port, peer.host, () => undefined);
      };
      clearInterval(timer);
      if (peer) timer = setInterval(send, 20);
    };
    socket.bind(0, host, () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      resolve({
        port: socket.address().port,
        ssrc,
        start,
        count: () => ({ packets, verified }),
        packets: () => [...recent],
        heard: (count, deadlineMs) =>
          new Promise((enough) => {
            const settle = (): void => {
              clearTimeout(late);
              socket.off('message', look);
              enough();
            };
            const look = (): void => {
              if (packets >= count) settle();
            };
            const late = setTimeout(settle, deadlineMs);
            socket.on('message', look);
            look();
          }),
        send: (peer, bytes) => socket.send(bytes, peer.port, peer.host, () => undefined),
        close: () => {
          clearInterval(timer);
          socket.close();
        },
      });
    });
  });
