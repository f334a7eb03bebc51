import { randomBytes } from 'node:crypto';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import type { ApplianceLog } from '../logging/log.ts';
import type { ServerCredentials } from '../authorities/types.ts';
import type { Relay } from '../relay/relay.ts';
import type { SignallingServer } from '../signalling/server.ts';
import type { ApplianceStore } from '../store/contract.ts';
import type { ServiceAuthorities } from './authorities.ts';
import type { ShowPassword } from './first-administrator.ts';
import type { Observer } from './observer.ts';
import type { RenewableServer, Repeat } from './renewal.ts';

/** What the service takes from the process it runs in. */
export interface ServiceWorld {
  readonly log: ApplianceLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly showPassword: ShowPassword;
  /** {@link repeatBySystem} unless given. */
  readonly repeat?: Repeat;
}

/** Random bytes of the system. */
export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** Parts that run, to be closed last first. */
export interface Closing {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** Closes the last first, each whatever became of the others. */
export const closeAll = async (parts: readonly Closing[], log: ApplianceLog): Promise<void> => {
  for (const { name, close } of parts.toReversed())
    try {
      await close();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warning('appliance/close', `${name}: ${reason}`);
    }
};

/** Everything that one start shares. */
export interface Start {
  readonly configuration: ApplianceConfiguration;
  readonly world: ServiceWorld;
  readonly opened: ServiceAuthorities;
  readonly store: ApplianceStore;
  readonly observer: Observer;
  readonly parts: Closing[];
  /** When certificates end, gathered as services start; milliseconds since 1970. */
  readonly expiries: { readonly name: string; at: number }[];
  /** Gathered as servers start. */
  readonly renewable: RenewableServer[];
  /** Set as they start. */
  readonly live: { signalling?: SignallingServer; relay?: Relay };
}

/** Credentials of a server, and a way to have it renewed before they end. */
export const credentialsOf = async (
  {
    opened,
    store,
    expiries,
    renewable,
  }: Pick<Start, 'opened' | 'store' | 'expiries' | 'renewable'>,
  server: string,
  hosts: readonly [string, ...string[]],
): Promise<{
  readonly credentials: ServerCredentials;
  readonly renewBy: (use: RenewableServer['use']) => void;
}> => {
  const look = () => opened.credentialsFor(server, hosts, store.certificates);
  const { notAfter, ...credentials } = await look();
  const expiry = { name: `${server} certificate`, at: notAfter };
  expiries.push(expiry);
  const { certificateChain } = credentials;
  const onRenewed = (at: number): void => {
    expiry.at = at;
  };
  const renewBy = (use: RenewableServer['use']): void =>
    void renewable.push({ server, certificateChain, look, use, onRenewed });
  return { credentials, renewBy };
};
