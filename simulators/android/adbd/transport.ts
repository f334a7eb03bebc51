import { concat, utf8 } from '../../../reference/core/bytes.ts';
import { fault, type Fault } from '../../../reference/core/result.ts';
import { maximalPayload, versions, type Command, type Packet } from './packet.ts';

/** What the other side proves itself with; null asks for nothing. */
export interface Authorisation {
  /** Twenty fresh random bytes. */
  readonly token: () => Uint8Array;
  /** Whether a signature over a token is of a key that was accepted before. */
  readonly isKnown: (token: Uint8Array, signature: Uint8Array) => boolean;
}

/** What is announced about a device. */
export interface DeviceBanner {
  readonly product: string;
  readonly model: string;
  readonly device: string;
  readonly features: readonly string[];
}

/** What a transport asks its adapter to do, in this order. */
export type TransportOutput =
  | { readonly kind: 'send'; readonly packet: Packet }
  /** The host may use the device from now on. */
  | { readonly kind: 'online' }
  /** The host shows a public key that its user has to accept (Android's own encoding, base64 and a name). */
  | { readonly kind: 'key'; readonly key: string }
  /** The host opens a stream to a service; answer with `accept` or `refuse`. */
  | { readonly kind: 'open'; readonly stream: number; readonly service: string }
  /** The host took a stream that this side opened. */
  | { readonly kind: 'opened'; readonly stream: number }
  /** Bytes from the host; `consume` once they are dealt with. */
  | { readonly kind: 'data'; readonly stream: number; readonly bytes: Uint8Array }
  /** Everything written to a stream has been taken. */
  | { readonly kind: 'drained'; readonly stream: number }
  | { readonly kind: 'closed'; readonly stream: number }
  /** The host broke the protocol; the connection ends. */
  | { readonly kind: 'broken'; readonly fault: Fault };

type Outputs = readonly TransportOutput[];

interface Stream {
  /** The host's identifier, 0 until it has answered an OPEN of this side. */
  remote: number;
  state: 'asked' | 'opening' | 'open';
  /** Whether a WRTE waits for its OKAY. */
  isWaiting: boolean;
  isEnding: boolean;
  queue: Uint8Array[];
}

/** The device side of one ADB connection: no sockets, no clock, no randomness. */
export interface Transport {
  receive(packet: Packet): Outputs;
  /** Whether packets carry a checksum, by the versions agreed. */
  hasChecksum(): boolean;
  /** The phone's user accepts the host. */
  authorise(): Outputs;
  accept(stream: number): Outputs;
  refuse(stream: number): Outputs;
  /** Opens a stream to a service of the host, as `adb reverse` needs; its number, and what to do. */
  open(service: string): { readonly stream: number; readonly outputs: Outputs };
  write(stream: number, bytes: Uint8Array): Outputs;
  consume(stream: number): Outputs;
  /** Closes a stream once everything written has been taken. */
  end(stream: number): Outputs;
}

const authToken = 1;
const authSignature = 2;
const authKey = 3;

const none = new Uint8Array();
const zero = new Uint8Array(1);

const send = (
  command: Command,
  arg0: number,
  arg1: number,
  payload: Uint8Array = none,
): TransportOutput => ({ kind: 'send', packet: { command, arg0, arg1, payload } });

const broken = (code: string, detail: string): Outputs => [
  { kind: 'broken', fault: fault(code, 0, detail).error },
];

/** Text of a payload up to its first zero byte. */
const textOf = (payload: Uint8Array): string => {
  const end = payload.indexOf(0);
  return new TextDecoder().decode(end === -1 ? payload : payload.subarray(0, end));
};

const bannerText = ({ product, model, device, features }: DeviceBanner): string =>
  `device::ro.product.name=${product};ro.product.model=${model};ro.product.device=${device};features=${features.join(',')}`;

/** Streams of a connection: opening, flow control by one unanswered WRTE each way, closing. */
const createStreams = (limit: () => number) => {
  const streams = new Map<number, Stream>();
  let last = 0;
  const add = (remote: number, state: Stream['state']): number => {
    last += 1;
    streams.set(last, { remote, state, isWaiting: false, isEnding: false, queue: [] });
    return last;
  };
  const close = (local: number, stream: Stream): Outputs => {
    streams.delete(local);
    return [send('CLSE', local, stream.remote), { kind: 'closed', stream: local }];
  };
  const flush = (local: number, stream: Stream): Outputs => {
    if (stream.state !== 'open' || stream.isWaiting) return [];
    const [head, ...rest] = stream.queue;
    if (head === undefined) return stream.isEnding ? close(local, stream) : [];
    const room = limit();
    stream.queue = head.length > room ? [head.subarray(room), ...rest] : rest;
    stream.isWaiting = true;
    return [send('WRTE', local, stream.remote, head.subarray(0, room))];
  };
  const okay = (local: number, remote: number): Outputs => {
    const stream = streams.get(local);
    if (!stream) return [send('CLSE', 0, remote)];
    if (stream.state === 'opening') {
      Object.assign(stream, { remote, state: 'open' });
      return [{ kind: 'opened', stream: local }, ...flush(local, stream)];
    }
    if (stream.remote !== remote || !stream.isWaiting) return [];
    stream.isWaiting = false;
    const isDrained = stream.queue.length === 0 && !stream.isEnding;
    return isDrained ? [{ kind: 'drained', stream: local }] : flush(local, stream);
  };
  const closed = (local: number, remote: number): Outputs => {
    const stream = streams.get(local);
    // A refused OPEN of this side comes with a remote identifier of 0.
    if (!stream || (stream.remote !== remote && remote !== 0)) return [];
    streams.delete(local);
    return [{ kind: 'closed', stream: local }];
  };
  const clear = (): Outputs => {
    const open = [...streams.keys()];
    streams.clear();
    return open.map((stream) => ({ kind: 'closed', stream }));
  };
  return { streams, add, close, flush, okay, closed, clear };
};

/** A host that says CNXN, and what it has to do before it may go on. */
const createHandshake = (banner: DeviceBanner, authorisation: Authorisation | null) => {
  const state = {
    version: versions.checksum as number,
    limit: 4096,
    isOnline: false,
    token: none as Uint8Array,
  };
  const welcome = (): Outputs => {
    state.isOnline = true;
    const payload = utf8(bannerText(banner));
    return [send('CNXN', versions.noChecksum, maximalPayload, payload), { kind: 'online' }];
  };
  const challenge = (): Outputs => {
    if (!authorisation) return welcome();
    state.token = authorisation.token();
    return [send('AUTH', authToken, 0, state.token)];
  };
  const connect = ({ arg0, arg1 }: Packet): Outputs => {
    if (arg0 < versions.checksum) return broken('adb/version', `protocol version ${arg0}`);
    if (arg1 === 0) return broken('adb/limit', 'a largest payload of 0 bytes');
    state.version = Math.min(arg0, versions.noChecksum);
    state.limit = Math.min(arg1, maximalPayload);
    state.isOnline = false;
    return challenge();
  };
  const authenticate = ({ arg0, payload }: Packet): Outputs => {
    if (state.isOnline || !authorisation) return [];
    if (arg0 === authKey) return [{ kind: 'key', key: textOf(payload) }];
    if (arg0 !== authSignature) return broken('adb/auth', `AUTH of type ${arg0}`);
    return authorisation.isKnown(state.token, payload) ? welcome() : challenge();
  };
  return { state, connect, authenticate, welcome };
};

/** Makes the device side of a connection that the host begins with CNXN. */
export const createTransport = (
  banner: DeviceBanner,
  authorisation: Authorisation | null = null,
): Transport => {
  const handshake = createHandshake(banner, authorisation);
  const table = createStreams(() => handshake.state.limit);
  const { streams } = table;

  const open = ({ arg0, payload }: Packet): Outputs => {
    if (arg0 === 0) return broken('adb/stream', 'OPEN of stream 0');
    const stream = table.add(arg0, 'asked');
    return [{ kind: 'open', stream, service: textOf(payload) }];
  };
  const written = ({ arg0, arg1, payload }: Packet): Outputs => {
    const stream = streams.get(arg1);
    if (!stream || stream.remote !== arg0) return [send('CLSE', 0, arg0)];
    return [{ kind: 'data', stream: arg1, bytes: payload }];
  };
  const use = (packet: Packet): Outputs => {
    switch (packet.command) {
      case 'OPEN':
        return open(packet);
      case 'OKAY':
        return table.okay(packet.arg1, packet.arg0);
      case 'WRTE':
        return written(packet);
      case 'CLSE':
        return table.closed(packet.arg1, packet.arg0);
      case 'SYNC':
      case 'CNXN':
      case 'AUTH':
        return [];
    }
  };
  const withStream = (local: number, work: (stream: Stream) => Outputs): Outputs => {
    const stream = streams.get(local);
    return stream ? work(stream) : [];
  };
  return {
    receive(packet) {
      if (packet.command === 'CNXN') return [...table.clear(), ...handshake.connect(packet)];
      if (packet.command === 'AUTH') return handshake.authenticate(packet);
      if (!handshake.state.isOnline) return broken('adb/early', `${packet.command} before CNXN`);
      return use(packet);
    },
    hasChecksum: () => handshake.state.version < versions.noChecksum,
    authorise: () => (handshake.state.isOnline ? [] : handshake.welcome()),
    accept: (local) =>
      withStream(local, (stream) => {
        stream.state = 'open';
        return [send('OKAY', local, stream.remote), ...table.flush(local, stream)];
      }),
    refuse: (local) =>
      withStream(local, (stream) => {
        streams.delete(local);
        return [send('CLSE', 0, stream.remote), { kind: 'closed', stream: local }];
      }),
    open(service) {
      const stream = table.add(0, 'opening');
      return { stream, outputs: [send('OPEN', stream, 0, concat(utf8(service), zero))] };
    },
    write: (local, bytes) =>
      withStream(local, (stream) => {
        if (stream.isEnding || bytes.length === 0) return [];
        stream.queue.push(bytes);
        return table.flush(local, stream);
      }),
    consume: (local) =>
      withStream(local, (stream) =>
        stream.state === 'open' ? [send('OKAY', local, stream.remote)] : [],
      ),
    end: (local) =>
      withStream(local, (stream) => {
        stream.isEnding = true;
        return stream.isWaiting || stream.queue.length > 0
          ? table.flush(local, stream)
          : table.close(local, stream);
      }),
  };
};
