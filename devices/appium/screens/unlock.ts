import { failIfError, refusalOf, stepLimit } from './error.ts';
import type { Screen } from './screen.ts';

/** The screen on which a phone's stored key is opened. */
export const unlockScreen = (screen: Screen) => ({
  /** Opens the stored key; resolves once the application can be dialled with. An application that is open already stays so. */
  async open(password: string): Promise<void> {
    const first = await screen.waitFor(
      refusalOf(screen, ['screen-unlock', 'screen-dial']),
      stepLimit,
    );
    if (first === 'screen-dial') return;
    await failIfError(screen, first);
    await screen.type('unlock-password', password);
    await screen.tap('unlock');
    await failIfError(screen, await screen.waitFor(refusalOf(screen, ['screen-dial']), stepLimit));
  },
});
