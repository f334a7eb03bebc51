import { isIPv6 } from 'node:net';
import { MessageChannel, Worker } from 'node:worker_threads';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';
import { socketAddressLength, writeSocketAddress } from './address.ts';
import type { BatchControl, BatchReport, BatchWorkerInput, Descriptors } from './batch-protocol.ts';
import type { EngineCall, RelayEngine } from './engine.ts';
import { loadLibc, type Libc } from './libc.ts';
import { figuresLength, type RelayRange, type Side } from './session.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const EFD_NONBLOCK = 0x800;
const EFD_CLOEXEC = 0x80000;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const bindSocket = (libc: Libc, host: string, port: number): number | null => {
  const family = isIPv6(host) ? AF_INET6 : AF_INET;
  const socket = libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return null;
  if (family === AF_INET6)
    libc.setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array([1, 0, 0, 0]), 4);
  const address = new Uint8Array(socketAddressLength);
  if (libc.bind(socket, address, writeSocketAddress(address, host, port)) === 0) return socket;
  libc.close(socket);
  return null;
};

const bindPair = (libc: Libc, host: string, port: number): Descriptors | null => {
  const rtp = bindSocket(libc, host, port);
  const rtcp = rtp === null ? null : bindSocket(libc, host, port + 1);
  if (rtp !== null && rtcp !== null) return { rtp, rtcp };
  if (rtp !== null) libc.close(rtp);
  return null;
};

/** Beside this file: as TypeScript in the repository, as JavaScript in the published package. */
const workerFile = (): URL =>
  import.meta.url.endsWith('.ts')
    ? new URL('./batch-worker.ts', import.meta.url)
    : new URL('./batch-worker.js', import.meta.url);

interface Call {
  readonly sockets: Readonly<Record<Side, Descriptors>>;
  readonly left: PromiseWithResolvers<void>;
}

/** The relaying thread as the main thread sees it. */
interface Thread {
  readonly calls: Map<number, Call>;
  /** Resolves with null once it relays, with the reason when it cannot. */
  readonly started: Promise<string | null>;
  readonly ended: Promise<void>;
  /** False once the thread is gone. */
  order(message: BatchControl): boolean;
}

const closeSockets = (libc: Libc, { sockets }: Call): void => {
  for (const { rtp, rtcp } of Object.values(sockets)) {
    libc.close(rtp);
    libc.close(rtcp);
  }
};

const startThread = (
  libc: Libc,
  range: RelayRange,
  onFailure: (reason: string) => void,
): Thread => {
  const wake = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  const { port1: orders, port2: control } = new MessageChannel();
  const given = new Int32Array(new SharedArrayBuffer(4));
  const workerData: BatchWorkerInput = { range, wake, given, control };
  // Options such as --input-type, given for the main program, would stop the thread from starting.
  const worker = new Worker(workerFile(), { workerData, transferList: [control], execArgv: [] });
  const calls = new Map<number, Call>();
  const [started, ended] = [Promise.withResolvers<string | null>(), Promise.withResolvers<void>()];
  const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
  let isGone = false;
  let isStopping = false;
  let reason = 'the relaying thread ended';
  worker.on('message', (report: BatchReport) => {
    if (report.kind === 'ready') started.resolve(null);
    else if (report.kind === 'failed') reason = report.reason;
    else {
      calls.get(report.call)?.left.resolve();
      calls.delete(report.call);
    }
  });
  worker.on('error', (error: unknown) => (reason = String(error)));
  worker.once('exit', () => {
    isGone = true;
    orders.close();
    libc.close(wake);
    for (const call of calls.values()) {
      closeSockets(libc, call);
      call.left.resolve();
    }
    calls.clear();
    started.resolve(reason);
    ended.resolve();
    if (!isStopping) onFailure(reason);
  });
  return {
    calls,
    started: started.promise,
    ended: ended.promise,
    order(message) {
      if (isGone) return false;
      isStopping ||= message.kind === 'stop';
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
      orders.postMessage(message);
      Atomics.add(given, 0, 1);
      libc.write(wake, one, one.length);
      return true;
    },
  };
};

const joinCall = (
  thread: Thread,
  call: number,
  sockets: Call['sockets'],
  figures: Float64Array,
): EngineCall => {
  const { left } = thread.calls
    .set(call, { sockets, left: Promise.withResolvers<void>() })
    .get(call) as Call;
  thread.order({ kind: 'join', call, sockets, figures });
  return {
    setPhone: (side, address, port) => {
      thread.order({ kind: 'phone', call, side, address, port });
    },
    moved: (side, address) => {
      thread.order({ kind: 'moved', call, side, address });
    },
    end: () => {
      if (!thread.order({ kind: 'leave', call })) left.resolve();
      return left.promise;
    },
  };
};

/**
 * Relays by recvmmsg(2) and sendmmsg(2) in a thread of its own, so that neither signalling nor garbage keeps audio waiting; Linux only.
 * Sockets are bound here, at once, and closed by the thread, which is the only one that uses them in between.
 */
export const createBatchEngine = async (
  range: RelayRange,
  onFailure: (reason: string) => void,
): Promise<Result<RelayEngine<Descriptors>, Fault<'not-supported'>>> => {
  const loaded = loadLibc();
  if (!loaded.ok) return loaded;
  const libc = loaded.value;
  let hasStarted = false;
  const thread = startThread(libc, range, (reason) => hasStarted && onFailure(reason));
  const problem = await thread.started;
  if (problem !== null) return fault('not-supported', -1, problem);
  hasStarted = true;
  let count = 0;
  return ok({
    bind: (port) => bindPair(libc, range.host, port),
    release({ rtp, rtcp }) {
      libc.close(rtp);
      libc.close(rtcp);
      return Promise.resolve();
    },
    figures: () =>
      new Float64Array(new SharedArrayBuffer(figuresLength * Float64Array.BYTES_PER_ELEMENT)),
    join: (pairs, figures) => joinCall(thread, (count += 1), pairs, figures),
    async close() {
      thread.order({ kind: 'stop' });
      await thread.ended;
    },
  });
};
