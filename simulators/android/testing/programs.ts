import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Android's tools as Debian installs them. */
export const androidSdk = '/usr/lib/android-sdk';

/** Why tests with the real adb are skipped, null where it is installed. */
export const adbMissing = existsSync(`${androidSdk}/platform-tools/adb`)
  ? null
  : 'adb is not installed (apt-get install adb)';

/** A loopback port that nothing uses now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** The real adb with a server of its own. */
export interface RealAdb {
  readonly port: number;
  run(...words: readonly string[]): Promise<Ran>;
  stop(): Promise<void>;
}

/** Starts an adb server on a port and with keys of its own; nobody's usual one is touched. */
export const startAdb = async (): Promise<RealAdb> => {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), 'discretio-adb-'));
  const env = { ...process.env, HOME: home, TMPDIR: home, ADB_MDNS: '0' };
  const run = (...words: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const options = { timeout: 20_000, env, maxBuffer: 64 * 1024 * 1024 };
      execFile('adb', ['-P', String(port), ...words], options, (error, stdout, stderr) => {
        const status = error === null ? 0 : Number(error.code ?? 1);
        resolve({ stdout, stderr, status });
      });
    });
  await run('start-server');
  return {
    port,
    run,
    async stop() {
      await run('kill-server');
      await rm(home, { recursive: true, force: true });
    },
  };
};

/** A real Appium server as a child process. */
export interface RealAppium {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts Appium with the drivers that stand beside it; resolves once it listens. */
export const startAppium = async (): Promise<RealAppium> => {
  const port = await freePort();
  const root = join(import.meta.dirname, '../../..');
  const words = ['node_modules/appium/index.js', '--address', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { ...process.env, APPIUM_HOME: root, ANDROID_HOME: androidSdk },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const listen = (part: Buffer): void => {
      said += part.toString();
      if (said.includes('listener started')) resolve();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`Appium ended with ${code}:\n${said}`)));
  });
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
