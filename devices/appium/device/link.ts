import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf } from '../../external/problem.ts';
import { DeviceProblem } from '../problem.ts';
import { adbShell, type AdbServer } from './adb-server.ts';
import {
  factsOf,
  parseInbox,
  parsePackage,
  parseProperties,
  type DeviceFacts,
  type InboxMessage,
  type PackageFacts,
} from './device-facts.ts';

const run = promisify(execFile);

/** Milliseconds that an installation may take: an APK goes over the cable, and Android compiles it. */
const installLimit = 180_000;

/** A phone as adb reaches it. */
export interface DeviceLink {
  /** Name of the phone in messages. */
  readonly phone: string;
  readonly serial: string;
  readonly server: AdbServer;
  /** Path of adb, for what its server alone does not do. */
  readonly adb: string;
}

const shell = ({ server, serial }: DeviceLink, command: string, deadline?: number) =>
  adbShell(server, serial, command, deadline);

/** What a phone says of itself. */
export const readFacts = async (link: DeviceLink): Promise<DeviceFacts> =>
  factsOf(link.serial, parseProperties(await shell(link, 'getprop')));

/** An installed application; null where it is not installed. */
export const readPackage = async (link: DeviceLink, name: string): Promise<PackageFacts | null> =>
  parsePackage(await shell(link, `dumpsys package ${name}`), name);

const adb = (link: DeviceLink, words: readonly string[], limit: number) =>
  run(
    link.adb,
    ['-H', link.server.host, '-P', String(link.server.port), '-s', link.serial, ...words],
    {
      timeout: limit,
    },
  );

/** Why adb could not install, in its own word such as INSTALL_FAILED_VERSION_DOWNGRADE. */
const installReason = (error: unknown): string => {
  const said =
    error instanceof Error && 'stderr' in error ? `${String(error.stderr)} ${error.message}` : '';
  return /\b(INSTALL_[A-Z_]+)\b/.exec(said)?.[1] ?? 'adb install did not end well';
};

/** Installs an APK, over what is there already; data stay. Throws a {@link DeviceProblem}. */
export const install = async (link: DeviceLink, apk: string): Promise<void> => {
  await readFile(apk, { flag: 'r' }).catch((error: unknown) => {
    throw new DeviceProblem(
      'file',
      `application ${apk}: cannot be read (${codeOf(error)}); give the path of the APK`,
    );
  });
  try {
    await adb(link, ['install', '-r', apk], installLimit);
  } catch (error) {
    throw new DeviceProblem(
      'install-failed',
      `phone ${link.phone}: ${apk} cannot be installed (${installReason(error)}); adb -s ${link.serial} install -r ${apk} says more`,
      { cause: error },
    );
  }
};

/** Lets an application do what its user would otherwise be asked about. Android says nothing where it agrees. */
export const grant = async (
  link: DeviceLink,
  packageName: string,
  permissions: readonly string[],
): Promise<void> => {
  for (const permission of permissions) {
    const said = await shell(link, `pm grant ${packageName} ${permission}`);
    if (said.trim() !== '')
      throw new DeviceProblem(
        'install-failed',
        `phone ${link.phone}: ${permission} cannot be granted to ${packageName}; take it from application.permissions, or allow it by hand`,
      );
  }
};

/** Brings a port of this machine to the phone's own localhost, where a page gets the microphone; the phone's port. */
export const reversePort = async (link: DeviceLink, port: number): Promise<number> => {
  await adb(link, ['reverse', `tcp:${port}`, `tcp:${port}`], 20_000);
  return port;
};

/** Screen and keyguard: what a phone in a pocket is, and one in the hand. */
export const setAwake = async (link: DeviceLink, isAwake: boolean): Promise<void> => {
  await shell(link, `input keyevent ${isAwake ? 'KEYCODE_WAKEUP' : 'KEYCODE_SLEEP'}`);
  if (isAwake) await shell(link, 'wm dismiss-keyguard');
};

/** Doze: what Android does to a phone that lies unused. */
export const setDoze = async (link: DeviceLink, isIdle: boolean): Promise<void> => {
  await shell(link, isIdle ? 'dumpsys battery unplug' : 'dumpsys battery reset');
  await shell(link, `dumpsys deviceidle ${isIdle ? 'force-idle' : 'unforce'}`);
};

/** Airplane mode, as the command of Android 11 and later sets it. */
export const setAirplane = async (link: DeviceLink, isOn: boolean): Promise<void> => {
  await shell(link, `cmd connectivity airplane-mode ${isOn ? 'enable' : 'disable'}`);
};

/** The network that the phone uses: one is switched on before the other is switched off. */
export const setNetwork = async (link: DeviceLink, network: 'wifi' | 'mobile'): Promise<void> => {
  const [wanted, other] = network === 'wifi' ? ['wifi', 'data'] : ['data', 'wifi'];
  await shell(link, `svc ${wanted} enable`);
  await shell(link, `svc ${other} disable`);
};

/** Texts in the phone's inbox; Android shows them to adb on most phones. Throws a {@link DeviceProblem} where not. */
export const readInbox = async (link: DeviceLink): Promise<readonly InboxMessage[]> => {
  const said = await shell(
    link,
    'content query --uri content://sms/inbox --projection date:address:body',
  );
  if (/SecurityException|Permission Denial|Error while accessing/i.test(said))
    throw new DeviceProblem(
      'token',
      `phone ${link.phone}: its Android does not let adb read texts; take readsInbox away, and read tokens as the target's file says`,
    );
  return parseInbox(said);
};

/** What logcat says where it does not know an option: `--uid` came with Android 12. */
const unknownOption = /(?:unrecognized|unknown|invalid) option/i;

/**
 * An application's own log from a moment on, as `logcat -d -T` prints it; `seconds` since 1970. Never the whole phone's: Appium's server
 * on the phone writes into that what it types. Throws a {@link DeviceProblem} where the phone cannot tell one from the other.
 */
export const readLog = async (
  link: DeviceLink,
  { name, uid }: { readonly name: string; readonly uid: number | null },
  seconds: number,
): Promise<string> => {
  const read = (choice: string): Promise<string> =>
    shell(link, `logcat -d -v threadtime ${choice} -T ${seconds.toFixed(3)}`, 30_000);
  if (uid !== null) {
    const said = await read(`--uid=${uid}`);
    if (!unknownOption.test(said.slice(0, 1_000))) return said;
  }
  const pid = /^\d+/.exec((await shell(link, `pidof ${name}`)).trim())?.[0];
  const said = pid === undefined ? null : await read(`--pid=${pid}`);
  if (said === null || unknownOption.test(said.slice(0, 1_000)))
    throw new DeviceProblem(
      'application-missing',
      `phone ${link.phone}: its Android does not tell the log of ${name} from that of others; read it by hand with adb logcat`,
    );
  return said;
};
