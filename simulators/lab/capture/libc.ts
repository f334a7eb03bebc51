import { endianness } from 'node:os';
import koffi from 'koffi';
import { fault, ok, type Fault, type Result } from '../../../reference/core/result.ts';

/** Why packets cannot be captured here. */
export type CaptureFaultCode =
  | 'not-permitted'
  | 'not-supported'
  | 'no-interface'
  | 'interface-down'
  | 'file'
  | 'socket'
  | 'thread';

export type CaptureFault = Fault<CaptureFaultCode>;

/** The few calls of the C library that a packet socket needs; each returns -1 on failure, with the reason in {@link Libc.errno}. */
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
  getsockopt(
    socket: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: Uint8Array,
  ): number;
  recvmmsg(socket: number, vector: Uint8Array, count: number, flags: number, timeout: null): number;
  poll(descriptors: Uint8Array, count: number, timeout: number): number;
  ioctl(socket: number, request: number, argument: Uint8Array): number;
  close(socket: number): number;
  /** Index of a named interface, 0 when there is none. */
  interfaceIndex(name: string): number;
  errno(): number;
  /** Address in memory of a buffer, for the structures that hold pointers. */
  addressOf(buffer: Uint8Array): bigint;
}

const signatures = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, const void *, unsigned int)',
  setsockopt: 'int setsockopt(int, int, int, const void *, unsigned int)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  recvmmsg: 'int recvmmsg(int, void *, unsigned int, int, void *)',
  poll: 'int poll(void *, unsigned long, int)',
  ioctl: 'int ioctl(int, unsigned long, void *)',
  close: 'int close(int)',
  interfaceIndex: 'unsigned int if_nametoindex(const char *)',
} as const;

const bindFunctions = (): Libc => {
  const library = koffi.load(null);
  const functions = Object.entries(signatures).map(([name, signature]) => [
    name,
    library.func(signature) as unknown,
  ]);
  return {
    ...(Object.fromEntries(functions) as Omit<Libc, 'errno' | 'addressOf'>),
    errno: () => koffi.errno(),
    addressOf: (buffer) => koffi.address(buffer),
  };
};

let loaded: Result<Libc, CaptureFault> | undefined;

/** The C library of this process; refuses with `not-supported` where packet sockets cannot exist (anything but 64-bit little-endian Linux). */
export const loadLibc = (): Result<Libc, CaptureFault> => {
  loaded ??= load();
  return loaded;
};

const load = (): Result<Libc, CaptureFault> => {
  if (process.platform !== 'linux') {
    return fault(
      'not-supported',
      -1,
      `packet sockets exist on Linux only, not on ${process.platform}`,
    );
  }
  if (endianness() !== 'LE' || koffi.sizeof('void *') !== 8) {
    return fault('not-supported', -1, `packet sockets are not done for ${process.arch}`);
  }
  try {
    return ok(bindFunctions());
  } catch (error) {
    return fault('not-supported', -1, `the C library cannot be called: ${String(error)}`);
  }
};

const { EPERM, EACCES, EAFNOSUPPORT, ENODEV, ENXIO, ENETDOWN } = koffi.os.errno;

/** Names the reason of the last failed call. */
export const faultOfErrno = (
  libc: Libc,
  step: string,
): { readonly ok: false; readonly error: CaptureFault } => {
  const errno = libc.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0];
  const detail = `${step}: ${name ?? `errno ${errno}`}`;
  if (errno === EPERM || errno === EACCES) {
    return fault('not-permitted', -1, `${detail}; run as root, or under \`unshare -Urn\``);
  }
  if (errno === EAFNOSUPPORT) return fault('not-supported', -1, detail);
  if (errno === ENODEV || errno === ENXIO) return fault('no-interface', -1, detail);
  if (errno === ENETDOWN) return fault('interface-down', -1, detail);
  return fault('socket', -1, detail);
};
