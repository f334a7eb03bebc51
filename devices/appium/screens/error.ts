import type { ElementName } from '../selectors/names.ts';
import type { Screen } from './screen.ts';

/** Milliseconds that an application may take to answer a tap: RSA keys are made, servers are asked. */
export const stepLimit = 30_000;

/** What the application itself said instead of doing what it was asked; `code` is its own, such as `storage/passphrase`. */
export class ScreenRefusal extends Error {
  override readonly name = 'ScreenRefusal';
  readonly code: string;
  constructor(code: string) {
    super(`the screen says ${code}`);
    this.code = code;
  }
}

/** A code as it may stand in evidence: whatever an application shows else could hold anything. */
const codeIn = (shown: string): string =>
  /^[a-z0-9][a-z0-9/._-]{0,63}$/i.test(shown) ? shown : 'an error without a code';

/** What may come instead of the names awaited. */
export const refusalOf = (
  screen: Screen,
  names: readonly ElementName[],
): readonly ElementName[] => [
  ...names,
  ...(['screen-revoked', 'error-message'] as const).filter((name) => screen.has(name)),
];

/** Rejects with what the application says, where what was shown is that. */
export const failIfError = async (screen: Screen, shown: ElementName): Promise<void> => {
  if (shown === 'screen-revoked') throw new ScreenRefusal('revoked');
  if (shown === 'error-message')
    throw new ScreenRefusal(codeIn((await screen.value('error-message')) ?? ''));
};

/** The code of a reason that a screen shows; null for a call that was hung up, or where none is shown. */
export const reasonIn = (shown: string | null): string | null =>
  shown === null || shown === '' || shown === 'hung-up' ? null : codeIn(shown);
