import { isIPv6 } from 'node:net';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';
import { canonicalAddress } from './address.ts';
import { createBatchEngine } from './batch-engine.ts';
import type { EngineCall, RelayEngine } from './engine.ts';
import { createIdleWatch, type IdleWatch } from './idle-watch.ts';
import { createPlainEngine } from './plain-engine.ts';
import {
  dropReasons,
  isOwnPort,
  readCounters,
  type LegCounters,
  type RelayRange,
  type Side,
} from './session.ts';

export type { RelayRange } from './session.ts';

/** `plain`: Node's sockets in the main thread. `batch`: many datagrams for each turn in a thread of its own; Linux only. */
export type RelayMode = 'plain' | 'batch';

/** Where a relay works, and how. */
export interface RelaySettings extends RelayRange {
  /** `plain` when absent. */
  readonly mode?: RelayMode;
  /** Milliseconds after which a phone that sends nothing counts as silent; 30,000 when absent, six RTCP intervals. */
  readonly idleAfter?: number;
}

/** Counters of both legs: `caller` counts what the caller sent. */
export type CallCounters = Readonly<Record<Side, LegCounters>>;

/** What a relay reports. */
export type RelayEvent =
  /** Batch mode cannot run here; the relay is plain. */
  | { readonly kind: 'fallback'; readonly reason: string }
  /** These phones have sent nothing for `idleAfter` milliseconds; once until they send again. */
  | { readonly kind: 'idle'; readonly callId: string; readonly silent: readonly Side[] }
  | { readonly kind: 'ended'; readonly callId: string; readonly counters: CallCounters }
  /** The relaying thread is gone: no call has media, and none gets any. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Why a call has no relay: the server's own reasons (RFC 3261 section 21.5.4, 503). */
export type RelayRefusal = 'no-relay-port' | 'relay-failed';

/** Why a phone cannot be led through the relay: it names a port of the relay itself, or its address is of the other IP version. */
export type PhoneRefusal = 'relay-loop' | 'relay-address-family';

/** One call's two legs. */
export interface RelayCall {
  /** RTP port of the leg that faces a side. */
  readonly port: (this: void, side: Side) => number;
  /** Whether a phone at this address, with this RTP port, can be led through the relay. */
  readonly check: (this: void, address: string, port: number) => Result<void, Fault<PhoneRefusal>>;
  /** Names the phone of a side: address of its TLS connection and RTP port of its SDP, which are checked. */
  readonly setPhone: (
    this: void,
    side: Side,
    address: string,
    signalledPort: number,
  ) => Result<void, Fault<PhoneRefusal>>;
  /** The phone's TLS connection has moved and registered anew (interpretations I-5). */
  readonly moved: (this: void, side: Side, address: string) => void;
}

/** The media relay (target 2.2: audio passes through the proxy server). */
export interface Relay {
  /** The mode that it runs in. */
  readonly mode: RelayMode;
  /** The call's legs, opened on first use, at once. */
  open(callId: string): Result<RelayCall, Fault<RelayRefusal>>;
  /** The legs of a call that was opened. */
  call(callId: string): RelayCall | null;
  /** Frees the ports of a call at once; unknown calls are ignored. */
  end(callId: string): Promise<void>;
  counters(callId: string): CallCounters | null;
  /** Calls that hold ports. */
  calls(): number;
  /** Of all calls since the start, those under way included. */
  totals(): LegCounters;
  close(): Promise<void>;
}

interface ActiveCall {
  readonly call: RelayCall;
  readonly engineCall: EngineCall;
  readonly figures: Float64Array;
  readonly ports: readonly number[];
  readonly watch: IdleWatch;
}

const defaultIdleTime = 30_000;

/** Ports of a range in turn, so that a freed one rests as long as possible. */
const createPortFinder = <Pair>(range: RelayRange, engine: RelayEngine<Pair>) => {
  const first = range.first + (range.first % 2);
  const pairs = Math.floor((range.last - first + 1) / 2);
  const held = new Set<number>();
  let next = 0;
  const take = (): { readonly port: number; readonly pair: Pair } | null => {
    for (let step = 0; step < pairs && held.size < pairs; step += 1) {
      const port = first + ((next + step) % pairs) * 2;
      const pair = held.has(port) ? null : engine.bind(port);
      if (pair === null) continue;
      held.add(port);
      next = (next + step + 1) % pairs;
      return { port, pair };
    }
    return null;
  };
  return {
    takeTwo() {
      const caller = take();
      const callee = caller && take();
      if (caller && callee) return { caller, callee };
      if (caller) {
        held.delete(caller.port);
        void engine.release(caller.pair);
      }
      return null;
    },
    give: (ports: readonly number[]): void => {
      for (const port of ports) held.delete(port);
    },
  };
};

/** Whether a phone at an address, with an RTP port, can be led through a relay on a range whose host is in canonical form. */
export const checkPhone = (
  range: RelayRange,
  signalled: string,
  port: number,
): Result<void, Fault<PhoneRefusal>> => {
  const address = canonicalAddress(signalled);
  if (isIPv6(address) !== isIPv6(range.host)) return fault('relay-address-family');
  const isOwn = isOwnPort(range, address, port) || isOwnPort(range, address, port + 1);
  return isOwn ? fault('relay-loop') : ok(undefined);
};

const callOf = (
  range: RelayRange,
  engineCall: EngineCall,
  ports: Readonly<Record<Side, number>>,
): RelayCall => {
  return {
    port: (side) => ports[side],
    check: (address, port) => checkPhone(range, address, port),
    setPhone(side, address, signalledPort) {
      const checked = checkPhone(range, address, signalledPort);
      if (checked.ok) engineCall.setPhone(side, canonicalAddress(address), signalledPort);
      return checked;
    },
    moved: (side, address) => engineCall.moved(side, canonicalAddress(address)),
  };
};

const countersOf = ({ figures }: ActiveCall): CallCounters => ({
  caller: readCounters(figures, 'caller'),
  callee: readCounters(figures, 'callee'),
});

const unusable = ({ first, last, host }: RelayRange): Error =>
  new Error(
    `media relay: UDP ports ${first}-${last} of ${host} are all in use; give the relay another range`,
  );

/** Opens calls on an engine: two pairs of ports, and a watch over them. */
const createOpener = <Pair>(
  range: RelayRange,
  engine: RelayEngine<Pair>,
  idleAfter: number,
): { open(): ActiveCall | null; free(active: ActiveCall): Promise<void> } => {
  const finder = createPortFinder(range, engine);
  return {
    open() {
      const found = finder.takeTwo();
      if (!found) return null;
      const { caller, callee } = found;
      const figures = engine.figures();
      const engineCall = engine.join({ caller: caller.pair, callee: callee.pair }, figures);
      const ports = { caller: caller.port, callee: callee.port };
      const call = callOf(range, engineCall, ports);
      const watch = createIdleWatch(idleAfter, performance.now());
      return { call, engineCall, figures, ports: Object.values(ports), watch };
    },
    async free({ engineCall, ports }) {
      await engineCall.end();
      finder.give(ports);
    },
  };
};

/** Sums up legs. */
export const sumOf = (legs: readonly LegCounters[]): LegCounters => ({
  packets: legs.reduce((sum, { packets }) => sum + packets, 0),
  bytes: legs.reduce((sum, { bytes }) => sum + bytes, 0),
  dropped: Object.fromEntries(
    dropReasons.map((reason) => [
      reason,
      legs.reduce((sum, { dropped }) => sum + dropped[reason], 0),
    ]),
  ) as LegCounters['dropped'],
});

/** What a relay has done before its first call. */
export const nothingRelayed: LegCounters = sumOf([]);

/** Sums up calls, so that none is counted twice or left out while it ends. */
const createTally = () => {
  const running = new Set<ActiveCall>();
  let ended = nothingRelayed;
  const legsOf = (active: ActiveCall): readonly LegCounters[] => Object.values(countersOf(active));
  return {
    add: (active: ActiveCall): void => void running.add(active),
    close(active: ActiveCall): void {
      running.delete(active);
      ended = sumOf([ended, ...legsOf(active)]);
    },
    totals: (): LegCounters => sumOf([ended, ...[...running].flatMap(legsOf)]),
  };
};

/** Manages calls on an engine that can bind. */
const manage = <Pair>(
  settings: RelaySettings & { readonly mode: RelayMode },
  engine: RelayEngine<Pair>,
  hasFailed: () => boolean,
  onEvent: (event: RelayEvent) => void,
): Relay => {
  const { idleAfter = defaultIdleTime, mode } = settings;
  const opener = createOpener(settings, engine, idleAfter);
  const calls = new Map<string, ActiveCall>();
  const tally = createTally();
  const ending = new Set<Promise<void>>();
  const lookForSilence = (): void => {
    for (const [callId, active] of calls) {
      const { caller, callee } = countersOf(active);
      const silent = active.watch.look(performance.now(), caller.packets, callee.packets);
      if (silent.length > 0) onEvent({ kind: 'idle', callId, silent });
    }
  };
  const watching = setInterval(lookForSilence, idleAfter / 4).unref();
  const finish = async (callId: string, active: ActiveCall): Promise<void> => {
    await opener.free(active);
    tally.close(active);
    onEvent({ kind: 'ended', callId, counters: countersOf(active) });
  };
  const end = async (callId: string): Promise<void> => {
    const active = calls.get(callId);
    if (!active) return;
    calls.delete(callId);
    const finishing = finish(callId, active);
    ending.add(finishing);
    await finishing;
    ending.delete(finishing);
  };
  return {
    mode,
    open(callId) {
      const known = calls.get(callId);
      if (known) return ok(known.call);
      if (hasFailed()) return fault('relay-failed');
      const active = opener.open();
      if (!active) return fault('no-relay-port');
      calls.set(callId, active);
      tally.add(active);
      return ok(active.call);
    },
    call: (callId) => calls.get(callId)?.call ?? null,
    end,
    counters(callId) {
      const active = calls.get(callId);
      return active ? countersOf(active) : null;
    },
    calls: () => calls.size,
    totals: tally.totals,
    async close() {
      clearInterval(watching);
      await Promise.all([...[...calls.keys()].map(end), ...ending]);
      await engine.close();
    },
  };
};

/** Rejects unless one call's ports can be bound. */
const requirePorts = async <Pair>(range: RelayRange, engine: RelayEngine<Pair>): Promise<void> => {
  const found = createPortFinder(range, engine).takeTwo();
  if (found) {
    await Promise.all([engine.release(found.caller.pair), engine.release(found.callee.pair)]);
    return;
  }
  await engine.close();
  throw unusable(range);
};

/** Opens a relay on a range of ports, in plain mode where batch mode is asked for and cannot run; rejects when not one call's ports can be bound. */
export const createRelay = async (
  given: RelaySettings,
  onEvent: (event: RelayEvent) => void = () => undefined,
): Promise<Relay> => {
  const settings = { ...given, host: canonicalAddress(given.host) };
  let hasFailed = false;
  if (given.mode === 'batch') {
    const engine = await createBatchEngine(settings, (reason) => {
      hasFailed = true;
      onEvent({ kind: 'failed', reason });
    });
    if (engine.ok) {
      await requirePorts(settings, engine.value);
      return manage({ ...settings, mode: 'batch' }, engine.value, () => hasFailed, onEvent);
    }
    onEvent({ kind: 'fallback', reason: engine.error.detail ?? engine.error.code });
  }
  const engine = createPlainEngine(settings);
  await requirePorts(settings, engine);
  return manage({ ...settings, mode: 'plain' }, engine, () => false, onEvent);
};
