import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** Where Debian installs Chromium. */
const usualProgram = '/usr/bin/chromium';

/** What a web view shows, and with what. */
export interface BrowserOptions {
  readonly url: string;
  /** Path of Chromium; Debian's unless given. */
  readonly program?: string;
  /** Further words for it, such as those of a false microphone. */
  readonly words?: readonly string[];
  /** Pixels of the page. */
  readonly size: { readonly width: number; readonly height: number };
  /** Ports of the phone itself, and where on this machine each leads (`adb reverse`). */
  readonly ports: readonly { readonly inside: number; readonly outside: number }[];
}

/** A headless Chromium that stands for a web view. */
export interface Browser {
  /** A connection to its DevTools. */
  connect(): Duplex;
  stop(): Promise<void>;
}

/** Why there is no browser, null where there is one. */
export const browserMissing = (program = usualProgram): string | null =>
  existsSync(program) ? null : `${program} is not installed (apt-get install chromium)`;

/** Milliseconds until Chromium must listen. */
const startDeadline = 30_000;

const listening = (child: ReturnType<typeof spawn>): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(
      () => reject(new Error('Chromium did not open its DevTools in time; try again')),
      startDeadline,
    );
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code) =>
      settle(() => reject(new Error(`Chromium ended with ${code}: ${said.slice(-300)}`))),
    );
    child.stderr?.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-4000);
      const found = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said);
      if (found) settle(() => resolve(Number(found[1])));
    });
  });

const wordsOf = ({ url, words = [], size, ports }: BrowserOptions, folder: string) => [
  '--headless',
  '--remote-debugging-address=127.0.0.1',
  '--remote-debugging-port=0',
  `--user-data-dir=${folder}`,
  `--window-size=${size.width},${size.height}`,
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ...(ports.length === 0
    ? []
    : [
        `--host-resolver-rules=${ports
          .map(({ inside, outside }) => `MAP localhost:${inside} 127.0.0.1:${outside}`)
          .join(',')}`,
      ]),
  ...words,
  url,
];

/** Starts Chromium with a page; resolves once its DevTools listen. */
export const startBrowser = async (options: BrowserOptions): Promise<Browser> => {
  const { program = usualProgram } = options;
  const missing = browserMissing(program);
  if (missing) throw new Error(`no web view: ${missing}`);
  const folder = await mkdtemp(join(tmpdir(), 'discretio-web-view-'));
  const child = spawn(program, wordsOf(options, folder), { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await listening(child);
    return { connect: () => connect(port, '127.0.0.1'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
