import type { CaptureFault } from './libc.ts';

/** What the capturing thread is started with. */
export interface WorkerInput {
  readonly interface: string;
  readonly file: string;
  readonly comment: string;
  /** One 32-bit word; 1 asks the thread to stop. */
  readonly control: SharedArrayBuffer;
}

/** What the capturing thread tells. */
export type WorkerReport =
  | { readonly kind: 'refused'; readonly fault: CaptureFault }
  | { readonly kind: 'started'; readonly headLength: number }
  | {
      readonly kind: 'done';
      readonly packets: number;
      readonly bytes: number;
      readonly dropped: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Said on its behalf when it ended without a word. */
  | { readonly kind: 'crashed'; readonly reason: string };
