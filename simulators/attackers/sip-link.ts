import { connect, type TLSSocket } from 'node:tls';
import { createFramer, PONG } from '../../reference/core/sip/message/framer.ts';
import {
  headersNamed,
  makeResponse,
  parseMessage,
  serialize,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import { toPem, type CertifiedKey } from './certificate-forger.ts';
import { errorCode, type Endpoint, type TrustCertificates } from './endpoint.ts';
import { exactTlsProfile } from './enrolment-client.ts';

/** What waiting for a message may come to. */
export type Waited<Message> = Message | 'deadline' | 'closed';

/** A mutually authenticated TLS connection that carries SIP. */
export interface SipLink {
  readonly local: Endpoint;
  readonly send: (message: SipMessage) => void;
  /** Bytes as they are, in one piece. */
  readonly sendBytes: (bytes: Uint8Array) => void;
  /** The first message, received already or yet to come, that `select` turns into something; `deadlineMs` from now. */
  readonly next: <Message extends SipMessage>(
    select: (message: SipMessage) => Message | null,
    deadlineMs: number,
  ) => Promise<Waited<Message>>;
  readonly close: () => void;
}

export type SipLinkOutcome =
  | { readonly kind: 'connected'; readonly link: SipLink }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'tls-refused'; readonly reason: string }
  | { readonly kind: 'deadline' };

export interface SipLinkOptions {
  readonly sip: Endpoint;
  readonly trust: TrustCertificates;
  /** Null shows no certificate. */
  readonly identity: CertifiedKey | null;
}

/** A response to a request with the headers that RFC 3261 section 8.2.6.2 takes over; a To tag is added where there is none. */
export const responseTo = (
  request: SipRequest,
  status: number,
  reason: string,
  toTag: string,
  body?: Uint8Array,
): SipResponse => {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Record-Route'].flatMap((name) =>
    headersNamed(request, name).map((header) => {
      if (name !== 'To' || /;\s*tag=/i.test(header.value)) return header;
      const value = `${header.value};tag=${toTag}`;
      return { name: header.name, value, raw: `${header.name}: ${value}` };
    }),
  );
  return makeResponse(status, reason, copied, body);
};

const createInbox = () => {
  const kept: SipMessage[] = [];
  const waiting = new Set<{ readonly offer: (message: SipMessage | 'closed') => boolean }>();
  let closed = false;
  const take = <Message extends SipMessage>(
    select: (message: SipMessage) => Message | null,
  ): Message | null => {
    for (const [index, message] of kept.entries()) {
      const selected = select(message);
      if (!selected) continue;
      kept.splice(index, 1);
      return selected;
    }
    return null;
  };
  const next: SipLink['next'] = (select, deadlineMs) =>
    new Promise((resolve) => {
      const ready = take(select);
      if (ready || closed) return resolve(ready ?? 'closed');
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        resolve('deadline');
      }, deadlineMs);
      const waiter = {
        offer: (message: SipMessage | 'closed'): boolean => {
          const selected = message === 'closed' ? 'closed' : select(message);
          if (!selected) return false;
          clearTimeout(timer);
          waiting.delete(waiter);
          resolve(selected);
          return true;
        },
      };
      waiting.add(waiter);
    });
  return {
    next,
    deliver(message: SipMessage): void {
      const taken = [...waiting].some((waiter) => waiter.offer(message));
      if (!taken && kept.length < 1_000) kept.push(message);
    },
    end(): void {
      closed = true;
      for (const waiter of waiting) waiter.offer('closed');
    },
  };
};

const linkOver = (socket: TLSSocket): SipLink => {
  const inbox = createInbox();
  const framer = createFramer({ side: 'server' });
  const sendBytes = (bytes: Uint8Array): void => {
    if (socket.writable) socket.write(bytes);
  };
  const send = (message: SipMessage): void => sendBytes(serialize(message));
  socket.on('data', (chunk) => {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === 'ping') socket.write(PONG);
      if (frame.kind === 'fault') socket.destroy();
      const parsed = frame.kind === 'message' ? parseMessage(frame.bytes) : null;
      if (!parsed?.ok) continue;
      const message = parsed.value;
      if (message.kind === 'request' && message.method === 'OPTIONS')
        send(responseTo(message, 200, 'OK', 'options'));
      else inbox.deliver(message);
    }
  });
  socket.on('close', () => inbox.end());
  const local = { host: socket.localAddress ?? '127.0.0.1', port: socket.localPort ?? 0 };
  return { local, send, sendBytes, next: inbox.next, close: () => socket.destroy() };
};

/** Connects with the exact TLS profile and a client certificate, if any. Never rejects; settles within `deadlineMs` milliseconds. */
export const openSipLink = (options: SipLinkOptions, deadlineMs: number): Promise<SipLinkOutcome> =>
  new Promise((resolve) => {
    const { sip, trust, identity } = options;
    const socket = connect({
      ...exactTlsProfile,
      host: sip.host,
      port: sip.port,
      ca: [trust.root, trust.serverAuthority],
      ...(identity && {
        cert: toPem('CERTIFICATE', identity.certificate) + trust.clientAuthority,
        key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
      }),
    });
    socket.setNoDelay(true);
    const fail = (outcome: SipLinkOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => fail({ kind: 'deadline' }), deadlineMs);
    let reached = false;
    socket.once('connect', () => {
      reached = true;
    });
    socket.on('error', (error) =>
      fail({ kind: reached ? 'tls-refused' : 'unreachable', reason: errorCode(error) }),
    );
    socket.on('close', () => fail({ kind: 'tls-refused', reason: 'closed' }));
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      resolve({ kind: 'connected', link: linkOver(socket) });
    });
  });
