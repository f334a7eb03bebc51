import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { loadLibc, type Libc } from '../capture/libc.ts';

const TUNSETIFF = 0x4004_54ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** Of struct ifreq on 64-bit Linux, bytes; the flags stand behind 16 of name. */
const requestLength = 40;
const POLLIN = 1;

/** Bytes of the largest frame that such a device hands out: no offload is on, so none is larger than its MTU and header. */
const largestFrame = 2_048;

/** An Ethernet device whose wire is this process. */
export interface Tap {
  readonly descriptor: number;
  /** The next frame that the device sent; null when there is none now. */
  read(): Uint8Array | null;
  /** Hands a frame to the device; false when it is down. */
  write(frame: Uint8Array): boolean;
  close(): void;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

const libcHere = (): Libc => {
  const libc = loadLibc();
  if (libc.ok) return libc.value;
  throw new Error(`network lab: a link needs ${libc.error.detail ?? libc.error.code}`);
};

/** Makes a TAP device of this name in the process's network namespace; it is gone when the process ends. Throws with one line. */
export const openTap = (name: string): Tap => {
  const libc = libcHere();
  const descriptor = (() => {
    try {
      return openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      throw new Error(
        `network lab: /dev/net/tun: ${codeOf(error)}; links with delay or loss need it`,
        { cause: error },
      );
    }
  })();
  const request = Buffer.alloc(requestLength);
  request.write(name, 'latin1');
  request.writeUInt16LE(IFF_TAP | IFF_NO_PI, 16);
  if (libc.ioctl(descriptor, TUNSETIFF, request) < 0) {
    closeSync(descriptor);
    throw new Error(`network lab: the device ${name} cannot be made: errno ${libc.errno()}`);
  }
  const buffer = Buffer.alloc(largestFrame);
  return {
    descriptor,
    read() {
      try {
        return new Uint8Array(buffer.subarray(0, readSync(descriptor, buffer)));
      } catch (error) {
        if (codeOf(error) === 'EAGAIN' || codeOf(error) === 'EIO') return null;
        throw error;
      }
    },
    write(frame) {
      try {
        writeSync(descriptor, frame);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EIO' || codeOf(error) === 'EAGAIN') return false;
        throw error;
      }
    },
    close: () => closeSync(descriptor),
  };
};

/** Waits until one of the devices has a frame, at most so many milliseconds; blocks the process. */
export const createTapWait = (taps: readonly Tap[]): ((milliseconds: number) => boolean) => {
  const libc = libcHere();
  const asked = Buffer.alloc(8 * taps.length);
  for (const [index, { descriptor }] of taps.entries()) {
    asked.writeInt32LE(descriptor, index * 8);
    asked.writeInt16LE(POLLIN, index * 8 + 4);
  }
  return (milliseconds) => libc.poll(asked, taps.length, milliseconds) > 0;
};
