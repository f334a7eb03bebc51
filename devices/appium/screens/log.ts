import { stepLimit } from './error.ts';
import type { Screen } from './screen.ts';

/** The list of calls. */
export const logScreen = (screen: Screen) => ({
  /** Opens the list, counts its entries and closes it. */
  async entries(): Promise<number> {
    await screen.tap('open-log');
    await screen.waitFor(['screen-log'], stepLimit);
    const entries = await screen.count('log-entry');
    await screen.tap('close-log');
    await screen.waitFor(['screen-dial'], stepLimit);
    return entries;
  },
});
