import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parseClientVersion } from '../device/device-facts.ts';
import { DeviceProblem } from '../problem.ts';

const run = promisify(execFile);

/** The programs of the Android SDK that a session needs. */
export interface AndroidTools {
  /** ANDROID_HOME: platform-tools are in it. */
  readonly home: string;
  readonly adb: string;
  /** Version of the protocol that this adb speaks: 41 for 1.0.41. */
  readonly version: number;
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const noAdb = (): DeviceProblem =>
  new DeviceProblem(
    'no-adb',
    'adb was not found; install it (apt-get install adb), or set ANDROID_HOME to an Android SDK with platform-tools',
  );

/** Finds adb: in ANDROID_HOME, ANDROID_SDK_ROOT or on the PATH. Throws a {@link DeviceProblem}. */
export const findAndroidTools = async (
  environment: Readonly<Record<string, string | undefined>>,
): Promise<AndroidTools> => {
  const given = [environment['ANDROID_HOME'], environment['ANDROID_SDK_ROOT']];
  const places = [
    ...given.filter((home) => home !== undefined).map((home) => join(home, 'platform-tools/adb')),
    ...(environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'adb')),
  ];
  for (const place of places) {
    if (!(await isProgram(place))) continue;
    const adb = await realpath(place);
    const { stdout } = await run(adb, ['version'], { timeout: 10_000 }).catch(() => ({
      stdout: '',
    }));
    const version = parseClientVersion(stdout);
    if (version === null)
      throw new DeviceProblem(
        'no-adb',
        `${place} is no adb that runs here; put a working one first`,
      );
    return { home: dirname(dirname(adb)), adb, version };
  }
  throw noAdb();
};
