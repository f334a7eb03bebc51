import { socketAddressLength } from './address.ts';
import type { Libc } from './libc.ts';
import { maximumDatagram } from './session.ts';

/** Datagrams of one system call. */
export const vectorLength = 32;

/** Room for one datagram; what is longer is cut, its true length known. */
const slotLength = 2048;
/** `struct mmsghdr`, `struct iovec` and a socket address, rounded up, in bytes. */
const headerLength = 64;
const sliceLength = 16;
const nameLength = 32;

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

/** Datagrams in memory, received from one socket and sent on from another; laid out once as recvmmsg(2) and sendmmsg(2) want them. */
export interface DatagramVector {
  /** Source of datagram `slot` begins at `sourceAt(slot)` in here. */
  readonly memory: Uint8Array;
  sourceAt(slot: number): number;
  /** Length on the wire of datagram `slot`. */
  length(slot: number): number;
  /** Takes what a socket has, at most {@link vectorLength} datagrams, without waiting; gives how many. */
  receive(socket: number): number;
  /** Appends a received datagram to those to be sent, to the socket address given. */
  add(slot: number, target: Uint8Array): void;
  /** Sends what was added; `failed` is told the length of each that the system refused. */
  send(socket: number, failed: (length: number) => void): void;
}

/** Prepares the memory; socket addresses have `addressLength` bytes. */
export const createDatagramVector = (libc: Libc, addressLength: number): DatagramVector => {
  // One allocation, so that no part of what the kernel is pointed at can be collected while another is in use.
  const sizes = [slotLength, headerLength, sliceLength, nameLength];
  const [headersAt, slicesAt, namesAt, sendHeadersAt, sendSlicesAt, sendNamesAt, end] = [
    0, 1, 2, 3, 4, 5, 6,
  ].map((part) => {
    const before = [...sizes, ...sizes.slice(1)].slice(0, part + 1);
    return before.reduce((sum, size) => sum + size * vectorLength, 0);
  }) as [number, number, number, number, number, number, number];
  const memory = new Uint8Array(new ArrayBuffer(end));
  const words = new Uint32Array(memory.buffer);
  const base = libc.addressOf(memory);
  const setPointer = (at: number, to: number): void => {
    words[at / 4] = (base + to) % 2 ** 32;
    words[at / 4 + 1] = Math.floor((base + to) / 2 ** 32);
  };
  const prepare = (headers: number, slices: number, names: number): void => {
    for (let slot = 0; slot < vectorLength; slot += 1) {
      const header = headers + slot * headerLength;
      setPointer(header, names + slot * nameLength);
      words[header / 4 + 2] = addressLength;
      setPointer(header + 16, slices + slot * sliceLength);
      words[header / 4 + 6] = 1;
      setPointer(slices + slot * sliceLength, slot * slotLength);
      words[(slices + slot * sliceLength) / 4 + 2] = slotLength;
    }
  };
  prepare(headersAt, slicesAt, namesAt);
  prepare(sendHeadersAt, sendSlicesAt, sendNamesAt);
  const lengthOf = (slot: number): number => words[(headersAt + slot * headerLength + 56) / 4] ?? 0;
  let added = 0;
  return {
    memory,
    sourceAt: (slot) => namesAt + slot * nameLength,
    length: lengthOf,
    receive: (socket) =>
      Math.max(
        libc.recvmmsg(socket, base + headersAt, vectorLength, MSG_DONTWAIT | MSG_TRUNC, 0),
        0,
      ),
    add(slot, target) {
      const slice = sendSlicesAt + added * sliceLength;
      setPointer(slice, slot * slotLength);
      words[slice / 4 + 2] = Math.min(lengthOf(slot), maximumDatagram);
      memory.set(target, sendNamesAt + added * nameLength);
      added += 1;
    },
    send(socket, failed) {
      for (let from = 0; from < added;) {
        const at = base + sendHeadersAt + from * headerLength;
        const sent = libc.sendmmsg(socket, at, added - from, MSG_DONTWAIT);
        if (sent > 0) from += sent;
        else {
          failed(words[(sendSlicesAt + from * sliceLength) / 4 + 2] ?? 0);
          from += 1;
        }
      }
      added = 0;
    },
  };
};

/** Room for one target address of {@link DatagramVector.add}. */
export const newTarget = (): Uint8Array => new Uint8Array(socketAddressLength);
