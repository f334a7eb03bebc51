import { EventEmitter } from 'node:events';
import type { Socket } from 'node:dgram';
import type { PortPair } from '../port-pair.ts';

/** Milliseconds after which each copy of a datagram arrives; none where it is lost. The number counts the datagrams to that port. */
export type Impairment = (port: number, number: number) => readonly number[];

/** Ports in memory, whose datagrams travel by `setTimeout`: with fake timers a call takes no time. For tests only. */
export interface VirtualNetwork {
  open(port: number): PortPair;
  /** Sends a datagram from nowhere. */
  inject(port: number, datagram: Uint8Array): void;
  /** Hears what is sent to a port. */
  readonly sent: readonly { readonly port: number; readonly datagram: Uint8Array }[];
  /** Handlers on the sockets of all ports. */
  listeners(): number;
}

/** Without an impairment each datagram takes 10 ms. */
export const createVirtualNetwork = (impairment: Impairment = () => [10]): VirtualNetwork => {
  const sockets = new Map<number, EventEmitter>();
  const counts = new Map<number, number>();
  const sent: { port: number; datagram: Uint8Array }[] = [];
  const send = (datagram: Uint8Array, port: number, _: string, done: () => void): void => {
    const number = counts.get(port) ?? 0;
    counts.set(port, number + 1);
    sent.push({ port, datagram });
    for (const delay of impairment(port, number))
      setTimeout(() => sockets.get(port)?.emit('message', datagram), delay);
    done();
  };
  const socketAt = (port: number): Socket => {
    const socket = Object.assign(new EventEmitter(), { send });
    sockets.set(port, socket);
    // Sessions use only the parts of a socket that are here.
    return socket as unknown as Socket;
  };
  return {
    sent,
    open: (port) => ({
      port,
      rtp: socketAt(port),
      rtcp: socketAt(port + 1),
      close: () => Promise.resolve(),
    }),
    inject: (port, datagram) => void sockets.get(port)?.emit('message', datagram),
    listeners: () =>
      [...sockets.values()].reduce((total, socket) => total + socket.listenerCount('message'), 0),
  };
};
