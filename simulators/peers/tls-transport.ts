import { connect, type TLSSocket } from 'node:tls';
import { TransportState, type Transport } from 'sip.js';
import { toPem } from '../attackers/certificate-forger.ts';
import type { Endpoint, TrustCertificates } from '../attackers/endpoint.ts';
import { exactTlsProfile } from '../attackers/enrolment-client.ts';
import type { EnrolledNumber } from './enrolment.ts';
import { createSipFraming } from './sip-framing.ts';

/** What a transport connects with. */
export interface TlsTransportOptions {
  readonly sip: Endpoint;
  readonly trust: TrustCertificates;
  readonly identity: EnrolledNumber;
  /** Milliseconds until the handshake must be done. */
  readonly deadlineMs: number;
  /** Told of each message sip.js could not take: its parser throws on some. */
  readonly onUnreadable: (reason: string) => void;
}

const openSocket = ({ sip, trust, identity, deadlineMs }: TlsTransportOptions) =>
  new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect({
      ...exactTlsProfile,
      ...sip,
      ca: [trust.root, trust.serverAuthority],
      cert: toPem('CERTIFICATE', identity.certificate) + trust.clientAuthority,
      key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
    });
    const late = (): void => void socket.destroy(new Error('no TLS session in time'));
    const timer = setTimeout(late, deadlineMs);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

const createStateChange = () => {
  const listeners = new Set<(state: TransportState) => void>();
  const on = (listener: (state: TransportState) => void): void => void listeners.add(listener);
  const off = (listener: (state: TransportState) => void): void => void listeners.delete(listener);
  const once = (listener: (state: TransportState) => void): void => {
    const first = (state: TransportState): void => {
      off(first);
      listener(state);
    };
    on(first);
  };
  return {
    emit: (state: TransportState) => listeners.forEach((listener) => listener(state)),
    emitter: {
      on,
      off,
      once,
      removeListener: off,
      addListener: (listener: (state: TransportState) => void, options?: { once?: boolean }) =>
        options?.once === true ? once(listener) : on(listener),
    },
  };
};

/**
 * Reads messages until the connection ends. Each is delivered in a turn of its own, as a WebSocket would: sip.js deals with an
 * ACK in promises, and would answer 500 to a re-INVITE that comes in the same turn.
 */
const readFrom = (socket: TLSSocket, deliver: (text: string) => void, ended: () => void): void => {
  const framing = createSipFraming();
  const waiting: string[] = [];
  const deliverNext = (): void => {
    const [text] = waiting;
    if (text === undefined) return;
    deliver(text);
    waiting.shift();
    setImmediate(deliverNext);
  };
  socket.on('data', (chunk: Uint8Array) => {
    for (const frame of framing.push(chunk)) {
      if (frame.kind === 'message' && waiting.push(frame.text) === 1) setImmediate(deliverNext);
      if (frame.kind === 'broken') socket.destroy(new Error(frame.reason));
    }
  });
  socket.once('close', ended);
};

/** The connection of a transport and its state as sip.js names it. */
const createConnection = (options: TlsTransportOptions) => {
  const changes = createStateChange();
  let socket: TLSSocket | null = null;
  let state = TransportState.Disconnected;
  const enter = (next: TransportState): void => {
    if (state === next) return;
    state = next;
    changes.emit(next);
  };
  return {
    stateChange: changes.emitter,
    state: () => state,
    socket: () => socket,
    /** False where there is a connection already. */
    async open(deliver: (text: string) => void, ended: () => void): Promise<boolean> {
      if (socket) return false;
      enter(TransportState.Connecting);
      socket = await openSocket(options).catch((error: unknown) => {
        enter(TransportState.Disconnected);
        throw error;
      });
      readFrom(socket, deliver, () => {
        socket = null;
        enter(TransportState.Disconnected);
        ended();
      });
      enter(TransportState.Connected);
      return true;
    },
    async close(): Promise<void> {
      const open = socket;
      if (!open) return;
      enter(TransportState.Disconnecting);
      const closed = new Promise((resolve) => open.once('close', resolve));
      open.end(() => open.destroy());
      await closed;
    },
  };
};

/** SIP over mutual TLS as sip.js wants a transport; the library itself speaks WebSocket only. */
export const createTlsTransport = (options: TlsTransportOptions): Transport => {
  const connection = createConnection(options);
  const deliver = (text: string): void => {
    try {
      transport.onMessage?.(text);
    } catch (error) {
      options.onUnreadable(error instanceof Error ? error.message : String(error));
    }
  };
  const transport: Transport = {
    protocol: 'TLS',
    onConnect: undefined,
    onDisconnect: undefined,
    onMessage: undefined,
    get state() {
      return connection.state();
    },
    stateChange: connection.stateChange,
    isConnected: () => connection.state() === TransportState.Connected,
    async connect() {
      if (await connection.open(deliver, () => transport.onDisconnect?.())) transport.onConnect?.();
    },
    disconnect: () => connection.close(),
    dispose: () => connection.close(),
    send: (message) =>
      new Promise((resolve, reject) => {
        const socket = connection.socket();
        if (!socket) return reject(new Error('not connected'));
        socket.write(message, 'utf8', (error) => (error ? reject(error) : resolve()));
      }),
  };
  return transport;
};
