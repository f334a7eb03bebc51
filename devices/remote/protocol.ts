import type { ApplianceDescription } from '../contract.ts';

/** What a host program is to be; the first message to it. */
export interface PartRequest {
  /** Path of the target's file; the reference where absent. */
  readonly targetFile?: string;
  readonly part:
    | { readonly kind: 'appliance' }
    | { readonly kind: 'phone'; readonly name: string; readonly appliance: ApplianceDescription };
  /** Folder of the part, and its host's addresses by segment; the empty name is the first segment's. */
  readonly folder: string;
  readonly addresses: Readonly<Record<string, string>>;
  /** Whether the part has its host to itself. */
  readonly ownsHost: boolean;
}

/** What a part is told. */
export type PartMessage =
  | { readonly kind: 'start'; readonly request: PartRequest }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
    };

/** An error on its way between processes. */
export interface PassedError {
  readonly name: string;
  readonly message: string;
}

/** What a part tells. */
export type PartReport =
  | { readonly kind: 'started'; readonly capabilities: readonly string[] }
  | { readonly kind: 'refused'; readonly error: PassedError }
  | { readonly kind: 'returned'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly id: number; readonly error: PassedError }
  /** An error that nobody waited for; the last thing it tells. */
  | { readonly kind: 'broken'; readonly error: PassedError };
