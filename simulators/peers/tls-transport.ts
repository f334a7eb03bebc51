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

/** SIP over mutual TLS as sip.js wants a transport; the library itself speaks WebSocket only. */
export const createTlsTransport = (options: TlsTransportOptions): Transport => {
  let socket: TLSSocket | null = null;
  let state = TransportState.Disconnected;
  const changes = createStateChange();
  const enter = (next: TransportState): void => {
    if (state === next) return;
    state = next;
    changes.emit(next);
  };
  const deliver = (text: string): void => {
    try {
      transport.onMessage?.(text);
    } catch (error) {
      options.onUnreadable(error instanceof Error ? error.message : String(error));
    }
  };
  const read = (from: TLSSocket): void => {
    const framing = createSipFraming();
    from.on('data', (chunk: Uint8Array) => {
      for (const frame of framing.push(chunk)) {
        if (frame.kind === 'message') deliver(frame.text);
        if (frame.kind === 'broken') from.destroy(new Error(frame.reason));
      }
    });
    from.once('close', () => {
      socket = null;
      enter(TransportState.Disconnected);
      transport.onDisconnect?.();
    });
  };
  const transport: Transport = {
    protocol: 'TLS',
    onConnect: undefined,
    onDisconnect: undefined,
    onMessage: undefined,
    get state() {
      return state;
    },
    stateChange: changes.emitter,
    isConnected: () => state === TransportState.Connected,
    async connect() {
      if (socket) return;
      enter(TransportState.Connecting);
      try {
        socket = await openSocket(options);
      } catch (error) {
        enter(TransportState.Disconnected);
        throw error;
      }
      read(socket);
      enter(TransportState.Connected);
      transport.onConnect?.();
    },
    async disconnect() {
      const open = socket;
      if (!open) return;
      enter(TransportState.Disconnecting);
      const closed = new Promise((resolve) => open.once('close', resolve));
      open.end(() => open.destroy());
      await closed;
    },
    dispose: () => transport.disconnect(),
    send: (message) =>
      new Promise((resolve, reject) => {
        if (!socket) return reject(new Error('not connected'));
        socket.write(message, 'utf8', (error) => (error ? reject(error) : resolve()));
      }),
  };
  return transport;
};
