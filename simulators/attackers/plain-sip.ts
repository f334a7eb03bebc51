import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { concat, latin1, toHex, utf8 } from '../../reference/core/bytes.ts';
import { errorCode, type Endpoint } from './endpoint.ts';

/** How a port answered a SIP request in clear; `silent` means that the deadline passed, which refuses nothing. */
export type PlainSipOutcome =
  | { readonly kind: 'answered'; readonly statusLine: string }
  | { readonly kind: 'closed'; readonly by: 'close' | 'reset' }
  | { readonly kind: 'silent' }
  /** No connection came about, or so many requests over UDP met neither an answer nor a refusal, until the deadline. */
  | { readonly kind: 'filtered'; readonly requests: number }
  | { readonly kind: 'refused-port' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'not-sip'; readonly firstBytes: string };

/** One request in clear and its outcome. */
export interface PlainSipAttempt {
  readonly method: 'OPTIONS' | 'REGISTER';
  readonly outcome: PlainSipOutcome;
}

/** Where, and over which transport, to offer SIP in clear. */
export interface PlainSipTarget {
  readonly endpoint: Endpoint;
  readonly transport: 'udp' | 'tcp';
}

const longestStatusLine = 4_096;

/** Milliseconds until a request over UDP is sent again, doubled each time (RFC 3261 timer E). */
const firstInterval = 500;

/** Requests over UDP that must have met silence before it is more than a lost packet. */
const fewestRequests = 3;

const requestText = (method: PlainSipAttempt['method'], target: PlainSipTarget): Uint8Array => {
  const { host, port } = target.endpoint;
  const bracketed = isIPv6(host) ? `[${host}]` : host;
  const token = (): string => randomBytes(8).toString('hex');
  const user = 'sip:+33600000000@';
  const contact = method === 'REGISTER' ? [`Contact: <${user}127.0.0.1:5060>`, 'Expires: 60'] : [];
  return utf8(
    [
      `${method} sip:${bracketed}:${port} SIP/2.0`,
      `Via: SIP/2.0/${target.transport.toUpperCase()} 127.0.0.1:5060;rport;branch=z9hG4bK${token()}`,
      'Max-Forwards: 70',
      `From: <${user}${bracketed}>;tag=${token()}`,
      `To: <${user}${bracketed}>`,
      `Call-ID: ${token()}@127.0.0.1`,
      `CSeq: 1 ${method}`,
      ...contact,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
};

/** What the bytes so far tell, or null while they may still become a status line. */
const readReply = (bytes: Uint8Array): PlainSipOutcome | null => {
  const text = latin1(bytes.subarray(0, longestStatusLine));
  const line = /^SIP\/2\.0 [1-6]\d\d [^\r\n]*(?=\r\n)/.exec(text);
  if (line) return { kind: 'answered', statusLine: line[0] };
  const start = 'SIP/2.0 ';
  const maybe = text.startsWith(start) && !text.includes('\n') && text.length < longestStatusLine;
  if (maybe || start.startsWith(text)) return null;
  return { kind: 'not-sip', firstBytes: toHex(bytes.subarray(0, 64)) };
};

const notSip = (bytes: Uint8Array): PlainSipOutcome => ({
  kind: 'not-sip',
  firstBytes: toHex(bytes.subarray(0, 64)),
});

const overTcp = (
  endpoint: Endpoint,
  request: Uint8Array,
  deadlineMs: number,
): Promise<PlainSipOutcome> =>
  new Promise((resolve) => {
    let received: Uint8Array = new Uint8Array(0);
    let connected = false;
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    const finish = (outcome: PlainSipOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(
      () => finish(connected ? { kind: 'silent' } : { kind: 'filtered', requests: 1 }),
      deadlineMs,
    );
    const atEnd = (by: 'close' | 'reset'): void =>
      finish(received.length > 0 ? notSip(received) : { kind: 'closed', by });
    socket.on('connect', () => {
      connected = true;
      socket.write(request);
    });
    socket.on('data', (chunk) => {
      received = concat(received, chunk);
      const outcome = readReply(received);
      if (outcome) finish(outcome);
    });
    socket.on('end', () => atEnd('close'));
    socket.on('error', (error) => {
      const code = errorCode(error);
      if (connected) atEnd('reset');
      else
        finish(
          code === 'ECONNREFUSED'
            ? { kind: 'refused-port' }
            : { kind: 'unreachable', reason: code },
        );
    });
  });

const overUdp = (
  endpoint: Endpoint,
  request: Uint8Array,
  deadlineMs: number,
): Promise<PlainSipOutcome> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(endpoint.host) ? 'udp6' : 'udp4');
    let finished = false;
    let requests = 0;
    let repeating: NodeJS.Timeout | undefined;
    const finish = (outcome: PlainSipOutcome): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      clearTimeout(repeating);
      socket.close();
      resolve(outcome);
    };
    const ask = (interval: number): void => {
      if (finished) return;
      requests += 1;
      socket.send(request);
      repeating = setTimeout(() => ask(interval * 2), interval);
    };
    const timer = setTimeout(
      () => finish(requests < fewestRequests ? { kind: 'silent' } : { kind: 'filtered', requests }),
      deadlineMs,
    );
    socket.on('message', (packet) => finish(readReply(packet) ?? notSip(packet)));
    socket.on('error', (error) => {
      const code = errorCode(error);
      finish(
        code === 'ECONNREFUSED' ? { kind: 'refused-port' } : { kind: 'unreachable', reason: code },
      );
    });
    socket.on('connect', () => ask(firstInterval));
    socket.connect(endpoint.port, endpoint.host);
  });

/**
 * Sends an OPTIONS and a REGISTER, each in clear and on its own connection, over UDP again and again, and tells how each was answered.
 * Never rejects; each settles within `deadlineMs` milliseconds.
 */
export const offerPlainSip = async (
  target: PlainSipTarget,
  deadlineMs: number,
): Promise<readonly PlainSipAttempt[]> => {
  const offer = target.transport === 'udp' ? overUdp : overTcp;
  return Promise.all(
    (['OPTIONS', 'REGISTER'] as const).map(async (method) => ({
      method,
      outcome: await offer(target.endpoint, requestText(method, target), deadlineMs),
    })),
  );
};
