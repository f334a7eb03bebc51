import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Sockets of one call: RTP on a port, RTCP on the next (interpretations I-5). What comes while nobody listens is dropped. */
export interface PortPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  /** Resolves once both ports are free; never rejects, and may be called again. */
  close(): Promise<void>;
}

const attempts = 50;

const bind = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
    const onError = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', onError);
    socket.bind(port, host, () => {
      socket.off('error', onError);
      // ICMP answers to a peer that has gone are no reason to end.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.close(() => resolve()));

const pairOf = (port: number, rtp: Socket, rtcp: Socket): PortPair => {
  let closing: Promise<void> | undefined;
  return {
    port,
    rtp,
    rtcp,
    close: () => (closing ??= Promise.all([closed(rtp), closed(rtcp)]).then(() => undefined)),
  };
};

/** Binds two ports in a row that the system has free; rejects with one line when it finds none. */
export const openPortPair = async (host: string): Promise<PortPair> => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const rtp = await bind(host, 0).catch((error: Error) => {
      throw new Error(
        `phone media: no UDP port on ${host} (${error.message}); check the phone's address`,
        { cause: error },
      );
    });
    const { port } = rtp.address();
    const rtcp = port < 65_535 ? await bind(host, port + 1).catch(() => null) : null;
    if (rtcp) return pairOf(port, rtp, rtcp);
    await closed(rtp);
  }
  throw new Error(
    `phone media: no two free UDP ports in a row on ${host}; free some and try again`,
  );
};
