import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { concat, toHex } from '../../reference/core/bytes.ts';
import { errorCode, type Endpoint } from './endpoint.ts';
import {
  clientHello,
  readServerAnswer,
  type HelloOffer,
  type ServerAnswer,
  type TlsVersion,
} from './tls-wire.ts';

/** What came of one ClientHello on a connection of its own; plain data. */
export type HelloOutcome =
  | { readonly kind: 'accepted'; readonly version: TlsVersion; readonly suite: number }
  | {
      readonly kind: 'refused';
      readonly by: 'alert';
      readonly level: number;
      readonly description: number;
    }
  | { readonly kind: 'refused'; readonly by: 'sslv2-error'; readonly code: number }
  | { readonly kind: 'refused'; readonly by: 'close' | 'reset' }
  | { readonly kind: 'garbage'; readonly firstBytes: string }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'unreachable'; readonly reason: string };

const longestAnswer = 65_536;

const settled = (answer: ServerAnswer): HelloOutcome | null => {
  switch (answer.kind) {
    case 'accepted':
    case 'garbage':
      return answer;
    case 'alert':
      return {
        kind: 'refused',
        by: 'alert',
        level: answer.level,
        description: answer.description,
      };
    case 'sslv2-error':
      return { kind: 'refused', by: 'sslv2-error', code: answer.code };
    case 'incomplete':
      return null;
  }
};

const ended = (received: Uint8Array, answer: ServerAnswer, by: 'close' | 'reset'): HelloOutcome => {
  if (answer.kind === 'incomplete' && answer.warning)
    return { kind: 'refused', by: 'alert', ...answer.warning };
  if (received.length > 0) return { kind: 'garbage', firstBytes: toHex(received.subarray(0, 32)) };
  return { kind: 'refused', by };
};

const freshShare = (): Uint8Array => {
  const { publicKey } = generateKeyPairSync('x25519');
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })).subarray(-32);
};

/**
 * Sends one ClientHello on a new TCP connection and tells how the server answered it; the connection is then dropped.
 * Never rejects; settles within `deadlineMs` milliseconds, connecting included.
 */
export const offerHello = (
  endpoint: Endpoint,
  offer: HelloOffer,
  deadlineMs: number,
): Promise<HelloOutcome> =>
  new Promise((resolve) => {
    const fresh = { random: randomBytes(32), session: randomBytes(32), share: freshShare() };
    const hello = clientHello(offer, fresh);
    let received: Uint8Array = new Uint8Array(0);
    let connected = false;
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    const finish = (outcome: HelloOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => finish({ kind: 'deadline' }), deadlineMs);
    const atEnd = (by: 'close' | 'reset'): void =>
      finish(ended(received, readServerAnswer(received, offer.version), by));
    socket.on('connect', () => {
      connected = true;
      socket.write(hello);
    });
    socket.on('data', (chunk) => {
      received = concat(received, chunk);
      const outcome = settled(readServerAnswer(received, offer.version));
      if (outcome) finish(outcome);
      else if (received.length > longestAnswer)
        finish({ kind: 'garbage', firstBytes: toHex(received.subarray(0, 32)) });
    });
    socket.on('end', () => atEnd('close'));
    socket.on('error', (error) => {
      if (connected) atEnd('reset');
      else finish({ kind: 'unreachable', reason: errorCode(error) });
    });
  });
