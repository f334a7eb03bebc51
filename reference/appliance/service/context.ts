import { randomBytes } from 'node:crypto';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import type { ApplianceLog } from '../logging/log.ts';
import type { Relay } from '../relay/relay.ts';
import type { SignallingServer } from '../signalling/server.ts';
import type { ApplianceStore } from '../store/contract.ts';
import type { ServiceAuthorities } from './authorities.ts';
import type { ShowPassword } from './first-administrator.ts';
import type { Observer } from './observer.ts';

/** What the service takes from the process it runs in. */
export interface ServiceWorld {
  readonly log: ApplianceLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly showPassword: ShowPassword;
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
  readonly expiries: { readonly name: string; readonly at: number }[];
  /** Set as they start. */
  readonly live: { signalling?: SignallingServer; relay?: Relay };
}
