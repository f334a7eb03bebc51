import { connect } from 'node:net';
import { concat, latin1 } from '../../../reference/core/bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import { errorCode } from '../endpoint.ts';

/** How a port answered bytes in clear; `silent` means that the deadline passed, which refuses nothing. */
export type PlainAnswer =
  /** First line, one character per byte, up to 120 characters. */
  | { readonly kind: 'answered'; readonly line: string }
  | { readonly kind: 'tls-alert' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreachable'; readonly reason: string };

const longestLine = 120;

const read = (bytes: Uint8Array): PlainAnswer => {
  if (bytes.length === 0) return { kind: 'closed' };
  if (bytes[0] === 21 && bytes[1] === 3) return { kind: 'tls-alert' };
  const [line = ''] = latin1(bytes.subarray(0, longestLine)).split(/\r?\n/);
  return { kind: 'answered', line: line.replaceAll(/[^\x20-\x7e]/g, '?') };
};

/** Sends bytes in clear on a connection of its own. Never rejects; settles within `deadlineMs` milliseconds. */
export const offerPlain = (
  endpoint: Endpoint,
  request: Uint8Array,
  deadlineMs: number,
): Promise<PlainAnswer> =>
  new Promise((resolve) => {
    let received: Uint8Array = new Uint8Array(0);
    let connected = false;
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    const finish = (answer: PlainAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(
      () => finish(received.length > 0 ? read(received) : { kind: 'silent' }),
      deadlineMs,
    );
    socket.on('connect', () => {
      connected = true;
      socket.write(request);
    });
    socket.on('data', (chunk) => {
      received = concat(received, chunk);
      if (received.length >= longestLine || received.includes(10) || received[0] === 21)
        finish(read(received));
    });
    socket.on('end', () => finish(read(received)));
    socket.on('error', (error) =>
      finish(connected ? read(received) : { kind: 'unreachable', reason: errorCode(error) }),
    );
  });
