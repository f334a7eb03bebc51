import type { Screen } from './screen.ts';

/** The screen of a call that rings. */
export const incomingScreen = (screen: Screen) => ({
  rings: () => screen.shows('screen-incoming'),
  /** Accepts the call that rings, if one does; whether one did. */
  async answer(): Promise<boolean> {
    if (!(await screen.shows('answer'))) return false;
    await screen.tap('answer');
    return true;
  },
  decline: () => screen.tap('decline'),
});
