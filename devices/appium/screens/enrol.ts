import { failIfError, refusalOf, stepLimit } from './error.ts';
import type { Screen } from './screen.ts';

/** The screens on which a phone asks for its certificate. */
export const enrolScreen = (screen: Screen) => ({
  /** Gives number and password, and asks for the token; resolves once the application waits for it. */
  async request(number: string, password: string): Promise<void> {
    await screen.waitFor(['screen-enrol'], stepLimit);
    await screen.type('enrol-number', number);
    await screen.type('enrol-password', password);
    await screen.tap('request-token');
    await failIfError(screen, await screen.waitFor(refusalOf(screen, ['enrol-token']), stepLimit));
  },
  /** Gives the token back; resolves once the certificate is stored. */
  async complete(token: string): Promise<void> {
    await screen.waitFor(['enrol-token'], stepLimit);
    await screen.type('enrol-token', token);
    await screen.tap('complete-enrolment');
    const next = refusalOf(screen, ['screen-unlock', 'screen-dial']);
    await failIfError(screen, await screen.waitFor(next, stepLimit));
  },
});
