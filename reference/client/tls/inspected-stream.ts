import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Looks at received bytes before anyone else sees them; `refuse` stops them and all that follow. */
export type Inspect = (chunk: Uint8Array) => 'again' | 'done' | 'refuse';

/**
 * A TCP connection as a stream whose received bytes pass an inspection first, until that is done. Back-pressure, the end of
 * either direction, errors and destruction pass in both directions; each side may end before the other.
 */
export const inspectedStream = (tcp: Socket, inspect: Inspect): Duplex => {
  let inspecting = true;
  const passes = (chunk: Uint8Array): boolean => {
    if (!inspecting) return true;
    const found = inspect(chunk);
    inspecting = found !== 'done';
    return found !== 'refuse';
  };
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => void tcp.resume(),
    write: (chunk: Buffer, _, done) => void tcp.write(chunk, done),
    writev(chunks, done) {
      tcp.cork();
      for (const [index, { chunk }] of chunks.entries())
        tcp.write(chunk as Buffer, index === chunks.length - 1 ? done : undefined);
      tcp.uncork();
    },
    final: (done) => void tcp.end(done),
    destroy(error, done) {
      tcp.destroy();
      done(error);
    },
  });
  tcp.on('data', (chunk: Buffer) => {
    if (!passes(chunk)) stream.destroy();
    else if (!stream.push(chunk)) tcp.pause();
  });
  tcp.on('end', () => stream.push(null));
  tcp.on('error', (error) => stream.destroy(error));
  tcp.on('close', () => stream.destroy());
  tcp.pause();
  return stream;
};
