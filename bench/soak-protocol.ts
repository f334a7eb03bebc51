import type { StoredTrust } from '../reference/client/storage/storage.ts';
import type { Tally } from './soak-tally.ts';

/** One phone of a fleet. */
export interface FleetUser {
  readonly number: string;
  /** PEM of its certificate, then the client authority's. */
  readonly certificateChain: string;
}

/** What a process with phones starts from. */
export interface FleetConfiguration {
  readonly sip: { readonly host: string; readonly port: number };
  readonly host: string;
  readonly trust: StoredTrust;
  /** PEM: all callers share one key, all callees another, because making keys is slow and a phone refuses its own. */
  readonly callerKey: string;
  readonly calleeKey: string;
  readonly calls: readonly { readonly caller: FleetUser; readonly callee: FleetUser }[];
}

export type FleetOrder =
  | { readonly kind: 'open'; readonly configuration: FleetConfiguration }
  | { readonly kind: 'call' }
  | { readonly kind: 'talk'; readonly seconds: number }
  | { readonly kind: 'hang-up' };

/** One phone's packets in the time in which all calls were up, and over its whole call. */
export interface PhoneTotals {
  readonly number: string;
  readonly sentMeanwhile: number;
  readonly receivedMeanwhile: number;
  /** Datagrams that did not verify. */
  readonly refused: number;
  readonly whole: Tally;
}

export interface CallTotals {
  readonly caller: PhoneTotals;
  readonly callee: PhoneTotals;
}

export type FleetReport =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'totals';
      readonly calls: readonly CallTotals[];
      readonly refusals: readonly string[];
    };
