import { appendFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { fault, ok, type Result } from '../../../reference/core/result.ts';
import type { CaptureFault } from './libc.ts';
import { decryptionSecrets, interfaceStatistics } from './pcapng-writer.ts';
import { probeRawSocket } from './raw-socket.ts';
import type { CapturedFile, WorkerInput, WorkerReport } from './worker-protocol.ts';

export { bringLoopbackUp } from './interfaces.ts';

/** What a finished capture holds. */
export interface CaptureTotals {
  readonly packets: number;
  /** Bytes on the wire, link headers included. */
  readonly bytes: number;
  /** Packets the kernel dropped because they came faster than they were written. */
  readonly dropped: number;
  /** Paths of the files, in order; several where they were rotated. */
  readonly files: readonly string[];
}

/** A capture under way. Its file is a readable pcapng file at every moment; only the secrets and the statistics come at the end. */
export interface Capture {
  /** Drains packets already sent, ends the capture and completes the file; rejects when the file cannot be written. */
  stop(secrets: { readonly tlsKeyLog: readonly string[] }): Promise<CaptureTotals>;
}

/** What to capture, and where to. */
export interface CaptureRequest {
  readonly interface: string;
  /** Path of the pcapng file; an older file is replaced. */
  readonly file: string;
  /** Kept in the file's header: the scenario's name. */
  readonly comment: string;
  /** Bytes after which the next file is begun, `NAME-00002.pcapng` and so on, each with its own secrets and statistics; one file when absent. */
  readonly rotateBytes?: number;
}

/** Whether capturing is possible here, and by what means; changes nothing. */
export const captureSupport = (): Result<string, CaptureFault> => probeRawSocket();

/** Beside this file: as TypeScript in the repository, as JavaScript in the published package. */
const workerFile = (): URL =>
  import.meta.url.endsWith('.ts')
    ? new URL('./capture-worker.ts', import.meta.url)
    : new URL('./capture-worker.js', import.meta.url);

/** The next report of the thread; its unexpected end is a `crashed` report. */
const nextReport = (worker: Worker): Promise<WorkerReport> =>
  new Promise((resolve) => {
    const settle = (report: WorkerReport): void => {
      worker.off('message', settle).off('error', onError).off('exit', onExit);
      resolve(report);
    };
    const onError = (error: unknown): void => settle({ kind: 'crashed', reason: String(error) });
    const onExit = (): void => settle({ kind: 'crashed', reason: 'the capturing thread ended' });
    worker.on('message', settle).on('error', onError).on('exit', onExit);
  });

/** Starts capturing every packet of an interface; resolves once nothing sent from now on can be missed. */
export const startCapture = async (
  request: CaptureRequest,
): Promise<Result<Capture, CaptureFault>> => {
  const control = new SharedArrayBuffer(4);
  const input: WorkerInput = { ...request, control };
  // Options such as --input-type, given for the main program, would stop the thread from starting.
  const worker = new Worker(workerFile(), { workerData: input, execArgv: [] });
  const started = await nextReport(worker);
  if (started.kind === 'refused') return { ok: false, error: started.fault };
  if (started.kind === 'failed') return fault('file', -1, started.reason);
  if (started.kind === 'crashed') return fault('thread', -1, started.reason);
  if (started.kind === 'done') return fault('thread', -1, 'the capture ended before it began');
  const finished = nextReport(worker);
  // A forgotten capture must not keep the process alive.
  worker.unref();
  return ok({
    stop: async ({ tlsKeyLog }) => {
      worker.ref();
      Atomics.store(new Int32Array(control), 0, 1);
      const done = await finished;
      if (done.kind !== 'done') {
        const reason = 'reason' in done ? done.reason : done.kind;
        throw new Error(`the capture ${request.file} broke off: ${reason}; run it again`);
      }
      for (const file of done.files) await complete(file, started.headLength, tlsKeyLog);
      return totalsOf(done.files);
    },
  });
};

const sumOf = (files: readonly CapturedFile[], field: 'packets' | 'bytes' | 'dropped'): number =>
  files.reduce((total, file) => total + file[field], 0);

const totalsOf = (files: readonly CapturedFile[]): CaptureTotals => ({
  packets: sumOf(files, 'packets'),
  bytes: sumOf(files, 'bytes'),
  dropped: sumOf(files, 'dropped'),
  files: files.map(({ path }) => path),
});

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** Adds the statistics at the end, and the secrets before the packets, where readers need them; the latter rewrites the file beside itself. */
const complete = async (
  { path, packets, dropped }: CapturedFile,
  headLength: number,
  keyLog: readonly string[],
): Promise<void> => {
  const statistics = interfaceStatistics(now(), packets, dropped);
  if (keyLog.length === 0) {
    await appendFile(path, statistics);
    return;
  }
  const part = `${path}.part`;
  const [source, target] = await Promise.all([open(path, 'r'), open(part, 'w')]);
  try {
    await copy(source, target, 0, headLength);
    await target.write(decryptionSecrets(keyLog));
    await copy(source, target, headLength, Number.POSITIVE_INFINITY);
    await target.write(statistics);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
};

const copy = async (
  source: FileHandle,
  target: FileHandle,
  from: number,
  to: number,
): Promise<void> => {
  const chunk = Buffer.alloc(1 << 20);
  for (let position = from; position < to;) {
    const wanted = Math.min(chunk.length, to - position);
    const { bytesRead } = await source.read(chunk, 0, wanted, position);
    if (bytesRead === 0) return;
    await target.write(chunk, 0, bytesRead);
    position += bytesRead;
  }
};
