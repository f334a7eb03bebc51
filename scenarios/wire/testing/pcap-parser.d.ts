declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';

  /** Reads a classic capture file; emits packet, error and end. */
  export const parse: (path: string) => EventEmitter;
}
