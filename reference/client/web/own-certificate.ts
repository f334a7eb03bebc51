import { parsePem } from '../../core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../core/pki/certificate.ts';
import type { PhoneSettings } from '../phone.ts';
import { createStatusService } from '../revocation/status-service.ts';
import { readStoredFile, storedFileNames } from '../storage/files.ts';

const read = (pem: string | undefined): Certificate | null => {
  const der = pem === undefined ? null : parsePem(pem, 'CERTIFICATE');
  const certificate = der?.ok === true ? parseCertificate(der.value) : null;
  return certificate?.ok === true ? certificate.value : null;
};

const storedCertificate = async (folder: string): Promise<Certificate | null> =>
  read(await readStoredFile(folder, storedFileNames.certificate));

/** The number of the certificate in a phone's folder; null where there is none, empty where it cannot be read. */
export const storedNumber = async (folder: string): Promise<string | null> => {
  const pem = await readStoredFile(folder, storedFileNames.certificate);
  if (pem === undefined) return null;
  const [name] = read(pem)?.commonNames ?? [];
  return name?.kind === 'text' ? name.value : '';
};

/**
 * Whether the appliance says, signed, that the phone's own certificate is revoked; false where it says nothing. A server that
 * refuses a phone closes the connection without a word, so that this is how the phone can tell its user why.
 */
export const isOwnRevoked = async (
  {
    folder,
    registration: endpoint,
    trust,
  }: Pick<PhoneSettings, 'folder' | 'registration' | 'trust'>,
  signal: AbortSignal,
): Promise<boolean> => {
  const own = await storedCertificate(folder);
  const root = read(trust.root);
  const clientAuthority = read(trust.clientAuthority);
  const serverAuthority = read(trust.serverAuthority);
  if (!own || !root || !clientAuthority || !serverAuthority) return false;
  const service = createStatusService({
    connection: { endpoint, trust },
    root,
    clientAuthority,
    serverAuthority,
    onUnavailable: () => undefined,
  });
  const giveUp = (): void => service.close();
  signal.addEventListener('abort', giveUp);
  const answer = signal.aborted ? 'unavailable' : await service.ask(own);
  signal.removeEventListener('abort', giveUp);
  return answer === 'revoked';
};
