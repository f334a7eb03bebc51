import { createGunzip, type Gunzip } from 'node:zlib';
import { problemItem, type CaptureNote } from './capture-item.ts';

/** Bytes given to the decompressor at a time: at most some 16 MB come out of them, whatever is in them. */
const PIECE = 16 * 1024;

/** Whether bytes begin a gzip file (RFC 1952 section 2.3.1). */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

interface Failure extends Error {
  readonly code?: string;
}

/** A decompressor whose output and end are waited for piece by piece. */
const createEngine = () => {
  const engine: Gunzip = createGunzip();
  const ready: Uint8Array[] = [];
  const state: { failure: Failure | null } = { failure: null };
  engine.on('data', (bytes: Uint8Array) => ready.push(bytes));
  const closed = new Promise<void>((resolve) => {
    engine.on('error', (error: Failure) => {
      state.failure = error;
      resolve();
    });
    engine.on('end', resolve);
  });
  return {
    state,
    taken: (): number => engine.bytesWritten,
    ready: () => ready.splice(0),
    write: (piece: Uint8Array): Promise<unknown> =>
      Promise.race([closed, new Promise<void>((resolve) => engine.write(piece, () => resolve()))]),
    end: (): Promise<void> => {
      engine.end();
      return closed;
    },
    destroy: () => engine.destroy(),
  };
};

/** Pieces of one length whatever the chunks were, so that a fault is found at the same place. */
// oxlint-disable-next-line func-style
async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(PIECE);
  let length = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(PIECE - length, chunk.length - at);
      piece.set(chunk.subarray(at, at + count), length);
      length += count;
      at += count;
      if (length < PIECE) continue;
      yield piece;
      piece = new Uint8Array(PIECE);
      length = 0;
    }
  }
  if (length > 0) yield piece.subarray(0, length);
}

/** Decompresses gzip, any number of members; a fault is told after everything that could be read, at its offset in the compressed file. */
// oxlint-disable-next-line func-style
export async function* gunzipped(
  chunks: AsyncIterable<Uint8Array>,
  tell: (note: CaptureNote) => void,
): AsyncGenerator<Uint8Array> {
  const engine = createEngine();
  let total = 0;
  try {
    for await (const piece of pieces(chunks)) {
      total += piece.length;
      await engine.write(piece);
      yield* engine.ready();
      if (engine.state.failure) break;
    }
    if (!engine.state.failure) await engine.end();
    yield* engine.ready();
    const { failure } = engine.state;
    if (failure?.code === 'Z_BUF_ERROR') tell(problemItem('gzip-truncated', total));
    else if (failure) tell(problemItem('gzip-corrupt', engine.taken(), failure.code ?? 'unknown'));
    else if (engine.taken() < total) tell(problemItem('gzip-trailing', engine.taken()));
  } finally {
    engine.destroy();
  }
}
