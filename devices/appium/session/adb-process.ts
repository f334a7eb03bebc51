import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DeadlineError } from '../../contract.ts';
import { askAdbServer, type AdbServer } from '../device/adb-server.ts';
import { parseServerVersion } from '../device/device-facts.ts';
import { DeviceProblem } from '../problem.ts';
import { freePorts } from './ports.ts';
import { startHelper } from './process.ts';
import type { AndroidTools } from './tools.ts';

const run = promisify(execFile);

/** Milliseconds in which an adb server comes up. */
const startLimit = 15_000;

/** Refuses a server that this adb could not speak with: adb would end it and start its own, under everybody else's feet. */
export const checkAdbVersion = async (server: AdbServer, tools: AndroidTools): Promise<void> => {
  const version = parseServerVersion(await askAdbServer(server, 'host:version'));
  if (version === tools.version) return;
  throw new DeviceProblem(
    'adb-version',
    `adb: the server ${server.host}:${server.port} speaks version ${version ?? 'of nothing known'}, ${tools.adb} ${tools.version}; end the other server with its own adb kill-server, or set ANDROID_HOME to its SDK`,
  );
};

/** An adb server of this run's own: whatever others have connected to theirs stays out of it, and the other way round. */
export const startAdbServer = async (
  tools: AndroidTools,
): Promise<AdbServer & { readonly stop: () => Promise<void> }> => {
  const [port = 0] = await freePorts(1);
  const server = { host: '127.0.0.1', port };
  const helper = startHelper(tools.adb, ['-P', String(port), 'nodaemon', 'server'], {
    ...process.env,
    // A server that looks for phones on USB takes them from the one that has them.
    ADB_LIBUSB: '0',
    ADB_MDNS: '0',
  });
  const ends = performance.now() + startLimit;
  for (;;) {
    const problem = await checkAdbVersion(server, tools).catch((error: unknown) => error);
    if (problem === undefined) return { ...server, stop: helper.stop };
    if (performance.now() > ends) {
      await helper.stop();
      throw new DeadlineError(
        `adb -P ${port} server did not come up: ${helper.said().split('\n')[0]}`,
      );
    }
    await delay(50);
  }
};

/** Connects a server to a phone that speaks adb over TCP. */
export const connectPhone = async (
  tools: AndroidTools,
  server: AdbServer,
  address: string,
): Promise<void> => {
  const { stdout } = await run(tools.adb, ['-P', String(server.port), 'connect', address], {
    timeout: 20_000,
  });
  if (!/connected to/.test(stdout))
    throw new DeviceProblem(
      'offline',
      `adb connect ${address}: ${stdout.trim().split('\n', 1)[0]}; switch on wireless debugging there`,
    );
};
