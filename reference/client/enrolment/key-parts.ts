import { openStoredKey, storeIdentity } from '../storage/storage.ts';
import { requestKey } from './answer.ts';

/** How a phone makes its key, and keeps it with its certificates (target 2.2, 5.3). */
export interface PhoneKeyParts {
  readonly requestKey: typeof requestKey;
  readonly storeIdentity: typeof storeIdentity;
  readonly openStoredKey: typeof openStoredKey;
}

/** The right way to make and keep a key. */
export const phoneKeyParts: PhoneKeyParts = { requestKey, storeIdentity, openStoredKey };
