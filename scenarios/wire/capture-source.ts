import { open } from 'node:fs/promises';
import type { CaptureNote } from './capture-item.ts';
import { gunzipped, isGzip } from './gzip-source.ts';

/** Where a capture's bytes come from: memory, a file by its path, or anything that can be read from its start again. */
export type CaptureSource =
  | Uint8Array
  | string
  | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

const CHUNK = 1024 * 1024;

/** A file's bytes; while one chunk is worked on, the next is read into the other of two buffers. */
// oxlint-disable-next-line func-style
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  const buffers = [new Uint8Array(CHUNK), new Uint8Array(CHUNK)] as const;
  let turn: 0 | 1 = 0;
  let next = file.read(buffers[turn], 0, CHUNK);
  try {
    for (;;) {
      const { bytesRead, buffer } = await next;
      if (bytesRead === 0) return;
      turn = turn === 0 ? 1 : 0;
      next = file.read(buffers[turn], 0, CHUNK);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await next.catch(() => {});
    await file.close();
  }
}

const rawChunks = (source: CaptureSource): Iterable<Uint8Array> | AsyncIterable<Uint8Array> => {
  if (typeof source === 'string') return fileChunks(source);
  return typeof source === 'function' ? source() : [source];
};

/**
 * Chunks of a capture, gzip undone where its first bytes say so. A chunk is good until the next is asked for. What is wrong
 * with the compression is told as a problem after the last chunk; only a file that cannot be read rejects.
 */
// oxlint-disable-next-line func-style
export async function* captureChunks(
  source: CaptureSource,
  tell: (note: CaptureNote) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const chunks = withFirstBytes(rawChunks(source), 2);
  const first = await chunks.next();
  if (first.done === true) return;
  const all = putBack(first.value, chunks);
  yield* isGzip(first.value) ? gunzipped(all, tell) : all;
}

/** The same chunks, the first with at least so many bytes unless there are no more. */
// oxlint-disable-next-line func-style
async function* withFirstBytes(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  least: number,
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | null = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === null) yield chunk;
    else if (start.length + chunk.length < least || start.length > 0) {
      start = Buffer.concat([start, chunk]);
      if (start.length < least) continue;
      yield start;
      start = null;
    } else {
      start = null;
      yield chunk;
    }
  }
  if (start !== null && start.length > 0) yield start;
}

// oxlint-disable-next-line func-style
async function* putBack(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    // Whoever stops at the first chunk has not reached the rest, which holds the file.
    await rest.return(undefined);
  }
}
