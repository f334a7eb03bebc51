import koffi from 'koffi';
import { utf8 } from '../../core/bytes.ts';

const unixFamily = 1;
const datagramType = 2;
const closeOnExec = 0o2_000_000;
const noSignal = 0x4000;

interface Calls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly sendto: (
    socket: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number;
  readonly close: (descriptor: number) => number;
}

const loadCalls = (): Calls => {
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int, int, int)'),
    sendto: library.func('long sendto(int, const void *, size_t, int, const void *, unsigned int)'),
    close: library.func('int close(int)'),
  };
};

/** struct sockaddr_un; a name that begins with @ is an abstract one (unix(7)). */
const addressOf = (path: string): Uint8Array => {
  const name = utf8(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  const address = new Uint8Array(2 + name.length);
  new DataView(address.buffer).setUint16(0, unixFamily, true);
  address.set(name, 2);
  return address;
};

/**
 * Tells systemd about the state of this process (sd_notify(3)): node has no unix datagrams, so through the C library. Gives whether
 * it was told; false where no systemd asked for it, or not on Linux.
 */
export const notifySystemd = (
  message: 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1',
  environment: NodeJS.ProcessEnv = process.env,
): boolean => {
  const path = environment['NOTIFY_SOCKET'];
  if (path === undefined || !/^[/@]./.test(path) || process.platform !== 'linux') return false;
  try {
    const { socket, sendto, close } = loadCalls();
    const descriptor = socket(unixFamily, datagramType | closeOnExec, 0);
    if (descriptor < 0) return false;
    const [bytes, address] = [utf8(message), addressOf(path)];
    const sent = sendto(descriptor, bytes, bytes.length, noSignal, address, address.length);
    close(descriptor);
    return sent === bytes.length;
  } catch {
    return false;
  }
};

/** Tells the watchdog of systemd twice in its interval that the event loop turns (WatchdogSec=). Gives what ends it. */
export const feedWatchdog = (environment: NodeJS.ProcessEnv = process.env): (() => void) => {
  const microseconds = Number(environment['WATCHDOG_USEC'] ?? 0);
  if (!Number.isFinite(microseconds) || microseconds < 1000) return () => undefined;
  const timer = setInterval(
    () => notifySystemd('WATCHDOG=1', environment),
    Math.min(microseconds / 2000, 2_000_000_000),
  ).unref();
  return () => clearInterval(timer);
};
