import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DeadlineError } from '../../contract.ts';
import { DeviceProblem } from '../problem.ts';
import { checkFree, freePorts } from './ports.ts';
import { startHelper } from './process.ts';
import type { AndroidTools } from './tools.ts';

/** Milliseconds in which Appium comes up; its drivers are many files. */
const startLimit = 60_000;

const root = join(import.meta.dirname, '../../..');

/** An Appium server, or a Selenium Grid: whatever takes sessions. */
export interface SessionServer {
  readonly host: string;
  readonly port: number;
  /** Before `/session`. */
  readonly path: string;
}

/** A server that this run started. */
export interface OwnServer extends SessionServer {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const isReady = async ({ host, port, path }: SessionServer): Promise<boolean> => {
  try {
    const answer = await fetch(`http://${host}:${port}${path === '/' ? '' : path}/status`, {
      signal: AbortSignal.timeout(2_000),
    });
    const body: unknown = await answer.json();
    return JSON.stringify(body).includes('"ready":true');
  } catch {
    return false;
  }
};

/** Resolves once a server takes sessions; rejects with a DeadlineError after so many milliseconds. */
export const untilReady = async (
  what: string,
  server: SessionServer,
  deadline: number,
  failed: () => string | null = () => null,
): Promise<void> => {
  const ends = performance.now() + deadline;
  while (!(await isReady(server))) {
    const reason = failed();
    if (reason !== null) throw new DeviceProblem('appium-unreachable', reason);
    if (performance.now() > ends)
      throw new DeadlineError(
        `${what} at ${server.host}:${server.port} takes no sessions after ${deadline / 1000} s`,
      );
    await delay(100);
  }
};

/** A path that nobody can guess, and the file by which Appium is told of it: its command line could be read by everybody here. */
export interface SecretPath {
  /** Such as `/` and 32 hexadecimal digits. */
  readonly path: string;
  /** For `--config`; its owner alone can read it. */
  readonly config: string;
  readonly remove: () => void;
}

/**
 * Makes the path of one Appium. Appium looks at neither Host nor Origin, and takes a session from whatever asks for one, the pages of
 * every browser on this machine included: its path is what they do not have.
 */
export const makeSecretPath = async (): Promise<SecretPath> => {
  const path = `/${randomBytes(16).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'discretio-appium-'));
  const config = join(folder, 'appium.json');
  await writeFile(config, JSON.stringify({ server: { 'base-path': path } }), { mode: 0o600 });
  return { path, config, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** How Appium is started. */
export interface AppiumOptions {
  readonly tools: AndroidTools;
  /** A free one unless given. */
  readonly port?: number;
  /** File that its log is written to. */
  readonly log: string;
}

/** Starts the Appium of this checkout, with the drivers that are installed beside it. Throws a {@link DeviceProblem}. */
export const startAppium = async ({ tools, port, log }: AppiumOptions): Promise<OwnServer> => {
  if (port !== undefined) await checkFree('Appium', port);
  const [free = 0] = port === undefined ? await freePorts(1) : [port];
  const secret = await makeSecretPath();
  const server: SessionServer = { host: '127.0.0.1', port: free, path: secret.path };
  const program = join(root, 'node_modules/appium/index.js');
  const helper = startHelper(
    process.execPath,
    [
      program,
      'server',
      `--address=${server.host}`,
      `--port=${free}`,
      `--config=${secret.config}`,
      `--log=${log}`,
      '--log-level=error:warn',
      '--log-timestamp',
      '--log-no-colors',
    ],
    { ...process.env, APPIUM_HOME: root, ANDROID_HOME: tools.home, ANDROID_SDK_ROOT: tools.home },
  );
  let isOver = false;
  void helper.ended.then(() => {
    isOver = true;
  });
  const failure = (): string | null =>
    isOver
      ? `Appium does not start: ${helper.said().trim().split('\n').at(-1) ?? ''}; its log is ${log}`
      : null;
  try {
    await untilReady('Appium', server, startLimit, failure);
  } catch (error) {
    await helper.stop();
    throw error;
  } finally {
    secret.remove();
  }
  return { ...server, pid: helper.pid, stop: helper.stop };
};
