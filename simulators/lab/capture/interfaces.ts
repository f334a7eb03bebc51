import { fault, ok, type Result } from '../../../reference/core/result.ts';
import { faultOfErrno, loadLibc, type CaptureFault, type Libc } from './libc.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const NAME_LENGTH = 16;
const REQUEST_LENGTH = 40;

/** An interface as the kernel names and flags it. */
export interface NetworkInterface {
  readonly index: number;
  readonly up: boolean;
  readonly loopback: boolean;
}

const withSocket = <Value>(
  libc: Libc,
  use: (socket: number) => Result<Value, CaptureFault>,
): Result<Value, CaptureFault> => {
  const socket = libc.socket(AF_INET, SOCK_DGRAM, 0);
  if (socket < 0) return faultOfErrno(libc, 'socket(AF_INET)');
  try {
    return use(socket);
  } finally {
    libc.close(socket);
  }
};

const requestFor = (name: string): Buffer => {
  const request = Buffer.alloc(REQUEST_LENGTH);
  request.write(name, 0, NAME_LENGTH - 1, 'latin1');
  return request;
};

/** Looks an interface up by name in this process's network namespace; `no-interface` when there is none. */
export const findInterface = (libc: Libc, name: string): Result<NetworkInterface, CaptureFault> => {
  const index = name.length < NAME_LENGTH ? libc.interfaceIndex(name) : 0;
  if (index === 0) return fault('no-interface', -1, `there is no network interface named ${name}`);
  return withSocket(libc, (socket) => {
    const request = requestFor(name);
    if (libc.ioctl(socket, SIOCGIFFLAGS, request) < 0) return faultOfErrno(libc, 'SIOCGIFFLAGS');
    const flags = request.readUInt16LE(NAME_LENGTH);
    return ok({ index, up: (flags & IFF_UP) !== 0, loopback: (flags & IFF_LOOPBACK) !== 0 });
  });
};

/** Brings `lo` up, as a fresh network namespace needs before anything can listen; does nothing when it is up. */
export const bringLoopbackUp = (): Result<'was-up' | 'brought-up', CaptureFault> => {
  const libc = loadLibc();
  if (!libc.ok) return libc;
  return withSocket(libc.value, (socket) => {
    const request = requestFor('lo');
    if (libc.value.ioctl(socket, SIOCGIFFLAGS, request) < 0) {
      return faultOfErrno(libc.value, 'SIOCGIFFLAGS');
    }
    const flags = request.readUInt16LE(NAME_LENGTH);
    if ((flags & IFF_UP) !== 0) return ok('was-up' as const);
    request.writeUInt16LE(flags | IFF_UP, NAME_LENGTH);
    const done = libc.value.ioctl(socket, SIOCSIFFLAGS, request);
    return done < 0 ? faultOfErrno(libc.value, 'SIOCSIFFLAGS') : ok('brought-up' as const);
  });
};
