import { requirePassphrase, storeIdentity, type OpenedIdentity } from '../storage/storage.ts';
import {
  checkCertificate,
  requestKey,
  requireStatus,
  type PhoneEnrolmentOptions,
} from './answer.ts';
import { postJson } from './https-request.ts';

/** A renewal whose new key is made. The key waits in memory, in the phone, for its certificate. */
export interface PendingRenewal {
  /**
   * Asks for the certificate over mutual TLS with the old one, checks and stores it. May be repeated after a failure: for ten
   * minutes the service gives the same certificate again, though it has revoked the old one, so a lost answer strands nobody.
   */
  complete(): Promise<void>;
}

/**
 * Begins the renewal of a phone's certificate (I-6): makes a new key. Whoever loses it, by ending the program between the
 * service's answer and the writing of the files, enrols again. Rejects with a StorageRefusal; `complete` with an error whose code is the service's or
 * a TlsRefusal's.
 */
export const beginRenewal = async (
  options: PhoneEnrolmentOptions,
  identity: OpenedIdentity,
  passphrase: string,
): Promise<PendingRenewal> => {
  const { endpoint, trust, deadline, folder, keyLog } = options;
  requirePassphrase(folder, passphrase);
  const { number, certificateChain } = identity;
  const { privateKey, spki, csr } = await requestKey(number);
  const connection = {
    endpoint,
    trust,
    deadline,
    identity: { privateKey: identity.privateKey, certificateChain },
    ...(keyLog === undefined ? {} : { keyLog }),
  };
  return {
    complete: async () => {
      const answer = await postJson(connection, '/v1/renewals', { csr });
      requireStatus(answer, 201, options);
      const certificate = checkCertificate(answer, number, spki, options);
      await storeIdentity(folder, { privateKey, passphrase, certificate, trust });
    },
  };
};
