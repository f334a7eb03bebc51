import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { runBatchLoop } from './batch-loop.ts';
import type { BatchControl, BatchReport, BatchWorkerInput } from './batch-protocol.ts';
import { loadLibc } from './libc.ts';

/** A thread of its own, which waits in the kernel instead of Node's event loop: messages are fetched, not delivered. */

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
const report = (message: BatchReport): void => parentPort?.postMessage(message);

const run = ({ range, wake, given, control }: BatchWorkerInput): void => {
  const libc = loadLibc();
  if (!libc.ok) return report({ kind: 'failed', reason: libc.error.detail ?? libc.error.code });
  try {
    report({ kind: 'ready' });
    runBatchLoop(libc.value, range, wake, {
      given,
      fetch: () => receiveMessageOnPort(control)?.message as BatchControl | undefined,
      left: (call) => report({ kind: 'left', call }),
    });
  } catch (error) {
    report({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
  return control.close();
};

run(workerData as BatchWorkerInput);
