import { resolve } from 'node:path';
import type { ApplianceDescription, Site } from '../../contract.ts';
import type { AdbServer } from '../device/adb-server.ts';
import type { DeviceFacts } from '../device/device-facts.ts';
import {
  grant,
  install,
  readFacts,
  readPackage,
  setAwake,
  setNetwork,
  type DeviceLink,
} from '../device/link.ts';
import type { ClientLogs } from '../phone.ts';
import { DeviceProblem } from '../problem.ts';
import type { Selectors } from '../selectors/schema.ts';
import { connectPhone } from '../session/adb-process.ts';
import type { AndroidTools } from '../session/tools.ts';
import type { ReadFarm } from './read.ts';
import type { FarmPhone, Network } from './schema.ts';
import { startSimulatedPhone } from './simulated-phone.ts';

/** What phones are reached by. */
export interface Reach {
  readonly tools: AndroidTools;
  readonly adb: AdbServer;
}

/** A phone before it is driven. */
export interface Reached {
  readonly link: DeviceLink;
  readonly facts: DeviceFacts;
  readonly logs: ClientLogs | null;
  readonly stop: () => Promise<void>;
}

/** Finds a connected phone, or starts a simulated one and connects adb to it. */
export const reachPhone = async (
  name: string,
  phone: FarmPhone,
  { tools, adb: server }: Reach,
  start: { readonly site: Site; readonly as: string; readonly appliance: ApplianceDescription },
): Promise<Reached> => {
  const linkTo = (serial: string): DeviceLink => ({ phone: name, serial, server, adb: tools.adb });
  if ('serial' in phone) {
    const link = linkTo(phone.serial);
    return { link, facts: await readFacts(link), logs: null, stop: async () => undefined };
  }
  const simulated = await startSimulatedPhone(phone.simulated, start);
  try {
    await connectPhone(tools, server, simulated.serial);
    const link = linkTo(simulated.serial);
    return { link, facts: await readFacts(link), logs: simulated.logs, stop: simulated.stop };
  } catch (error) {
    await simulated.stop();
    throw error;
  }
};

/** Brings the application under test onto the phone, and the phone into the state that a test begins with. */
export const preparePhone = async (
  { link, facts }: Reached,
  { farm, folder }: ReadFarm,
  selectors: Selectors,
  network: Network,
): Promise<void> => {
  const { apk, upgrade, permissions } = farm.application;
  const name = selectors.package;
  if (apk !== undefined) await install(link, resolve(folder, apk));
  if (upgrade !== undefined) await install(link, resolve(folder, upgrade));
  if (name !== undefined && (await readPackage(link, name)) === null)
    throw new DeviceProblem(
      'application-missing',
      `phone ${link.phone}: ${name} is not installed; give its APK as application.apk in the farm file, or install it`,
    );
  if (name !== undefined) await grant(link, name, permissions);
  if (facts.nature !== 'simulated') {
    await setAwake(link, true);
    await setNetwork(link, network);
  }
};
