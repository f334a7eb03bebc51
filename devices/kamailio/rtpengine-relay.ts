import { fault, ok } from '../../reference/core/result.ts';
import { canonicalAddress } from '../../reference/appliance/relay/address.ts';
import { createIdleWatch, type IdleWatch } from '../../reference/appliance/relay/idle-watch.ts';
import {
  checkPhone,
  nothingRelayed,
  sumOf,
  type CallCounters,
  type Relay,
  type RelayCall,
  type RelayEvent,
  type RelaySettings,
} from '../../reference/appliance/relay/relay.ts';
import { otherSide, type Side } from '../../reference/appliance/relay/session.ts';
import type { EngineFailure } from './failure.ts';
import { engineCalls, type EngineCalls, type EngineLegs, type Phone } from './prepared-calls.ts';
import { startRtpengine } from './rtpengine.ts';

/** Calls that are held open beforehand: signalling asks for ports at once, rtpengine answers later. */
const heldOpen = 32;

/** Milliseconds after which a call that nobody took is replaced; rtpengine forgets it after an hour. */
const longestHeld = 1_800_000;

const defaultIdleTime = 30_000;

interface Held {
  readonly legs: EngineLegs;
  readonly since: number;
}

interface ActiveCall {
  readonly legs: EngineLegs;
  readonly call: RelayCall;
  readonly watch: IdleWatch;
  counters: CallCounters;
  /** What rtpengine is told of this call, one after the other. */
  told: Promise<void>;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Calls that wait to be taken. */
const createHeldCalls = (engine: EngineCalls) => {
  const held: Held[] = [];
  let filling: Promise<void> | null = null;
  let isClosed = false;
  const fill = async (): Promise<void> => {
    while (held.length < heldOpen && !isClosed) {
      const legs = await engine.prepare();
      held.push({ legs, since: performance.now() });
    }
  };
  return {
    /** Until it is full, or rtpengine has no more ports. */
    fill(): Promise<void> {
      filling ??= fill()
        .catch(() => undefined)
        .finally(() => (filling = null));
      return filling;
    },
    take(): EngineLegs | null {
      return held.shift()?.legs ?? null;
    },
    replaceOld(): void {
      const isOld = ({ since }: Held) => performance.now() - since > longestHeld;
      for (let [oldest] = held; oldest && isOld(oldest); [oldest] = held) {
        held.shift();
        void engine.end(oldest.legs).catch(() => undefined);
      }
    },
    isEmpty: () => held.length === 0,
    close: () => void (isClosed = true),
  };
};

/** A call's legs as signalling sees them; `tell` sends rtpengine where a phone is. */
const callOf = (
  settings: RelaySettings,
  { ports }: EngineLegs,
  tell: (side: Side, phone: Phone, isWhole: boolean) => void,
): RelayCall => {
  const phones = new Map<Side, Phone>();
  const put = (side: Side, phone: Phone): void => {
    phones.set(side, phone);
    tell(side, phone, phones.has(otherSide(side)));
  };
  const check: RelayCall['check'] = (address, port) => checkPhone(settings, address, port);
  return {
    port: (side) => ports[side],
    check,
    setPhone(side, given, port) {
      const checked = check(given, port);
      if (!checked.ok) return checked;
      const address = canonicalAddress(given);
      const known = phones.get(side);
      if (known?.address !== address || known.port !== port) put(side, { address, port });
      return ok(undefined);
    },
    moved(side, address) {
      const known = phones.get(side);
      if (known) put(side, { address: canonicalAddress(address), port: known.port });
    },
  };
};

/** What manages the calls of one rtpengine. */
interface Managing {
  readonly settings: RelaySettings;
  readonly engine: EngineCalls;
  readonly held: ReturnType<typeof createHeldCalls>;
  readonly hasFailed: () => boolean;
  readonly fail: (reason: string) => void;
  readonly onEvent: (event: RelayEvent) => void;
}

const idleTime = ({ settings }: Managing): number => settings.idleAfter ?? defaultIdleTime;

/** Puts a held call to use. */
const begin = (managing: Managing, legs: EngineLegs): ActiveCall => {
  const { settings, engine, fail } = managing;
  const active: ActiveCall = {
    legs,
    call: callOf(settings, legs, (side, phone, isWhole) => {
      active.told = active.told
        .then(() => engine.name(legs, side, phone, isWhole))
        .catch((error: unknown) => fail(messageOf(error)));
    }),
    watch: createIdleWatch(idleTime(managing), performance.now()),
    counters: { caller: nothingRelayed, callee: nothingRelayed },
    told: Promise.resolve(),
  };
  return active;
};

/** Asks for a call's counters, after all that is being told of it. */
const count = async ({ engine, hasFailed }: Managing, active: ActiveCall): Promise<void> => {
  await active.told;
  if (hasFailed()) return;
  const { caller, callee } = await engine.figures(active.legs);
  active.counters = {
    caller: { ...nothingRelayed, ...caller },
    callee: { ...nothingRelayed, ...callee },
  };
};

/** Ends a call in rtpengine, whose ports are free then. */
const finish = async (managing: Managing, callId: string, active: ActiveCall): Promise<void> => {
  const { engine, held, hasFailed, fail, onEvent } = managing;
  await count(managing, active).catch(() => undefined);
  if (!hasFailed()) await engine.end(active.legs).catch((error: unknown) => fail(messageOf(error)));
  onEvent({ kind: 'ended', callId, counters: active.counters });
  void held.fill();
};

/** Keeps calls held open, and looks for phones that have fallen silent; gives what stops it. */
const watch = (managing: Managing, calls: ReadonlyMap<string, ActiveCall>): (() => void) => {
  const { held, onEvent } = managing;
  const look = async (callId: string, active: ActiveCall): Promise<void> => {
    await count(managing, active);
    if (calls.get(callId) !== active) return;
    const { caller, callee } = active.counters;
    const silent = active.watch.look(performance.now(), caller.packets, callee.packets);
    if (silent.length > 0) onEvent({ kind: 'idle', callId, silent });
  };
  const watching = setInterval(
    () => {
      held.replaceOld();
      void held.fill();
      for (const [callId, active] of calls) void look(callId, active).catch(() => undefined);
    },
    idleTime(managing) / 4,
  ).unref();
  return () => clearInterval(watching);
};

/** Manages calls on a running rtpengine, which `stop` ends. */
const manage = (managing: Managing, stop: () => Promise<void>): Relay => {
  const { held, hasFailed } = managing;
  const calls = new Map<string, ActiveCall>();
  /** Those that end are among them until their last counters are known. */
  const counted = new Set<ActiveCall>();
  const legsOf = ({ counters }: ActiveCall) => Object.values(counters);
  let ended = nothingRelayed;
  const stopWatching = watch(managing, calls);
  return {
    mode: 'plain',
    open(callId) {
      const known = calls.get(callId);
      if (known) return ok(known.call);
      if (hasFailed()) return fault('relay-failed');
      const legs = held.take();
      void held.fill();
      if (!legs) return fault('no-relay-port');
      const active = begin(managing, legs);
      calls.set(callId, active);
      counted.add(active);
      return ok(active.call);
    },
    call: (callId) => calls.get(callId)?.call ?? null,
    async end(callId) {
      const active = calls.get(callId);
      if (!active) return;
      calls.delete(callId);
      await finish(managing, callId, active);
      counted.delete(active);
      ended = sumOf([ended, ...legsOf(active)]);
    },
    counters: (callId) => calls.get(callId)?.counters ?? null,
    calls: () => calls.size,
    totals: () => sumOf([ended, ...[...counted].flatMap(legsOf)]),
    async close() {
      stopWatching();
      await stop();
    },
  };
};

/**
 * Starts rtpengine as the relay of the embedded signalling. It differs from the reference's own: a phone's port is learnt from the
 * first packet that comes after both phones are named, whatever its address, for rtpengine cannot be told to hear one address alone
 * (I-5 asks that); where a phone is named or has moved, both sides are learnt anew. Counters are what `query` told last, four times in
 * `idleAfter` and at a call's end: packets are those that passed, bytes include what was refused; why something was dropped it does not
 * tell, so that these figures stay 0. Rejects with one line, nothing left running.
 */
export const startRtpengineRelay = async (
  given: RelaySettings,
  folder: string,
  failure: EngineFailure,
  onEvent: (event: RelayEvent) => void = () => undefined,
): Promise<Relay> => {
  const settings = { ...given, host: canonicalAddress(given.host) };
  const running = await startRtpengine(settings, folder, failure);
  const engine = engineCalls(running.control, settings.host);
  const state = { isClosing: false, hasFailed: false };
  const fail = (reason: string): void => {
    if (state.isClosing || state.hasFailed) return;
    state.hasFailed = true;
    failure.report(reason);
    onEvent({ kind: 'failed', reason });
  };
  void running.ended.then((how) => fail(`rtpengine ${how} in the middle of the run`));
  const held = createHeldCalls(engine);
  const stop = async (): Promise<void> => {
    state.isClosing = true;
    held.close();
    await running.relay.close();
  };
  await held.fill();
  if (held.isEmpty()) {
    await stop();
    const range = `${settings.first}-${settings.last}`;
    throw new Error(
      `rtpengine: UDP ports ${range} of ${settings.host} do not do for one call; give the relay another range`,
    );
  }
  const hasFailed = () => state.hasFailed;
  return manage({ settings, engine, held, hasFailed, fail, onEvent }, stop);
};
