import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { PhoneApplication, RunningApplication } from './application.ts';
import { propertiesOf, type AndroidDevice } from './device.ts';
import type { Widget } from './widget.ts';

/** A package in the system's list. */
export interface InstalledPackage {
  readonly name: string;
  readonly path: string;
  versionCode: number;
  versionName: string;
  readonly isSystem: boolean;
  /** Null for packages that this phone only lists. */
  readonly application: PhoneApplication | null;
  /** The user's decisions on permissions. */
  readonly permissions: Map<string, boolean>;
  installedAt: number;
  updatedAt: number;
}

export interface AndroidProcess {
  readonly pid: number;
  readonly name: string;
  /** Null for processes without a screen. */
  readonly running: RunningApplication | null;
  /** Told when it is killed from outside. */
  readonly onKilled: () => void;
}

/** A window above the application: a dialog, a call, the lock screen. */
export interface Overlay {
  readonly kind: 'permission' | 'system-call' | 'lock-screen';
  readonly packageName: string;
  readonly activity: string;
  readonly screen: Widget;
  /** Takes a tap on a resource id. */
  readonly tap: (id: string) => void;
  /** A sentence that the window asks, for alerts. */
  readonly message: string;
  readonly accept: () => void;
  readonly dismiss: () => void;
}

export interface ShortMessage {
  readonly from: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface DeviceFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

export interface LogLine {
  readonly at: number;
  readonly pid: number;
  readonly level: 'D' | 'I' | 'W' | 'E';
  readonly tag: string;
  readonly message: string;
}

/** Everything that can differ between two moments of a phone; one record, so that commands and events see the same. */
export interface AndroidState {
  readonly device: AndroidDevice;
  readonly properties: Map<string, string>;
  readonly settings: Map<string, Map<string, string>>;
  readonly packages: Map<string, InstalledPackage>;
  readonly processes: Map<number, AndroidProcess>;
  readonly overlays: Overlay[];
  readonly messages: ShortMessage[];
  readonly files: Map<string, DeviceFile>;
  /** What listens on the phone, by adb's own names: `tcp:6790`, `localabstract:…`. */
  readonly sockets: Map<string, () => Duplex | Promise<Duplex>>;
  readonly log: LogLine[];
  /** Package that has the screen; null is the launcher. */
  foreground: string | null;
  /** Quarter turns counter-clockwise. */
  rotation: 0 | 1 | 2 | 3;
  isAirplaneMode: boolean;
  isWifiEnabled: boolean;
  isDataEnabled: boolean;
  isScreenOn: boolean;
  isLocked: boolean;
  /** Whether Doze is in effect. */
  isIdle: boolean;
  readonly idleWhitelist: Set<string>;
  /** Percent. */
  batteryLevel: number;
  isPluggedIn: boolean;
  /** Density and size that `wm` was told, null for the panel's own. */
  size: { readonly width: number; readonly height: number } | null;
  density: number | null;
  focusedInput: string | null;
  readonly events: EventEmitter<{ changed: []; log: [LogLine] }>;
}

const systemPackages: readonly (readonly [string, number, string])[] = [
  ['android', 34, '14'],
  ['com.android.settings', 34, '14'],
  ['com.android.permissioncontroller', 34, '14'],
  ['com.android.dialer', 34, '14'],
  ['com.android.launcher3', 34, '14'],
  ['com.android.systemui', 34, '14'],
  ['com.android.chrome', 156000000, '156.0.8078.79'],
  ['io.appium.settings', 105, '6.0.0'],
  ['io.appium.uiautomator2.server', 220, '8.7.0'],
  ['io.appium.uiautomator2.server.test', 1, '1.0'],
];

/** A package of the system, or an installed application. */
export const makePackage = (
  name: string,
  versionCode: number,
  versionName: string,
  application: PhoneApplication | null,
): InstalledPackage => ({
  name,
  path: application ? `/data/app/${name}-1/base.apk` : `/system/app/${name}/${name}.apk`,
  versionCode,
  versionName,
  isSystem: application === null,
  application,
  permissions: new Map(),
  installedAt: 0,
  updatedAt: 0,
});

/** A phone that has just started: unlocked, on Wi-Fi, charging, with its own applications and nothing else. */
export const createState = (device: AndroidDevice): AndroidState => ({
  device,
  properties: new Map(propertiesOf(device)),
  settings: new Map([
    ['global', new Map([['device_name', device.model]])],
    ['secure', new Map([['android_id', '5f1b7c0d2a3e4f60']])],
    ['system', new Map([['screen_off_timeout', '600000']])],
  ]),
  packages: new Map(
    systemPackages.map(([name, code, version]) => [name, makePackage(name, code, version, null)]),
  ),
  processes: new Map(
    ['init', 'system_server', 'com.android.systemui', 'com.android.launcher3'].map(
      (name, index) => {
        const pid = [1, 1204, 1533, 1790][index] ?? 2;
        return [pid, { pid, name, running: null, onKilled: () => undefined }];
      },
    ),
  ),
  overlays: [],
  messages: [],
  files: new Map(),
  sockets: new Map(),
  log: [],
  foreground: null,
  rotation: 0,
  isAirplaneMode: false,
  isWifiEnabled: true,
  isDataEnabled: true,
  isScreenOn: true,
  isLocked: false,
  isIdle: false,
  idleWhitelist: new Set(),
  batteryLevel: 87,
  isPluggedIn: true,
  size: null,
  density: null,
  focusedInput: null,
  events: new EventEmitter(),
});

/** The network in use: Wi-Fi before mobile data. */
export const networkOf = (state: AndroidState): 'wifi' | '4g' | 'none' => {
  if (state.isWifiEnabled) return 'wifi';
  if (state.isAirplaneMode || !state.isDataEnabled) return 'none';
  return '4g';
};

/** Whether a package reaches the network now; Doze takes it from those in the background that are not exempt. */
export const isReachable = (state: AndroidState, packageName: string): boolean => {
  if (networkOf(state) === 'none') return false;
  const isHidden = !state.isScreenOn || state.foreground !== packageName;
  return !(state.isIdle && isHidden && !state.idleWhitelist.has(packageName));
};

/** Adds a line to the phone's log. */
export const writeLog = (
  state: AndroidState,
  tag: string,
  message: string,
  level: LogLine['level'] = 'I',
  pid = 1204,
): void => {
  const line: LogLine = { at: Date.now(), pid, level, tag, message };
  state.log.push(line);
  if (state.log.length > 5000) state.log.shift();
  state.events.emit('log', line);
};
