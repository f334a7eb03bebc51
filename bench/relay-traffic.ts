import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { CallPorts, TrafficOrder, TrafficReport } from './relay-protocol.ts';

/** The phones of a relay measurement: many sockets that send packets as an SRTP stream has them, and count what comes. */

const host = '127.0.0.1';

/** RTP header, a Speex frame at quality 8, and an 80-bit tag. */
const packetLength = 12 + 38 + 10;

/** Milliseconds without a packet after which no more are on their way. */
const quietTime = 300;

interface Stream {
  readonly socket: Socket;
  readonly packet: Buffer;
  sequence: number;
}

const openStream = async (ssrc: number): Promise<Stream> => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.bind(0, host);
  await once(socket, 'listening');
  const packet = Buffer.alloc(packetLength, 0x55);
  packet.writeUInt16BE(0x8061, 0);
  packet.writeUInt32BE(ssrc, 8);
  return { socket, packet, sequence: 0 };
};

const portOf = ({ socket }: Stream): number => socket.address().port;

const send = (stream: Stream, port: number): void => {
  stream.packet.writeUInt16BE(stream.sequence % 2 ** 16, 2);
  stream.packet.writeUInt32BE((stream.sequence * 160) >>> 0, 4);
  stream.sequence += 1;
  stream.socket.send(stream.packet, port, host);
};

const sendEvenly = async (
  streams: readonly Stream[],
  ports: readonly number[],
  { rate, seconds }: TrafficOrder,
): Promise<number> => {
  const total = rate * seconds;
  const started = performance.now();
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
    for (; sent < due; sent += 1) {
      const stream = streams[sent % streams.length];
      if (stream) send(stream, ports[sent % ports.length] ?? 0);
    }
    await setTimeout(1);
    await setImmediate();
  }
  return sent;
};

const untilQuiet = async (received: () => number): Promise<void> => {
  for (let before = -1; before !== received();) {
    before = received();
    await setTimeout(quietTime);
  }
};

const report = (message: TrafficReport): void => {
  process.send?.(message);
};

const run = async (calls: number): Promise<void> => {
  const streams: Stream[] = [];
  for (let index = 0; index < calls * 2; index += 1) streams.push(await openStream(index + 1));
  let received = 0;
  for (const { socket } of streams) socket.on('message', () => (received += 1));
  const phones: CallPorts[] = Array.from({ length: calls }, (_, call) => {
    const [caller, callee] = streams.slice(call * 2, call * 2 + 2).map(portOf);
    return { caller: caller ?? 0, callee: callee ?? 0 };
  });
  report({ kind: 'ready', phones });
  process.on('message', (order: TrafficOrder) => {
    const ports = order.legs.flatMap(({ caller, callee }) => [caller, callee]);
    const before = received;
    void sendEvenly(streams, ports, order).then(async (sent) => {
      await untilQuiet(() => received);
      report({ kind: 'done', sent, received: received - before });
    });
  });
  await once(process, 'disconnect');
  for (const { socket } of streams) socket.close();
};

await run(Number(process.argv[2]));
