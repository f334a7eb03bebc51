/** Milliseconds; RFC 5626 section 4.4.1 names 120 s when the registrar names nothing. */
const DEFAULT_INTERVAL = 120_000;
/** Milliseconds within which a pong must come (RFC 5626 section 4.4.1). */
export const PONG_DEADLINE = 10_000;

/** What a keep-alive is made of. */
export interface KeepAliveOptions {
  /** Milliseconds between two pings at most; 120,000 when absent. */
  readonly interval?: number;
  /** A fresh number in [0, 1) at every call. */
  readonly uniform: () => number;
}

export type KeepAliveInput =
  | { readonly kind: 'up' }
  | { readonly kind: 'down' }
  | { readonly kind: 'pong' }
  /** What the registrar asks for, seconds (RFC 5626 section 10, Flow-Timer). */
  | { readonly kind: 'flow-timer'; readonly seconds: number }
  | { readonly kind: 'tick' };

export type KeepAliveOutput =
  /** Send CRLF CRLF (RFC 5626 section 3.5.1). */
  | { readonly kind: 'ping' }
  /** No pong came in time: the connection is of no use any more. */
  | { readonly kind: 'failed' }
  /** Call again with `tick` at this time; replaces any earlier request. */
  | { readonly kind: 'wake'; readonly at: number };

export interface KeepAlive {
  /** Takes one input at time `now` (milliseconds) and gives what follows from it, in order. */
  handle(input: KeepAliveInput, now: number): readonly KeepAliveOutput[];
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly at: number }
  | { readonly kind: 'pinged'; readonly at: number };

/** The client's side of keep-alives on one connection (RFC 5626 sections 3.5.1 and 4.4.1). */
export const createKeepAlive = (options: KeepAliveOptions): KeepAlive => {
  const configured = options.interval ?? DEFAULT_INTERVAL;
  let interval = configured;
  let state: State = { kind: 'idle' };
  // Section 4.4.1: each pause is 80 to 100 % of the interval, at random, lest all phones ping at once.
  const wait = (now: number): readonly KeepAliveOutput[] => {
    const at = now + Math.round(interval * (0.8 + 0.2 * options.uniform()));
    state = { kind: 'waiting', at };
    return [{ kind: 'wake', at }];
  };
  const tick = (now: number): readonly KeepAliveOutput[] => {
    if (state.kind === 'idle') return [];
    if (now < state.at) return [{ kind: 'wake', at: state.at }];
    if (state.kind === 'pinged') {
      // Section 4.4.1: the flow has failed.
      state = { kind: 'idle' };
      return [{ kind: 'failed' }];
    }
    state = { kind: 'pinged', at: now + PONG_DEADLINE };
    return [{ kind: 'ping' }, { kind: 'wake', at: state.at }];
  };
  return {
    handle(input, now) {
      switch (input.kind) {
        case 'up':
          interval = configured;
          return wait(now);
        case 'down':
          state = { kind: 'idle' };
          return [];
        case 'pong':
          // A pong that was not asked for says nothing.
          return state.kind === 'pinged' ? wait(now) : [];
        case 'flow-timer':
          // Section 4.4.1; never more often than a pong may take, whatever a server asks for.
          interval = Math.max(input.seconds * 1000, PONG_DEADLINE);
          return state.kind === 'waiting' ? wait(now) : [];
        case 'tick':
          return tick(now);
      }
    },
  };
};
