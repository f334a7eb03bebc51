import { setTimeout as delay } from 'node:timers/promises';
import { DeadlineError } from '../../contract.ts';
import { failIfError, refusalOf, ScreenRefusal, stepLimit } from './error.ts';
import type { Screen } from './screen.ts';

const pause = 100;

/** The screen from which calls are made. */
export const dialScreen = (screen: Screen) => ({
  /** Resolves once the application says that it is registered; at once where it says nothing of that. */
  async registered(): Promise<void> {
    const ends = performance.now() + stepLimit;
    await screen.waitFor(['screen-dial'], stepLimit);
    while (screen.has('registration-state')) {
      const state = await screen.value('registration-state');
      if (state === 'registered') return;
      if (screen.has('screen-revoked') && (await screen.shows('screen-revoked')))
        throw new ScreenRefusal('revoked');
      if (performance.now() > ends)
        throw new DeadlineError(
          `it is not registered after ${stepLimit / 1000} s, but ${state ?? 'says nothing'}`,
        );
      await delay(pause);
    }
  },
  /** Dials; resolves once the application is calling, or shows what became of it. */
  async dial(number: string): Promise<void> {
    await screen.waitFor(['screen-dial'], stepLimit);
    await screen.type('dial-number', number);
    await screen.tap('dial');
    const after = (['screen-calling', 'screen-in-call', 'screen-ended'] as const).filter((name) =>
      screen.has(name),
    );
    await failIfError(screen, await screen.waitFor(refusalOf(screen, after), stepLimit));
  },
});
