import { reasonIn } from './error.ts';
import type { Screen } from './screen.ts';

/** The screen of a call that is over. */
export const endedScreen = (screen: Screen) => ({
  /** The code that is shown; null for a call that was hung up. */
  reason: async () => reasonIn(screen.has('end-reason') ? await screen.value('end-reason') : null),
  /** Goes back to where the next call can begin. */
  async close(): Promise<void> {
    if (screen.has('close-ended') && (await screen.shows('close-ended')))
      await screen.tap('close-ended');
  },
});
