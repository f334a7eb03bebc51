import koffi from 'koffi';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { feedWatchdog, notifySystemd } from './notify.ts';

const isLinux = process.platform === 'linux';

/** A datagram socket in place of systemd's. */
const listen = (name: string) => {
  const library = koffi.load(null);
  const socket = library.func('int socket(int, int, int)') as (...words: number[]) => number;
  const bind = library.func('int bind(int, const void *, unsigned int)') as (
    descriptor: number,
    address: Uint8Array,
    length: number,
  ) => number;
  const recv = library.func('long recv(int, void *, size_t, int)') as (
    descriptor: number,
    into: Uint8Array,
    length: number,
    flags: number,
  ) => number;
  const close = library.func('int close(int)') as (descriptor: number) => number;
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(name)]);
  const descriptor = socket(1, 2, 0);
  expect(bind(descriptor, address, address.length)).toBe(0);
  return {
    heard(): string | null {
      const buffer = new Uint8Array(256);
      const length = recv(descriptor, buffer, buffer.length, 0x40);
      return length < 0 ? null : Buffer.from(buffer.subarray(0, length)).toString();
    },
    close: () => close(descriptor),
  };
};

describe.skipIf(!isLinux)(`systemd${isLinux ? '' : ' (skipped: not on Linux)'}`, () => {
  it('is told through the socket that it names, by path or abstract', () => {
    const folder = mkdtempSync(join(tmpdir(), 'notify-'));
    const path = join(folder, 'notify');
    const byPath = listen(`${path}\0`);
    expect(notifySystemd('READY=1', { NOTIFY_SOCKET: path })).toBe(true);
    expect(byPath.heard()).toBe('READY=1');
    byPath.close();
    rmSync(folder, { recursive: true });
    const name = `discretio-test-${process.pid}`;
    const abstract = listen(`\0${name}`);
    expect(notifySystemd('STOPPING=1', { NOTIFY_SOCKET: `@${name}` })).toBe(true);
    expect(abstract.heard()).toBe('STOPPING=1');
    abstract.close();
  });

  it('is left alone where it did not ask, or is not there', () => {
    expect(notifySystemd('READY=1', {})).toBe(false);
    expect(notifySystemd('READY=1', { NOTIFY_SOCKET: '/nowhere/notify' })).toBe(false);
    expect(notifySystemd('READY=1', { NOTIFY_SOCKET: 'nonsense' })).toBe(false);
  });

  it('has its watchdog fed within the interval', () => {
    vi.useFakeTimers();
    const name = `discretio-watchdog-${process.pid}`;
    const socket = listen(`\0${name}`);
    const starve = feedWatchdog({ NOTIFY_SOCKET: `@${name}`, WATCHDOG_USEC: '30000000' });
    vi.advanceTimersByTime(15_000);
    expect(socket.heard()).toBe('WATCHDOG=1');
    starve();
    vi.advanceTimersByTime(60_000);
    expect(socket.heard()).toBeNull();
    socket.close();
    vi.useRealTimers();
  });
});
