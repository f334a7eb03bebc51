import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import type { Endpoint } from './endpoint.ts';

/** An audio packet that passed, by the number it was meant for. */
export interface TappedPacket {
  readonly to: string;
  readonly bytes: Uint8Array;
}

/** Ports that stand in for phones: media comes here, is recorded, and goes on to the phone unchanged. */
export interface MediaTap {
  /** A session description with this tap's address and port in place of the phone's own, so that its peer sends here. */
  redirect(number: string, sdp: Uint8Array): Promise<Uint8Array>;
  /** Where the phone of a number hears, as it last said. */
  phoneOf(number: string): Endpoint | null;
  /** Sends bytes to where a phone hears. */
  inject(number: string, bytes: Uint8Array): void;
  /** Resolves once a packet has come, or after so many milliseconds. */
  heard(deadlineMs: number): Promise<void>;
  /** How many packets are recorded. */
  count(): number;
  /** Everything recorded since the last call. */
  take(): readonly TappedPacket[];
  close(): void;
}

interface StandIn {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  phone: Endpoint;
}

const bound = (host: string, port: number): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

/** Tries for a pair of neighbouring ports. */
const triesForPair = 50;

const openPair = async (host: string, phone: Endpoint): Promise<StandIn> => {
  for (let count = 0; count < triesForPair; count += 1) {
    const rtp = await bound(host, 0);
    const port = rtp?.address().port ?? 0;
    const rtcp = rtp && port < 65_535 ? await bound(host, port + 1) : null;
    if (rtp && rtcp) return { port, rtp, rtcp, phone };
    rtp?.close();
  }
  throw new Error(`media tap on ${host}: no two neighbouring UDP ports are free; free some`);
};

const connectionLine = /^c=IN IP[46] (\S+)\r?$/m;
const mediaLine = /^m=audio (\d{1,5}) /m;

const createRecording = () => {
  let recorded: TappedPacket[] = [];
  const listeners = new Set<() => void>();
  return {
    note: (packet: TappedPacket): void => {
      recorded.push(packet);
      for (const listener of listeners) listener();
    },
    heard: (deadlineMs: number): Promise<void> =>
      new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          listeners.delete(settle);
          resolve();
        };
        const timer = setTimeout(settle, deadlineMs);
        listeners.add(settle);
      }),
    count: (): number => recorded.length,
    take: (): readonly TappedPacket[] => {
      const taken = recorded;
      recorded = [];
      return taken;
    },
  };
};

/** Opens no port until a session description is redirected. */
export const openMediaTap = (host: string): MediaTap => {
  const standIns = new Map<string, StandIn>();
  const recording = createRecording();
  const standInFor = async (number: string, phone: Endpoint): Promise<StandIn> => {
    const known = standIns.get(number);
    if (known) {
      known.phone = phone;
      return known;
    }
    const standIn = await openPair(host, phone);
    standIns.set(number, standIn);
    standIn.rtp.on('message', (bytes) => {
      recording.note({ to: number, bytes: new Uint8Array(bytes) });
      standIn.rtp.send(bytes, standIn.phone.port, standIn.phone.host, () => undefined);
    });
    standIn.rtcp.on('message', (bytes) => {
      const { phone: to } = standIn;
      if (to.port < 65_535) standIn.rtcp.send(bytes, to.port + 1, to.host, () => undefined);
    });
    return standIn;
  };
  return {
    async redirect(number, sdp) {
      const text = latin1(sdp);
      const address = connectionLine.exec(text)?.[1];
      const port = mediaLine.exec(text)?.[1];
      if (address === undefined || port === undefined) return sdp;
      const standIn = await standInFor(number, { host: address, port: Number(port) });
      return utf8(
        text
          .replace(connectionLine, `c=IN ${isIPv6(host) ? 'IP6' : 'IP4'} ${host}\r`)
          .replace(mediaLine, `m=audio ${standIn.port} `),
      );
    },
    phoneOf: (number) => standIns.get(number)?.phone ?? null,
    inject(number, bytes) {
      const standIn = standIns.get(number);
      standIn?.rtp.send(bytes, standIn.phone.port, standIn.phone.host, () => undefined);
    },
    heard: recording.heard,
    count: recording.count,
    take: recording.take,
    close() {
      for (const { rtp, rtcp } of standIns.values()) {
        rtp.close();
        rtcp.close();
      }
      standIns.clear();
    },
  };
};
