/** What a phone is, as opposed to what happens on it. */
export interface AndroidDevice {
  /** `ro.serialno`; not the serial that adb lists, which is the address it was connected by. */
  readonly serialNumber: string;
  readonly manufacturer: string;
  readonly brand: string;
  readonly model: string;
  /** `ro.product.name` and `ro.product.device`. */
  readonly product: string;
  /** Such as `14`. */
  readonly androidVersion: string;
  /** API level, such as 34. */
  readonly sdk: number;
  /** Such as `2026-10-05`. */
  readonly securityPatch: string;
  /** Pixels upright, and dots per inch. */
  readonly screen: { readonly width: number; readonly height: number; readonly density: number };
  /** Such as `fr-FR`. */
  readonly locale: string;
}

/** A phone of 2024, whose name says that it is none. */
export const usualDevice: AndroidDevice = {
  serialNumber: 'SIM0001',
  manufacturer: 'Discretio',
  brand: 'discretio',
  model: 'Simulated Phone',
  product: 'simulated',
  androidVersion: '14',
  sdk: 34,
  securityPatch: '2026-10-05',
  screen: { width: 1080, height: 2280, density: 420 },
  locale: 'fr-FR',
};

/** The device's system properties. */
export const propertiesOf = (device: AndroidDevice): ReadonlyMap<string, string> => {
  const { brand, product, androidVersion, sdk, locale } = device;
  const build = 'SIMU.261005.001';
  return new Map([
    ['ro.serialno', device.serialNumber],
    ['ro.product.manufacturer', device.manufacturer],
    ['ro.product.brand', brand],
    ['ro.product.model', device.model],
    ['ro.product.name', product],
    ['ro.product.device', product],
    ['ro.product.cpu.abi', 'arm64-v8a'],
    ['ro.product.cpu.abilist', 'arm64-v8a,armeabi-v7a,armeabi'],
    ['ro.product.locale', locale],
    ['persist.sys.locale', locale],
    ['persist.sys.timezone', 'Europe/Paris'],
    ['ro.build.version.release', androidVersion],
    ['ro.build.version.sdk', String(sdk)],
    ['ro.build.version.security_patch', device.securityPatch],
    ['ro.build.version.codename', 'REL'],
    ['ro.build.id', build],
    ['ro.build.characteristics', 'default'],
    ['ro.build.type', 'user'],
    ['ro.build.tags', 'release-keys'],
    [
      'ro.build.fingerprint',
      `${brand}/${product}/${product}:${androidVersion}/${build}/1:user/release-keys`,
    ],
    ['ro.kernel.qemu', '0'],
    ['ro.sf.lcd_density', String(device.screen.density)],
    ['sys.boot_completed', '1'],
    ['dev.bootcomplete', '1'],
    ['init.svc.bootanim', 'stopped'],
    ['ro.secure', '1'],
    ['ro.debuggable', '0'],
  ]);
};
