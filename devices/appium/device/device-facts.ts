/** What a phone says of itself over adb; every parser is total and gives less where it understands less. */

/** What is to be told of a phone beside every result that was got on it. */
export interface DeviceFacts {
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly android: string;
  /** API level; 0 where the phone does not say. */
  readonly sdk: number;
  /** Security patch level, such as 2026-10-05; empty before Android 6. */
  readonly securityPatch: string;
  readonly build: string;
  /** What a program would have to run on to be run on a phone: `device` is hardware. */
  readonly nature: 'device' | 'emulator' | 'simulated';
}

/** Lines of `getprop`. */
export const parseProperties = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/^\[([^\]\r\n]+)\]: \[([^\r\n]*)\]\r?$/gm)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );

const natureOf = (properties: ReadonlyMap<string, string>): DeviceFacts['nature'] => {
  const of = (name: string): string => properties.get(name) ?? '';
  if (of('ro.product.brand') === 'discretio' || of('ro.product.manufacturer') === 'Discretio')
    return 'simulated';
  const emulated =
    of('ro.kernel.qemu') === '1' ||
    of('ro.boot.qemu') === '1' ||
    /^(goldfish|ranchu|cutf_cvm|vbox86)$/.test(of('ro.hardware')) ||
    /^(generic|sdk_gphone|emulator)/.test(of('ro.product.device')) ||
    /^(generic|google\/sdk_)/.test(of('ro.build.fingerprint'));
  return emulated ? 'emulator' : 'device';
};

/** The facts in a phone's properties. */
export const factsOf = (serial: string, properties: ReadonlyMap<string, string>): DeviceFacts => {
  const of = (name: string): string => properties.get(name) ?? '';
  return {
    serial,
    manufacturer: of('ro.product.manufacturer'),
    model: of('ro.product.model'),
    android: of('ro.build.version.release'),
    sdk: Number.parseInt(of('ro.build.version.sdk'), 10) || 0,
    securityPatch: of('ro.build.version.security_patch'),
    build: of('ro.build.fingerprint'),
    nature: natureOf(properties),
  };
};

/** An installed application, as `dumpsys package NAME` has it. */
export interface PackageFacts {
  readonly versionName: string;
  readonly versionCode: number;
  readonly isDebuggable: boolean;
  /** The user that its processes run as; null where the phone does not say. */
  readonly uid: number | null;
  /** Runtime permissions and whether each is granted. */
  readonly permissions: ReadonlyMap<string, boolean>;
}

/** What `dumpsys package NAME` says; null where the package is not installed. */
export const parsePackage = (text: string, name: string): PackageFacts | null => {
  const begin = text.indexOf(`Package [${name}]`);
  if (begin < 0) return null;
  const own = text.slice(begin);
  const permissions = [...own.matchAll(/^\s+([\w.]+): granted=(true|false)/gm)];
  const uid = /\b(?:userId|appId)=(\d+)/.exec(own)?.[1];
  return {
    uid: uid === undefined ? null : Number(uid),
    versionName: /\bversionName=(\S+)/.exec(own)?.[1] ?? '',
    versionCode: Number(/\bversionCode=(\d+)/.exec(own)?.[1] ?? 0),
    isDebuggable: /\b(?:pkgFlags|flags)=\[[^\]]*\bDEBUGGABLE\b/.test(own),
    permissions: new Map(
      permissions.map(([, permission = '', granted]) => [permission, granted === 'true']),
    ),
  };
};

/** Whether the screen is on and whether the keyguard is before it, as `dumpsys power` and `dumpsys window` say; null where they do not. */
export const parseLock = (
  power: string,
  window: string,
): { readonly isOn: boolean | null; readonly isLocked: boolean | null } => {
  const awake = /\bmWakefulness=(\w+)/.exec(power)?.[1];
  const keyguard =
    /\b(?:mDreamingLockscreen|isKeyguardShowing|mShowingLockscreen|isStatusBarKeyguard)=(true|false)/.exec(
      window,
    )?.[1];
  return {
    isOn: awake === undefined ? null : awake === 'Awake',
    isLocked: keyguard === undefined ? null : keyguard === 'true',
  };
};

/** One text of a phone's inbox. */
export interface InboxMessage {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly from: string;
  readonly body: string;
}

/** Rows of `content query --uri content://sms/inbox`, whose last column must be the body: it may have several lines. */
export const parseInbox = (text: string): readonly InboxMessage[] =>
  text
    .split(/^Row: \d+ /m)
    .slice(1)
    .flatMap((row) => {
      const date = /(?:^|, )date=(\d+)/.exec(row)?.[1];
      const body = /(?:^|, )body=([\s\S]*)$/.exec(row)?.[1];
      const from = /(?:^|, )address=([^,]*)/.exec(row)?.[1] ?? '';
      return date === undefined || body === undefined
        ? []
        : [{ at: Number(date), from, body: body.trimEnd() }];
    });

/** The newest token that came after a moment; null where none did. */
export const newestToken = (
  inbox: readonly InboxMessage[],
  after: number,
  pattern: string,
): string | null => {
  const newest = inbox
    .filter(({ at }) => at >= after)
    .toSorted((left, right) => right.at - left.at)
    .map(({ body }) => new RegExp(pattern, 'u').exec(body))
    .find((found) => found !== null);
  return newest ? (newest[1] ?? newest[0]) : null;
};

/** Version of adb's protocol, as `adb version` prints it (1.0.41 is 41); null where it is none. */
export const parseClientVersion = (text: string): number | null => {
  const found = /^Android Debug Bridge version 1\.0\.(\d{1,4})\b/m.exec(text);
  return found ? Number(found[1]) : null;
};

/** Version of adb's protocol, as a server answers `host:version`: four hexadecimal digits. */
export const parseServerVersion = (text: string): number | null =>
  /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : null;

/** The version of Chrome or of a chromedriver in what it prints of itself: its first number. */
export const parseMajorVersion = (text: string): number | null => {
  const found = /\b(\d{1,4})\.\d+\.\d+(?:\.\d+)?\b/.exec(text);
  return found ? Number(found[1]) : null;
};
