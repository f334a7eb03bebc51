import { createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { encodePacket, type Packet } from './packet.ts';
import { createPacketReader } from './reader.ts';
import {
  createTransport,
  type Authorisation,
  type DeviceBanner,
  type Transport,
  type TransportOutput,
} from './transport.ts';

/** Connects a stream to the service that a host asked for; null refuses it. */
export type OpenService = (service: string, host: HostLink) => ((stream: Duplex) => void) | null;

/** A host's connection, as services see it. */
export interface HostLink {
  /** Opens a service of the host, such as `tcp:8080`: what `adb reverse` needs. */
  open(service: string): Duplex;
  /** Called once, when the connection ends. */
  onEnd(listener: () => void): void;
}

export interface AdbDaemonOptions {
  readonly banner: () => DeviceBanner;
  /** Asked at every connection. */
  readonly authorisation: () => Authorisation | null;
  readonly openService: OpenService;
  /** Whether connections are taken at all. */
  readonly isReachable: () => boolean;
  /** Whether the device answers CNXN; one that does not is "offline" to the host. */
  readonly isAnswering: () => boolean;
  /** Milliseconds that each packet takes on its way, both ways. */
  readonly latency: () => number;
  readonly onKey: (key: string) => void;
  /** What a host broke the protocol with. */
  readonly onFault: (code: string) => void;
}

/** The device side of ADB on a loopback port. */
export interface AdbDaemon {
  readonly port: number;
  /** Ends every connection, as when the cable is drawn. */
  readonly disconnect: () => void;
  /** The user accepts the hosts that wait. */
  authorise(): void;
  stop(): Promise<void>;
}

/** Passes work on after the latency, in order; at once where there is none. */
const createDelay = (latency: () => number) => {
  let last = 0;
  let waiting = 0;
  const timers = new Set<NodeJS.Timeout>();
  return {
    pass(work: () => void): void {
      const wait = latency();
      if (wait <= 0 && waiting === 0) return work();
      last = Math.max(last, performance.now() + wait);
      waiting += 1;
      const timer = setTimeout(() => {
        timers.delete(timer);
        waiting -= 1;
        work();
      }, last - performance.now());
      timers.add(timer);
    },
    stop: () => timers.forEach((timer) => clearTimeout(timer)),
  };
};

/** One stream as a Duplex: reading takes the host's bytes one WRTE at a time. */
const createStream = (local: number, transport: Transport, run: (outputs: Outputs) => void) => {
  let drained: (() => void) | null = null;
  let isClosed = false;
  let unconsumed = 0;
  const consumeAll = (): void => {
    for (; unconsumed > 0; unconsumed -= 1) run(transport.consume(local));
  };
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: consumeAll,
    write(chunk: Buffer, _encoding, done) {
      if (isClosed || chunk.length === 0) return done();
      drained = done;
      run(transport.write(local, new Uint8Array(chunk)));
    },
    final(done) {
      run(transport.end(local));
      done();
    },
    destroy(error, done) {
      if (!isClosed) run(transport.end(local));
      done(error);
    },
  });
  duplex.on('error', () => undefined);
  return {
    duplex,
    data(bytes: Uint8Array) {
      unconsumed += 1;
      if (duplex.push(Buffer.from(bytes))) consumeAll();
    },
    drained() {
      const done = drained;
      drained = null;
      done?.();
    },
    closed() {
      isClosed = true;
      this.drained();
      // Whoever reads gets what has arrived before the end.
      duplex.once('end', () => duplex.destroy());
      duplex.push(null);
    },
  };
};

type Outputs = readonly TransportOutput[];

const serve = (socket: Socket, options: AdbDaemonOptions) => {
  const transport = createTransport(options.banner(), options.authorisation());
  const reader = createPacketReader(() => transport.hasChecksum());
  const outward = createDelay(options.latency);
  const inward = createDelay(options.latency);
  const streams = new Map<number, ReturnType<typeof createStream>>();
  const endings: (() => void)[] = [];
  const attach = (local: number) => {
    const stream = createStream(local, transport, run);
    streams.set(local, stream);
    return stream;
  };
  const link: HostLink = {
    open(service) {
      const { stream, outputs } = transport.open(service);
      const { duplex } = attach(stream);
      run(outputs);
      return duplex;
    },
    onEnd: (listener) => void endings.push(listener),
  };
  const open = (local: number, service: string): void => {
    const handler = options.openService(service, link);
    if (!handler) return run(transport.refuse(local));
    const { duplex } = attach(local);
    run(transport.accept(local));
    handler(duplex);
  };
  const send = (packet: Packet): void => {
    const bytes = encodePacket(packet, packet.command === 'CNXN' || transport.hasChecksum());
    outward.pass(() => void (socket.writable && socket.write(bytes)));
  };
  const perform = (output: TransportOutput): void => {
    switch (output.kind) {
      case 'send':
        return send(output.packet);
      case 'open':
        return open(output.stream, output.service);
      case 'data':
        return streams.get(output.stream)?.data(output.bytes);
      case 'drained':
        return streams.get(output.stream)?.drained();
      case 'closed': {
        const stream = streams.get(output.stream);
        streams.delete(output.stream);
        return stream?.closed();
      }
      case 'key':
        return options.onKey(output.key);
      case 'broken':
        options.onFault(output.fault.code);
        return void socket.destroy();
      case 'online':
      case 'opened':
        return undefined;
    }
  };
  function run(outputs: Outputs): void {
    for (const output of outputs) perform(output);
  }
  const receive = (chunk: Buffer): void => {
    const packets = reader.push(new Uint8Array(chunk));
    if (!packets.ok) return perform({ kind: 'broken', fault: packets.error });
    for (const packet of packets.value) if (options.isAnswering()) run(transport.receive(packet));
  };
  socket.setNoDelay(true);
  socket.on('data', (chunk) => inward.pass(() => receive(chunk)));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    inward.stop();
    outward.stop();
    for (const stream of streams.values()) stream.closed();
    streams.clear();
    for (const listener of endings) listener();
  });
  return { authorise: () => run(transport.authorise()), end: () => socket.destroy() };
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (typeof address === 'object' && address) resolve(address.port);
      else reject(new Error('the simulated phone got no port'));
    });
  });

/** Listens on a loopback port that the system chooses. */
export const startAdbDaemon = async (options: AdbDaemonOptions): Promise<AdbDaemon> => {
  const hosts = new Map<Socket, ReturnType<typeof serve>>();
  const accept = (socket: Socket): void => {
    if (!options.isReachable()) return void socket.destroy();
    hosts.set(socket, serve(socket, options));
    socket.once('close', () => hosts.delete(socket));
  };
  const server = createServer(accept);
  const port = await listen(server, 0);
  const disconnect = (): void => hosts.forEach((host) => host.end());
  return {
    port,
    disconnect,
    authorise: () => hosts.forEach((host) => host.authorise()),
    stop: () =>
      new Promise((resolve) => {
        disconnect();
        server.close(() => resolve());
      }),
  };
};
