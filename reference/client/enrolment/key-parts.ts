import { openStoredKey, requirePassphrase, storeIdentity } from '../storage/storage.ts';
import { connectTls } from '../tls/connect.ts';
import { checkCertificate, requestKey } from './answer.ts';

/** How a phone makes its key, has it certified, and keeps it with its certificates (target 2.2, 5.3). */
export interface PhoneKeyParts {
  /** Decides which passphrases may protect a key. */
  readonly requirePassphrase: typeof requirePassphrase;
  readonly requestKey: typeof requestKey;
  /** Connects to the registration service and checks whom it reached. */
  readonly connectRegistration: typeof connectTls;
  /** Looks at the certificate that was given. */
  readonly checkCertificate: typeof checkCertificate;
  readonly storeIdentity: typeof storeIdentity;
  readonly openStoredKey: typeof openStoredKey;
}

/** The right way to make and keep a key. */
export const phoneKeyParts: PhoneKeyParts = {
  requirePassphrase,
  requestKey,
  connectRegistration: connectTls,
  checkCertificate,
  storeIdentity,
  openStoredKey,
};
