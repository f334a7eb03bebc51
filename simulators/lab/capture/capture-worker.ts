import { closeSync, openSync, writevSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { enhancedPacket, interfaceDescription, sectionHeader } from './pcapng-writer.ts';
import { openRawSocket, snapLength, type RawPacket, type RawSocket } from './raw-socket.ts';
import type { WorkerInput, WorkerReport } from './worker-protocol.ts';

/** A thread of its own reads the socket, so that a busy main thread loses nothing. */

const quietTime = 20;
const nanosecondsOfQuiet = BigInt(quietTime) * 1_000_000n;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
const report = (message: WorkerReport): void => parentPort?.postMessage(message);

interface Totals {
  packets: number;
  bytes: number;
}

const write = (file: number, packets: readonly RawPacket[], totals: Totals): void => {
  if (packets.length === 0) return;
  writeAll(
    file,
    packets.map((packet) => enhancedPacket(packet.at, packet.bytes, packet.length)),
  );
  totals.packets += packets.length;
  totals.bytes += packets.reduce((sum, packet) => sum + packet.length, 0);
};

const writeAll = (file: number, blocks: readonly Uint8Array[]): void => {
  const wanted = blocks.reduce((sum, block) => sum + block.length, 0);
  const written = writevSync(file, blocks);
  if (written !== wanted) throw new Error(`wrote ${written} of ${wanted} bytes; is the disc full?`);
};

/**
 * Reads until asked to stop, then until the socket stays quiet for a moment or gives a packet that is clearly younger
 * than the request: every packet sent before the request is then in the file.
 */
const capture = (socket: RawSocket, file: number, control: Int32Array): Totals => {
  const totals: Totals = { packets: 0, bytes: 0 };
  let stopAsked: bigint | null = null;
  for (;;) {
    const came = socket.wait(quietTime);
    if (!came && stopAsked !== null) return totals;
    if (came) {
      const packets = socket.read();
      if (!packets.ok) throw new Error(packets.error.detail ?? packets.error.code);
      write(file, packets.value, totals);
      const newest = packets.value.at(-1)?.at ?? 0n;
      if (stopAsked !== null && newest > stopAsked + nanosecondsOfQuiet) return totals;
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
  let file = -1;
  try {
    file = openSync(input.file, 'w');
    const head = [sectionHeader(input.comment), interfaceDescription(input.interface, snapLength)];
    writeAll(file, head);
    report({ kind: 'started', headLength: head.reduce((sum, block) => sum + block.length, 0) });
    const totals = capture(socket.value, file, new Int32Array(input.control));
    report({ kind: 'done', ...totals, dropped: socket.value.drops() });
  } catch (error) {
    report({ kind: 'failed', reason: String(error) });
  } finally {
    if (file >= 0) closeSync(file);
    socket.value.close();
  }
};

run(workerData as WorkerInput);
