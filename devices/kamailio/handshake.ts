import { generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import type { Authorities } from '../../reference/appliance/authorities/authorities.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import { exactTlsProfile } from '../../reference/core/tls/profile.ts';

/** Milliseconds of one attempt. */
const deadline = 3_000;

/** A certificate of no phone and its key, for the first handshake alone. */
export interface TrialCredentials {
  readonly key: string;
  readonly certificate: string;
}

/** The number of the trial: one that nobody enrols. */
const trialNumber = '+33639980999';

/** Makes the credentials of the first handshake. */
export const trialCredentials = async (authorities: Authorities): Promise<TrialCredentials> => {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const publicKey = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }));
  const der = await authorities.issueClientCertificate(trialNumber, publicKey);
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: toPem('CERTIFICATE', der) + authorities.trust.clientAuthority,
  };
};

const problemOf = (socket: TLSSocket): string | null => {
  const [suite] = exactTlsProfile.suites;
  const cipher = socket.getCipher().name;
  if (cipher !== suite?.name) return `it took the suite ${cipher}, not ${suite?.name ?? ''}`;
  const key = socket.getEphemeralKeyInfo();
  if (key === null || !('size' in key) || key.type !== 'DH' || key.size !== exactTlsProfile.dhBits)
    return `its Diffie-Hellman group is not of ${exactTlsProfile.dhBits} bits`;
  return null;
};

/** Makes a full mutual handshake; null when suite and group are those of target 5.1, else why not. */
export const handshakeProblem = async (
  endpoint: { readonly host: string; readonly port: number },
  trust: Authorities['trust'],
  { key, certificate }: TrialCredentials,
): Promise<string | null> => {
  const socket = connect({
    ...endpoint,
    key,
    cert: certificate,
    ca: [trust.root, trust.serverAuthority],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: exactTlsProfile.suites.map(({ name }) => name).join(':'),
  });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(deadline) });
    return problemOf(socket);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    socket.destroy();
  }
};
