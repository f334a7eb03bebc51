import {
  createReconnection,
  type ReconnectionInput,
  type ReconnectionPolicy,
} from '../../core/sip/user-agent/reconnection.ts';
import { createAlarm } from './alarm.ts';

/** How an attempt to register came out. */
export type RegistrationOutcome =
  | { readonly kind: 'registered' }
  | { readonly kind: 'failed'; /** Seconds. */ readonly retryAfter?: number };

export interface StayingRegisteredOptions {
  readonly policy: ReconnectionPolicy;
  /** A fresh number in [0, 1) at every call. */
  readonly uniform: () => number;
  /** Makes one attempt and says how it came out; never rejects, and is never asked while it still works on one. */
  readonly attempt: () => Promise<RegistrationOutcome>;
}

/** Registers anew, with growing pauses, whenever the registration of a phone ends that was registered once. */
export interface StayingRegistered {
  /** Makes an attempt now that a user asked for, after the one under way if there is one. */
  byHand(attempt: () => Promise<RegistrationOutcome>): Promise<void>;
  /** The registration ended though nobody tried anything. Has no effect while an attempt is under way. */
  ended(input: Extract<ReconnectionInput, { readonly kind: 'failed' | 'lost' }>): void;
  /** For good; resolves once the attempt under way, if there is one, has ended. */
  stop(): Promise<void>;
}

/** {@link createReconnection} with a clock and attempts one after the other. */
export const createStayingRegistered = (options: StayingRegisteredOptions): StayingRegistered => {
  const reconnection = createReconnection({ ...options.policy, uniform: options.uniform });
  const alarm = createAlarm(() => take({ kind: 'tick' }));
  let working = 0;
  let isStopped = false;
  let last: Promise<void> = Promise.resolve();
  const work = async (attempt: () => Promise<RegistrationOutcome>): Promise<void> => {
    if (isStopped) return;
    take({ kind: 'attempting' });
    take(await attempt());
  };
  const inTurn = (attempt: () => Promise<RegistrationOutcome>): Promise<void> => {
    working += 1;
    last = last
      .then(() => work(attempt))
      .finally(() => {
        working -= 1;
      });
    return last;
  };
  const take = (input: ReconnectionInput): void => {
    for (const output of reconnection.handle(input, performance.now())) {
      if (output.kind === 'attempt') void inTurn(options.attempt);
      else if (!isStopped) alarm.set(output.at);
    }
  };
  return {
    byHand: inTurn,
    ended(input) {
      if (working === 0) take(input);
    },
    async stop() {
      isStopped = true;
      take({ kind: 'stop' });
      alarm.clear();
      await last;
    },
  };
};
