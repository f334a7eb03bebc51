import { endianness } from 'node:os';
import koffi from 'koffi';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';

/** The calls of the C library that move datagrams by the batch; each returns -1 on failure. Where an address in memory is a number, its buffer must stay referenced. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(socket: number, address: Uint8Array, length: number): number;
  setsockopt(
    socket: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number,
  ): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, descriptor: number, event: Uint8Array): number;
  epollWait(epoll: number, events: number, maximum: number, milliseconds: number): number;
  recvmmsg(socket: number, vector: number, count: number, flags: number, timeout: number): number;
  sendmmsg(socket: number, vector: number, count: number, flags: number): number;
  poll(descriptors: Uint8Array, count: number, milliseconds: number): number;
  eventfd(initial: number, flags: number): number;
  read(descriptor: number, into: Uint8Array, length: number): number;
  write(descriptor: number, from: Uint8Array, length: number): number;
  close(descriptor: number): number;
  /** Only of a buffer made from an ArrayBuffer of its own, which does not move. */
  addressOf(buffer: Uint8Array): number;
}

const signatures = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, const void *, unsigned int)',
  setsockopt: 'int setsockopt(int, int, int, const void *, unsigned int)',
  epollCreate: 'int epoll_create1(int)',
  epollControl: 'int epoll_ctl(int, int, int, void *)',
  epollWait: 'int epoll_wait(int, uintptr_t, int, int)',
  recvmmsg: 'int recvmmsg(int, uintptr_t, unsigned int, int, uintptr_t)',
  sendmmsg: 'int sendmmsg(int, uintptr_t, unsigned int, int)',
  poll: 'int poll(void *, unsigned long, int)',
  eventfd: 'int eventfd(unsigned int, int)',
  read: 'long read(int, void *, size_t)',
  write: 'long write(int, const void *, size_t)',
  close: 'int close(int)',
} as const;

const bindFunctions = (): Libc => {
  const library = koffi.load(null);
  const functions = Object.entries(signatures).map(([name, signature]) => [
    name,
    library.func(signature) as unknown,
  ]);
  return {
    ...(Object.fromEntries(functions) as Omit<Libc, 'addressOf'>),
    addressOf: (buffer) => Number(koffi.address(buffer)),
  };
};

/** The C library of this process; `not-supported` anywhere but on 64-bit little-endian Linux, whose structures are laid out here by hand. */
export const loadLibc = (): Result<Libc, Fault<'not-supported'>> => {
  if (process.platform !== 'linux')
    return fault('not-supported', -1, `recvmmsg exists on Linux only, not on ${process.platform}`);
  if (endianness() !== 'LE' || !['x64', 'arm64'].includes(process.arch))
    return fault('not-supported', -1, `not done for ${process.arch}`);
  try {
    return ok(bindFunctions());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fault('not-supported', -1, `the C library cannot be called: ${reason}`);
  }
};
