/** How long a phone waits before it registers anew. Milliseconds. */
export interface ReconnectionPolicy {
  /**
   * Doubled with every failure in a row; 2,000 when absent. RFC 5626 section 4.5 proposes 30 s for a phone whose flows have
   * all failed; this phone has one flow only, and a call outlives it for 32 s: with 2 s four attempts fit in.
   */
  readonly base?: number;
  /**
   * 300,000 when absent. RFC 5626 proposes 1,800 s; with one flow nobody can call the phone meanwhile, and one handshake in
   * 150 to 300 s from each phone is no burden for a server.
   */
  readonly maximum?: number;
}

export interface ReconnectionOptions extends ReconnectionPolicy {
  /** A fresh number in [0, 1) at every call. */
  readonly uniform: () => number;
}

export type ReconnectionInput =
  /** An attempt begins now, whoever asked for it. */
  | { readonly kind: 'attempting' }
  | { readonly kind: 'registered' }
  /** The attempt came to nothing, or the registration ended on a connection that still stands. */
  | {
      readonly kind: 'failed';
      /** Seconds (RFC 3261 section 20.33). */ readonly retryAfter?: number;
    }
  /** The connection was lost on which the phone was registered. */
  | { readonly kind: 'lost' }
  /** For good. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'tick' };

export type ReconnectionOutput =
  /** Connect, unless there is a connection, and register; then say `registered` or `failed`. */
  | { readonly kind: 'attempt' }
  /** Call again with `tick` at this time; replaces any earlier request. */
  | { readonly kind: 'wake'; readonly at: number };

export interface Reconnection {
  /** Takes one input at time `now` (milliseconds) and gives what follows from it, in order. */
  handle(input: ReconnectionInput, now: number): readonly ReconnectionOutput[];
}

const DEFAULT_BASE = 2000;
const DEFAULT_MAXIMUM = 300_000;
/** Milliseconds that Retry-After may keep a phone away at most: a day. */
const LONGEST_REQUEST = 86_400_000;

/**
 * Keeps a phone registered once it was: when to try again after its one flow failed (RFC 5626 section 4.5). Before the first
 * registration it asks for nothing.
 */
export const createReconnection = (options: ReconnectionOptions): Reconnection => {
  const base = options.base ?? DEFAULT_BASE;
  const maximum = options.maximum ?? DEFAULT_MAXIMUM;
  let enabled = false;
  let failures = 0;
  /** Since when the registration stands. */
  let since: number | undefined;
  let due: number | undefined;
  const schedule = (now: number, retryAfter = 0): readonly ReconnectionOutput[] => {
    // Section 4.5: half to all of min(maximum, base * 2^failures); appendix A: at once when there was no failure.
    const longest = failures === 0 ? 0 : Math.min(maximum, base * 2 ** failures);
    const wait = Math.round(longest * (0.5 + 0.5 * options.uniform()));
    due = now + Math.max(wait, Math.min(retryAfter * 1000, LONGEST_REQUEST));
    return [{ kind: 'wake', at: due }];
  };
  /**
   * Whether a registration that ends now stood long enough to forget the failures before it; otherwise a server that
   * hangs up on every phone it has registered would be hammered.
   */
  const stood = (now: number): boolean => {
    const long = since !== undefined && now - since >= 2 * base;
    since = undefined;
    return long;
  };
  return {
    handle(input, now) {
      switch (input.kind) {
        case 'attempting':
          failures = stood(now) ? 0 : failures;
          due = undefined;
          return [];
        case 'registered':
          enabled = true;
          since ??= now;
          due = undefined;
          return [];
        case 'failed':
          failures = stood(now) ? 1 : failures + 1;
          return enabled ? schedule(now, input.retryAfter) : [];
        case 'lost':
          if (!enabled || due !== undefined) return [];
          failures = stood(now) ? 0 : failures + 1;
          return schedule(now);
        case 'stop':
          enabled = false;
          due = undefined;
          return [];
        case 'tick':
          if (due === undefined) return [];
          if (now < due) return [{ kind: 'wake', at: due }];
          due = undefined;
          return [{ kind: 'attempt' }];
      }
    },
  };
};
