import type { AdminServiceOptions, AdminService } from './admin/service.ts';
import { hashPassword } from './admin/password.ts';
import type { ServerCredentials } from './authorities/authorities.ts';
import type { LiveCalls } from './service/live-calls.ts';
import type { ApplianceStore } from './store/contract.ts';

/** An administration page with one administrator. */
export interface AdministrationSettings {
  /** Address of the administration interface. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly account: { readonly name: string; readonly password: string };
}

/** What the page of an appliance in memory works with. */
export interface PageParts {
  readonly store: ApplianceStore;
  readonly credentials: ServerCredentials;
  readonly live: LiveCalls;
  /** What the configuration page shows. */
  readonly configuration: AdminServiceOptions['configuration'];
  readonly randomBytes: (length: number) => Uint8Array;
  readonly onRefusal: (code: string, detail: string) => void;
}

/** Adds the administrator and starts the page. */
export const startPage = async (
  start: (options: AdminServiceOptions) => Promise<AdminService>,
  { host, port, account }: AdministrationSettings,
  parts: PageParts,
): Promise<AdminService> => {
  const { store, credentials, live, configuration, randomBytes, onRefusal } = parts;
  const passwordHash = await hashPassword(account.password, randomBytes(16));
  const administrator = { name: account.name, passwordHash, mustChangePassword: false };
  store.administrators.add(administrator, 'system', Date.now());
  return start({
    host,
    port,
    credentials,
    store,
    live,
    configuration,
    authorities: [],
    backupFolder: null,
    now: Date.now,
    randomBytes,
    onRefusal: ({ code, detail }) => onRefusal(code, detail),
  });
};
