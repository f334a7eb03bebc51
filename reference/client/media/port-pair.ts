import { createSocket, type Socket } from 'node:dgram';

/** Sockets of one call: RTP on a port, RTCP on the next (interpretations I-5). */
export interface PortPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  close(): Promise<void>;
}

const attempts = 50;

const bind = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      // ICMP answers to a peer that has gone are no reason to end.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.close(() => resolve()));

/** Binds two ports in a row that the system has free; rejects when it finds none. */
export const openPortPair = async (host: string): Promise<PortPair> => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const rtp = await bind(host, 0);
    const { port } = rtp.address();
    const rtcp = port < 65_535 ? await bind(host, port + 1).catch(() => null) : null;
    if (rtcp) {
      const close = async () => void (await Promise.all([closed(rtp), closed(rtcp)]));
      return { port, rtp, rtcp, close };
    }
    await closed(rtp);
  }
  throw new Error(
    `phone media: no two free UDP ports in a row on ${host}; free some and try again`,
  );
};
