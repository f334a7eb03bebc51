import type { CaptureFault } from './libc.ts';

/** What the capturing thread is started with. */
export interface WorkerInput {
  readonly interface: string;
  readonly file: string;
  readonly comment: string;
  /** Bytes after which the next file is begun; never when absent. */
  readonly rotateBytes?: number;
  /** One 32-bit word; 1 asks the thread to stop. */
  readonly control: SharedArrayBuffer;
}

/** One file of a capture. */
export interface CapturedFile {
  readonly path: string;
  readonly packets: number;
  /** Bytes on the wire, link headers included. */
  readonly bytes: number;
  /** Packets the kernel dropped while this file was written. */
  readonly dropped: number;
}

/** What the capturing thread tells. */
export type WorkerReport =
  | { readonly kind: 'refused'; readonly fault: CaptureFault }
  | { readonly kind: 'started'; readonly headLength: number }
  | { readonly kind: 'done'; readonly files: readonly CapturedFile[] }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Said on its behalf when it ended without a word. */
  | { readonly kind: 'crashed'; readonly reason: string };
