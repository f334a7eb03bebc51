import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
} from 'node:worker_threads';
import { PropertyFault } from '../target.ts';
import type { ServiceAnswer, ServiceName, ServiceRequest } from './contract.ts';

/** Milliseconds that making the keys of a service, and one request, may take at most. */
const limits = { start: 120_000, request: 10_000 } as const;

interface Line {
  readonly port: MessagePort;
  /** Counts answers. */
  readonly flag: Int32Array<SharedArrayBuffer>;
  orders: number;
}

type Outcome = ServiceAnswer | { readonly fault: string } | null;

const lines = new Map<ServiceName, Line>();

/** The answer to an order; older ones, of orders that were given up, are thrown away. */
const outcomeOf = ({ port, flag }: Line, order: number, limit: number): Outcome | undefined => {
  const end = performance.now() + limit;
  for (;;) {
    const before = Atomics.load(flag, 0);
    const received = receiveMessageOnPort(port);
    if (received !== undefined) {
      const [given, outcome] = received.message as readonly [number, Outcome];
      if (given === order) return outcome;
      continue;
    }
    const left = end - performance.now();
    if (left <= 0) return undefined;
    Atomics.wait(flag, 0, before, left);
  }
};

const lineOf = (name: ServiceName): Line => {
  const known = lines.get(name);
  if (known) return known;
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { name, port: port2, flag },
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  const line = { port: port1, flag, orders: 0 };
  lines.set(name, line);
  return line;
};

const ask = (name: ServiceName, request: ServiceRequest | null, limit: number): Outcome => {
  const line = lineOf(name);
  line.orders += 1;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  line.port.postMessage([line.orders, request]);
  const outcome = outcomeOf(line, line.orders, limit);
  if (outcome === undefined)
    throw new PropertyFault('bounded time', `an answer within ${limit} ms`, 'none');
  return outcome;
};

const started = new Set<ServiceName>();

/** Asks a service that runs in a thread of its own, and waits for what it answers. */
export const askService = (name: ServiceName, request: ServiceRequest): ServiceAnswer => {
  if (!started.has(name)) {
    const outcome = ask(name, null, limits.start);
    if (outcome && 'fault' in outcome) throw new Error(`${name}: ${outcome.fault}`);
    started.add(name);
  }
  const outcome = ask(name, request, limits.request);
  if (outcome === null || 'fault' in outcome)
    throw new PropertyFault('total', 'an answer', `thrown: ${outcome?.fault ?? 'nothing'}`);
  return outcome;
};
