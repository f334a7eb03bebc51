import { open } from 'node:fs/promises';
import { concat } from '../../reference/core/bytes.ts';
import {
  problemItem,
  stopAt,
  type CaptureItem,
  type CaptureReader,
  type FrameReader,
} from './capture-item.ts';
import { isPcapMagic, pcapFrames } from './pcap-reader.ts';
import { pcapngFrames } from './pcapng-reader.ts';

const PCAPNG_MAGIC = 0x0a0d0d0a;

const choose = (view: DataView): FrameReader => {
  const magic = view.getUint32(0, true);
  if (magic === PCAPNG_MAGIC) return pcapngFrames();
  return isPcapMagic(magic) ? pcapFrames() : () => stopAt('capture-format', 0);
};

/** Reads pcapng and classic pcap, told apart by their first bytes. */
export const createCaptureReader = (): CaptureReader => {
  let pending: Uint8Array = new Uint8Array();
  let offset = 0;
  let frames: FrameReader | null = null;
  let stopped = false;

  const drain = (): readonly CaptureItem[] => {
    const items: CaptureItem[] = [];
    let used = 0;
    while (!stopped) {
      const view = new DataView(
        pending.buffer,
        pending.byteOffset + used,
        pending.byteLength - used,
      );
      if (view.byteLength < 4) break;
      frames ??= choose(view);
      const step = frames(view, offset + used);
      if (step.kind === 'more') break;
      if (step.kind === 'stop') {
        stopped = true;
        items.push({ kind: 'problem', problem: step.problem });
      } else {
        for (const item of step.items) items.push(item);
        used += step.length;
      }
    }
    pending = stopped ? new Uint8Array() : pending.subarray(used);
    offset += used;
    return items;
  };

  return {
    push: (chunk) => {
      if (stopped) return [];
      pending = pending.length === 0 ? chunk : concat(pending, chunk);
      return drain();
    },
    end: () => {
      if (stopped) return [];
      stopped = true;
      if (pending.length > 0) return [problemItem('capture-truncated', offset)];
      return offset === 0 ? [problemItem('capture-empty', 0)] : [];
    },
  };
};

const CHUNK = 4 * 1024 * 1024;

/** Chunks of a capture: bytes as they are, or a file by its path, read piece by piece. */
// oxlint-disable-next-line func-style
export async function* captureChunks(source: Uint8Array | string): AsyncGenerator<Uint8Array> {
  if (typeof source !== 'string') {
    yield source;
    return;
  }
  const file = await open(source, 'r');
  try {
    for (;;) {
      // A fresh buffer each time: packets are views into it.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
