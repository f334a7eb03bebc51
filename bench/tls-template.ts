import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect, TLSSocket } from 'node:tls';
import { makeCertificate } from '../scenarios/wire/testing/tools.ts';

/** Bytes that one side of a real TLS connection sent, and after which of its exchanges. */
export interface TlsStretch {
  readonly fromClient: boolean;
  /** 0 for the handshake, then the number of the exchange. */
  readonly phase: number;
  readonly bytes: Uint8Array;
}

/** A recorded connection. */
export interface TlsTemplate {
  readonly stretches: readonly TlsStretch[];
  readonly keyLog: readonly string[];
}

/** Two ends of a pipe that tells what passes. */
const pipe = (tell: (fromClient: boolean, bytes: Uint8Array) => void): [Duplex, Duplex] => {
  const ends: Duplex[] = [];
  const end = (fromClient: boolean): Duplex =>
    new Duplex({
      read: () => {},
      write: (chunk: Uint8Array, _encoding, done) => {
        tell(fromClient, new Uint8Array(chunk));
        ends[fromClient ? 1 : 0]?.push(chunk);
        done();
      },
      final: (done) => {
        ends[fromClient ? 1 : 0]?.push(null);
        done();
      },
    });
  const [client, server] = [end(true), end(false)];
  ends.push(client, server);
  return [client, server];
};

const read = async (socket: TLSSocket, length: number): Promise<void> => {
  for (let left = length; left > 0;) {
    const [chunk] = (await once(socket, 'data')) as [Uint8Array];
    left -= chunk.length;
  }
};

const profile = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'DHE-RSA-AES256-GCM-SHA384',
} as const;

/** Records a connection of the product's profile in which each exchange is a request and its answer. */
export const recordTls = async (
  exchanges: readonly (readonly [request: Uint8Array, answer: Uint8Array])[],
): Promise<TlsTemplate> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  try {
    const server = makeCertificate(folder, 'server');
    const client = makeCertificate(folder, 'client');
    const stretches: TlsStretch[] = [];
    const keyLog: string[] = [];
    let phase = 0;
    const [clientEnd, serverEnd] = pipe((fromClient, bytes) =>
      stretches.push({ fromClient, phase, bytes }),
    );
    const accepted = new TLSSocket(serverEnd, {
      isServer: true,
      ...server,
      ...profile,
      dhparam: 'auto',
      ca: client.cert,
      requestCert: true,
    });
    const socket = connect({ socket: clientEnd, ...client, ...profile, rejectUnauthorized: false });
    socket.on('keylog', (line) => keyLog.push(line.toString().trim()));
    await once(socket, 'secureConnect');
    for (const [request, answer] of exchanges) {
      phase += 1;
      socket.write(request);
      await read(accepted, request.length);
      accepted.write(answer);
      await read(socket, answer.length);
    }
    socket.destroy();
    accepted.destroy();
    return { stretches, keyLog };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
