import { messageOf } from '../scenarios/campaign/deadline.ts';
import { whenStarterIsGone } from '../simulators/lab/own-namespace.ts';

/** Milliseconds within which further signals are the same wish: a terminal's Ctrl-C reaches a process directly and through its starter. */
const sameWish = 1_000;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What may end a run early. */
export interface Interruption {
  /** Aborted with the reason as a text. */
  readonly signal: AbortSignal;
  release(): void;
}

/** Watches for what ends a run early: signals, the end of the process that started it, and an error outside every step. A second signal ends the process at once. */
export const watchInterruption = (): Interruption => {
  const controller = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  const onSignal = (name: NodeJS.Signals): void => {
    if (performance.now() > first + sameWish) {
      process.stderr.write(`discretio: ${name} again: ended at once, without a report\n`);
      process.exit(2);
    }
    first = Math.min(first, performance.now());
    controller.abort(name);
  };
  const onError = (error: unknown): void =>
    controller.abort(`an error outside every step: ${messageOf(error)}`);
  for (const name of signals) process.on(name, onSignal);
  process.on('uncaughtException', onError);
  whenStarterIsGone(() => controller.abort('the process that started it is gone'));
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, onSignal);
      process.off('uncaughtException', onError);
    },
  };
};
