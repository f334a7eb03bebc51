import type { RelayMode } from '../reference/appliance/relay/relay.ts';

/** A relay to be measured. */
export type MeasuredRelay = RelayMode | 'rtpengine';

/** Ports of one call's two phones, or of the two legs that face them. */
export interface CallPorts {
  readonly caller: number;
  readonly callee: number;
}

/** To the relay's process: these phones are to be connected. */
export interface RelayOrder {
  readonly phones: readonly CallPorts[];
}

/** From the relay's process: the legs of each call. */
export interface RelayReady {
  readonly legs: readonly CallPorts[];
}

/** To the traffic's process: send for so long. */
export interface TrafficOrder {
  readonly legs: readonly CallPorts[];
  /** Packets a second, over all calls and both directions. */
  readonly rate: number;
  readonly seconds: number;
}

/** From the traffic's process: the phones' ports at first, then what became of each order. */
export type TrafficReport =
  | { readonly kind: 'ready'; readonly phones: readonly CallPorts[] }
  | { readonly kind: 'done'; readonly sent: number; readonly received: number };
