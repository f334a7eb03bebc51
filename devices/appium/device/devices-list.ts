import { DeviceProblem } from '../problem.ts';

/** One line of `adb devices -l`. */
export interface ListedDevice {
  readonly serial: string;
  /** `device` is ready; others say why it is not. */
  readonly state: string;
  readonly model: string | null;
  readonly product: string | null;
  readonly transport: string | null;
}

/** What `host:devices-l` and `adb devices -l` print; lines that are neither are passed over. Total. */
export const parseDevices = (text: string): readonly ListedDevice[] =>
  text.split(/\r?\n/).flatMap((line) => {
    // The state may hold blanks: "no permissions (user in plugdev group; …); see [http…]".
    const found = /^(\S+)\s+(no permissions|\S+)(.*)$/.exec(line);
    const [, serial, state, rest = ''] = found ?? [];
    if (
      serial === undefined ||
      state === undefined ||
      line.startsWith('*') ||
      line.startsWith('List of')
    )
      return [];
    const field = (name: string): string | null =>
      new RegExp(String.raw`(?:^|\s)${name}:(\S+)`).exec(rest)?.[1] ?? null;
    return [
      {
        serial,
        state,
        model: field('model'),
        product: field('product'),
        transport: field('transport_id'),
      },
    ];
  });

/** Why a listed phone cannot be used, and what to do; null where it can. */
export const stateProblem = (
  name: string,
  { serial, state }: ListedDevice,
): DeviceProblem | null => {
  const phone = `phone ${name} (${serial})`;
  switch (state) {
    case 'device':
      return null;
    case 'unauthorized':
    case 'authorizing':
      return new DeviceProblem(
        'unauthorised',
        `${phone} has not authorised this computer; unlock its screen, accept "Allow USB debugging", and try again`,
      );
    case 'offline':
    case 'connecting':
      return new DeviceProblem(
        'offline',
        `${phone} is ${state} to adb; draw its cable and put it back, or adb -s ${serial} reconnect`,
      );
    case 'no permissions':
      return new DeviceProblem(
        'no-permission',
        `${phone}: this user may not open its USB device; install the udev rules (package android-sdk-platform-tools-common) and join the group plugdev`,
      );
    default:
      return new DeviceProblem(
        'offline',
        `${phone} is in the state ${state.slice(0, 32)}; start Android on it`,
      );
  }
};

/** The phone of a farm file among those that adb lists. Throws a {@link DeviceProblem} where it is missing or cannot be used. */
export const findDevice = (
  name: string,
  serial: string,
  listed: readonly ListedDevice[],
): ListedDevice => {
  const found = listed.find((device) => device.serial === serial);
  if (!found) {
    const others = listed.map((device) => device.serial).join(', ');
    throw new DeviceProblem(
      'unknown-device',
      `phone ${name}: adb lists no ${serial}, ${others === '' ? 'and no other phone' : `only ${others}`}; mend its serial in the farm file, or connect it`,
    );
  }
  const problem = stateProblem(name, found);
  if (problem) throw problem;
  return found;
};
