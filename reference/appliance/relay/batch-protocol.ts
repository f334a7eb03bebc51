import type { MessagePort } from 'node:worker_threads';
import type { Component, RelayRange, Side } from './session.ts';

/** Descriptors of one leg's two sockets. */
export type Descriptors = Readonly<Record<Component, number>>;

/** What the relaying thread is started with. */
export interface BatchWorkerInput {
  readonly range: RelayRange;
  /** An eventfd, written to after every message. */
  readonly wake: number;
  /** Counts the messages; shared memory. */
  readonly given: Int32Array;
  readonly control: MessagePort;
}

/** What the relaying thread is told; the sockets of a call are its own from `join` to `left`. */
export type BatchControl =
  | {
      readonly kind: 'join';
      readonly call: number;
      readonly sockets: Readonly<Record<Side, Descriptors>>;
      readonly figures: Float64Array;
    }
  | {
      readonly kind: 'phone';
      readonly call: number;
      readonly side: Side;
      readonly address: string;
      readonly port: number;
    }
  | {
      readonly kind: 'moved';
      readonly call: number;
      readonly side: Side;
      readonly address: string;
    }
  | { readonly kind: 'leave'; readonly call: number }
  | { readonly kind: 'stop' };

/** What the relaying thread tells. */
export type BatchReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'left'; readonly call: number }
  | { readonly kind: 'failed'; readonly reason: string };
