import { authorityFiles, readRequired } from '../authorities/folder.ts';
import { openAuthorities } from '../authorities/open.ts';
import { serverCredentials } from '../authorities/server-credentials.ts';
import type {
  AuthoritiesWorld,
  OnlineAuthorities,
  ServerCredentials,
} from '../authorities/types.ts';
import { serialText } from '../../core/pki/serial.ts';
import { utf8 } from '../../core/bytes.ts';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import { readSecret } from '../configuration/secret.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { requireValid, type Validity } from './validity.ts';

/** What is told of something that works less well than it should. */
export type Warn = (code: string, detail: string) => void;

/** The authorities of a configuration, opened. */
export interface ServiceAuthorities {
  readonly authorities: OnlineAuthorities;
  /** Of root, client and server authority. */
  readonly validities: readonly Validity[];
  /** Key and certificate of one of the appliance's servers, recorded in the state; with the end of its certificate. */
  credentialsFor(
    server: string,
    hosts: readonly [string, ...string[]],
    certificates: ApplianceStore['certificates'],
  ): Promise<ServerCredentials & { readonly notAfter: number }>;
}

const kinds = [
  ['root', authorityFiles.root],
  ['client authority', authorityFiles.clientAuthority],
  ['server authority', authorityFiles.serverAuthority],
] as const;

const renewal = 'hold a new ceremony (discretio authorities create)';

const newestOf = async (
  order: Parameters<typeof serverCredentials>[0],
  certificates: ApplianceStore['certificates'],
): Promise<ServerCredentials & { readonly notAfter: number }> => {
  const { credentials, certificate } = await serverCredentials(order);
  const serial = serialText(certificate.serial);
  const status = certificates.statusOf(serial);
  const file = `${order.folder}/server-${order.server}.pem`;
  if (status === 'revoked')
    throw new Error(
      `server ${order.server}: its certificate was revoked; remove ${file}, and a new one is made`,
    );
  // Known to an older state, or just made: a certificate that is not recorded has no status.
  if (status === 'unknown') {
    const { der, notAfter } = certificate;
    const recorded = { serial, der, publicKey: certificate.publicKey.spki, notAfter };
    certificates.addServer({ certificate: recorded, host: order.hosts[0], at: order.now() });
  }
  return { ...credentials, notAfter: certificate.notAfter };
};

/** Opens the authorities with the configured passphrase. Rejects with one line: what is missing, wrong or over, and the way out. */
export const openServiceAuthorities = async (
  { authorities: { folder, passphrase: source } }: ApplianceConfiguration,
  world: AuthoritiesWorld,
  warn: Warn,
): Promise<ServiceAuthorities> => {
  const secret = readSecret('passphrase of the authorities', source);
  if (secret.warning !== null) warn('secret/shared', secret.warning);
  const needed = await Promise.all(
    kinds.map(async ([name, file]) => ({ name, pem: await readRequired(folder, file), renewal })),
  );
  const validities = requireValid(needed, world.now(), warn);
  const passphrase = utf8(secret.value);
  const authorities = await openAuthorities({ folder, passphrase, ...world });
  return {
    authorities,
    validities,
    credentialsFor: (server, hosts, certificates) =>
      newestOf({ folder, passphrase, server, hosts, authorities, ...world }, certificates),
  };
};
