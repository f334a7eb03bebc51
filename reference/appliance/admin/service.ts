import type { AddressInfo } from 'node:net';
import { X509Certificate } from 'node:crypto';
import type { ServerCredentials } from '../authorities/authorities.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { renewTls } from '../tls/renew.ts';
import { createAdminApp } from './app.ts';
import type { AdminContext, AuthorityValidity, LiveState, SimulatedText } from './context.ts';
import { adminLimits, type AdminLimits } from './limits.ts';
import { passwordCost, type PasswordCost } from './password.ts';
import { createSignIn } from './sign-in.ts';
import { adminTlsOptions } from './tls.ts';

/** Something the service refused, for the appliance's log; never a secret. */
export interface AdminRefusal {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code: string;
  readonly detail: string;
}

/** What the administration service starts from. */
export interface AdminServiceOptions {
  /** Address of the administration interface. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Hosts under which browsers may ask for the pages; the address alone unless given. */
  readonly names?: readonly string[];
  readonly credentials: ServerCredentials;
  /**
   * PEM of authorities: when given, only clients with a certificate from these get in, each as the administrator of its CommonName.
   * Never the phones' client authority.
   */
  readonly clientTrust?: readonly string[];
  readonly store: ApplianceStore;
  readonly live: LiveState;
  /** What the configuration page shows; no secrets. */
  readonly configuration: readonly (readonly [name: string, value: string])[];
  /** For the alarms. */
  readonly authorities: readonly AuthorityValidity[];
  /** An existing folder under which each backup gets a folder of its own; null where none may be made. */
  readonly backupFolder: string | null;
  /** How long an enrolment's token lives, in milliseconds; 10 minutes unless given. */
  readonly tokenLifetime?: number;
  /** Given only where the SMS centre is simulated; oldest first. */
  readonly outbox?: () => readonly SimulatedText[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly passwordCost?: PasswordCost;
  readonly limits?: Partial<AdminLimits>;
  readonly onRefusal?: (refusal: AdminRefusal) => void;
}

/** The running administration service. */
export interface AdminService {
  readonly endpoint: { readonly host: string; readonly port: number };
  /** New handshakes get this certificate, and the alarms know of it. */
  renew(credentials: ServerCredentials): void;
  close(): Promise<void>;
}

const endOf = ({ certificateChain }: ServerCredentials): number =>
  Date.parse(new X509Certificate(certificateChain).validTo);

const contextOf = (options: AdminServiceOptions, pageNotAfter: () => number): AdminContext => {
  const { store, now, randomBytes } = options;
  return {
    store,
    live: options.live,
    configuration: options.configuration,
    authorities: options.authorities,
    get pageNotAfter() {
      return pageNotAfter();
    },
    backupFolder: options.backupFolder,
    tokenLifetime: options.tokenLifetime ?? 600_000,
    outbox: options.outbox ?? null,
    now,
    randomBytes,
    signIn: createSignIn({ store, now, randomBytes, cost: options.passwordCost ?? passwordCost }),
  };
};

const cannotListen = (host: string, port: number, error: unknown): Error => {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const wayOut =
    reason === 'EADDRINUSE'
      ? 'the port is in use; choose another or stop the program that holds it'
      : `cannot listen (${reason}); choose another address or port`;
  return new Error(`administration service ${host}:${port}: ${wayOut}`, { cause: error });
};

/**
 * Starts the administration pages over HTTPS (issue "Administration", interpretation I-8) on one address, the administration
 * interface's. Rejects with one line when it cannot listen.
 */
export const startAdminService = async (options: AdminServiceOptions): Promise<AdminService> => {
  const { host, port, credentials, clientTrust = [] } = options;
  let pageNotAfter = endOf(credentials);
  const app = createAdminApp({
    context: contextOf(options, () => pageNotAfter),
    names: options.names ?? [host],
    credentials,
    clientTrust,
    limits: { ...adminLimits, ...options.limits },
    report: (code, detail) => options.onRefusal?.({ at: options.now(), code, detail }),
  });
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw cannotListen(host, port, error);
  }
  const { port: actual } = app.server.address() as AddressInfo;
  return {
    endpoint: { host, port: actual },
    renew(renewed) {
      renewTls(app.server, adminTlsOptions(renewed, clientTrust));
      pageNotAfter = endOf(renewed);
    },
    close: () => app.close(),
  };
};
