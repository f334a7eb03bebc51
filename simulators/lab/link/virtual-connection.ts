import type { Link } from '../topology/schema.ts';
import { createStreamLink } from './link-model.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One end of a virtual connection. */
export interface VirtualEnd {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** What an end is told. */
export interface VirtualListener {
  readonly received: (bytes: Uint8Array) => void;
  readonly closed: () => void;
}

/** A connection of two ends over a link; `host` is the side that the link belongs to. */
export interface VirtualConnection {
  readonly host: VirtualEnd;
  readonly far: VirtualEnd;
  /** Cuts it as a lost network does: what is on its way is lost, and both ends learn of it at once. */
  cut(): void;
}

/** Opens a connection in virtual time over a link, whose seed decides on losses and delays. */
export const openVirtualConnection = (
  time: VirtualTime,
  link: Link,
  listeners: { readonly host: VirtualListener; readonly far: VirtualListener },
): VirtualConnection => {
  const { up = {}, down = {}, seed = 1 } = link;
  const [upward, downward] = [createStreamLink(up, seed), createStreamLink(down, seed + 2)];
  let open = true;
  const end = (carrier: typeof upward, listener: VirtualListener): VirtualEnd => {
    const pass = (size: number, arrive: () => void): void => {
      const at = open ? carrier.carry(size, time.now()) : undefined;
      if (at !== undefined) time.at(at, () => (open ? arrive() : undefined));
    };
    return {
      send: (bytes) => pass(bytes.length, () => listener.received(bytes)),
      close: () =>
        pass(0, () => {
          open = false;
          listener.closed();
        }),
    };
  };
  return {
    host: end(upward, listeners.far),
    far: end(downward, listeners.host),
    cut() {
      if (!open) return;
      open = false;
      listeners.host.closed();
      listeners.far.closed();
    },
  };
};
