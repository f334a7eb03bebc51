import { closeSync, openSync, writevSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { enhancedPacket, interfaceDescription, sectionHeader } from './pcapng-writer.ts';
import { openRawSocket, snapLength, type RawPacket, type RawSocket } from './raw-socket.ts';
import type { CapturedFile, WorkerInput, WorkerReport } from './worker-protocol.ts';

/** A thread of its own reads the socket, so that a busy main thread loses nothing. */

const quietTime = 20;
const nanosecondsOfQuiet = BigInt(quietTime) * 1_000_000n;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
const report = (message: WorkerReport): void => parentPort?.postMessage(message);

const writeAll = (file: number, blocks: readonly Uint8Array[]): void => {
  const wanted = blocks.reduce((sum, block) => sum + block.length, 0);
  const written = writevSync(file, blocks);
  if (written !== wanted) throw new Error(`wrote ${written} of ${wanted} bytes; is the disc full?`);
};

/** The second file of `x.pcapng` is `x-00002.pcapng`. */
const pathOf = (first: string, number: number): string => {
  if (number === 1) return first;
  const suffix = `-${String(number).padStart(5, '0')}`;
  return /\.[^./]+$/.test(first) ? first.replace(/(\.[^./]+)$/, `${suffix}$1`) : first + suffix;
};

/** Files that follow one another, each complete in itself. */
const createFiles = (input: WorkerInput, drops: () => number) => {
  const head = [sectionHeader(input.comment), interfaceDescription(input.interface, snapLength)];
  const headLength = head.reduce((sum, block) => sum + block.length, 0);
  const limit = input.rotateBytes ?? Number.POSITIVE_INFINITY;
  const finished: CapturedFile[] = [];
  const open = () => {
    const path = pathOf(input.file, finished.length + 1);
    const file = openSync(path, 'w');
    writeAll(file, head);
    return { path, file, length: headLength, packets: 0, bytes: 0 };
  };
  let current = open();
  const finish = (): void => {
    closeSync(current.file);
    const { path, packets, bytes } = current;
    finished.push({ path, packets, bytes, dropped: drops() });
  };
  return {
    headLength,
    write(packets: readonly RawPacket[]): void {
      if (packets.length === 0) return;
      if (current.length >= limit) {
        finish();
        current = open();
      }
      const blocks = packets.map(({ at, bytes, length }) => enhancedPacket(at, bytes, length));
      writeAll(current.file, blocks);
      current.length += blocks.reduce((sum, block) => sum + block.length, 0);
      current.packets += packets.length;
      current.bytes += packets.reduce((sum, packet) => sum + packet.length, 0);
    },
    /** Closes the last file and tells them all. */
    end(): readonly CapturedFile[] {
      finish();
      return finished;
    },
  };
};

type Files = ReturnType<typeof createFiles>;

/**
 * Reads until asked to stop, then until the socket stays quiet for a moment or gives a packet that is clearly younger
 * than the request: every packet sent before the request is then in a file.
 */
const capture = (socket: RawSocket, files: Files, control: Int32Array): void => {
  let stopAsked: bigint | null = null;
  for (;;) {
    const came = socket.wait(quietTime);
    if (!came && stopAsked !== null) return;
    if (came) {
      const packets = socket.read();
      if (!packets.ok) throw new Error(packets.error.detail ?? packets.error.code);
      files.write(packets.value);
      const newest = packets.value.at(-1)?.at ?? 0n;
      if (stopAsked !== null && newest > stopAsked + nanosecondsOfQuiet) return;
    }
    if (stopAsked === null && Atomics.load(control, 0) === 1) {
      stopAsked = BigInt(Date.now()) * 1_000_000n;
    }
  }
};

const run = (input: WorkerInput): void => {
  const socket = openRawSocket(input.interface);
  if (!socket.ok) {
    report({ kind: 'refused', fault: socket.error });
    return;
  }
  try {
    const files = createFiles(input, () => socket.value.drops());
    report({ kind: 'started', headLength: files.headLength });
    capture(socket.value, files, new Int32Array(input.control));
    report({ kind: 'done', files: files.end() });
  } catch (error) {
    report({ kind: 'failed', reason: String(error) });
  } finally {
    socket.value.close();
  }
};

run(workerData as WorkerInput);
