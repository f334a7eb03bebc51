import { askAdbServer, usualAdbServer, type AdbServer } from '../device/adb-server.ts';
import { findDevice, parseDevices, type ListedDevice } from '../device/devices-list.ts';
import { DeviceProblem } from '../problem.ts';
import type { Farm } from './schema.ts';

/** Which phones of a farm are there. */
export interface Discovery {
  readonly ready: readonly string[];
  /** Why the others are not, one line each. */
  readonly problems: readonly { readonly phone: string; readonly problem: DeviceProblem }[];
}

/** The adb server that lists a farm's connected phones. */
export const adbServerOf = ({ adb }: Farm): AdbServer => adb ?? usualAdbServer;

/** Matches a farm's phones with what adb lists; simulated ones are always there. */
export const matchPhones = (
  farm: Farm,
  listed: readonly ListedDevice[] | DeviceProblem,
): Discovery => {
  const ready: string[] = [];
  const problems: { phone: string; problem: DeviceProblem }[] = [];
  for (const [phone, described] of Object.entries(farm.phones)) {
    try {
      if ('serial' in described) {
        if (listed instanceof DeviceProblem) throw listed;
        findDevice(phone, described.serial, listed);
      }
      ready.push(phone);
    } catch (error) {
      if (!(error instanceof DeviceProblem)) throw error;
      problems.push({ phone, problem: error });
    }
  }
  return { ready, problems };
};

/** Asks the farm's adb server which phones are there; nothing is started, and a server that is not there is no phone. */
export const discover = async (farm: Farm): Promise<Discovery> => {
  const needsAdb = Object.values(farm.phones).some((phone) => 'serial' in phone);
  if (!needsAdb) return matchPhones(farm, []);
  const listed = await askAdbServer(adbServerOf(farm), 'host:devices-l').then(
    parseDevices,
    (error: unknown) => {
      if (error instanceof DeviceProblem) return error;
      throw error;
    },
  );
  return matchPhones(farm, listed);
};
