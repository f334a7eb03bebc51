import { join, resolve } from 'node:path';
import type { ApplianceDescription, Capability, Phone, Site } from '../../contract.ts';
import { phoneCapabilities } from '../capabilities.ts';
import { openDeviceEvidence } from '../device/evidence.ts';
import { readPackage, reversePort } from '../device/link.ts';
import { readStoredFiles } from '../device/stored-files.ts';
import { screenPhone } from '../phone.ts';
import { DeviceProblem } from '../problem.ts';
import { createScreen } from '../screens/screen.ts';
import { readSelectors } from '../selectors/read.ts';
import type { Selectors } from '../selectors/schema.ts';
import { checkAdbVersion, startAdbServer } from '../session/adb-process.ts';
import { startAppium, type SessionServer } from '../session/appium-server.ts';
import { openSession } from '../session/open-session.ts';
import { freePorts } from '../session/ports.ts';
import { findAndroidTools } from '../session/tools.ts';
import { adbServerOf } from './discovery.ts';
import { clientPlaces } from './places.ts';
import type { ReadFarm } from './read.ts';
import { preparePhone, reachPhone, type Reach, type Reached } from './reach.ts';
import type { FarmPhone, FarmServer, Network } from './schema.ts';

/** Name of Appium's log: warnings alone, since every text typed stands in the rest. */
const appiumLog = 'appium.log';

/** What a farm is opened with, beside its file. */
export interface LabOptions {
  /** Folder of the evidence of phones, a folder for each; none is kept unless given. */
  readonly evidence?: string | undefined;
  /** Which phone of the farm is which of the scenarios': alice calls, bob is called. */
  readonly roles: ReadonlyMap<string, string>;
  readonly network: Network;
}

/** Phones of a farm, each started once it is asked for; what they share ends with the last of them. */
export interface FarmLab {
  readonly capabilities: ReadonlySet<Capability>;
  readonly startPhone: (
    site: Site,
    name: string,
    appliance: ApplianceDescription,
  ) => Promise<Phone>;
}

/** What all phones of a run share. */
interface Shared extends Reach {
  serverFor(phone: FarmPhone): Promise<SessionServer>;
  stop(): Promise<void>;
}

const remoteServer = ({ url }: { readonly url: string }): SessionServer => {
  const { hostname: host, port, pathname: path } = new URL(url);
  return { host, port: Number(port) || 80, path };
};

/** Started by the first phone, ended by the last. */
const openShared = async ({ farm }: ReadFarm, folder: string): Promise<Shared> => {
  const tools = await findAndroidTools(process.env);
  const isSimulated = Object.values(farm.phones).some((phone) => 'simulated' in phone);
  const own = isSimulated ? await startAdbServer(tools) : null;
  let appium: ReturnType<typeof startAppium> | undefined;
  const adb = own ?? adbServerOf(farm);
  const serverOf = async (server: FarmServer): Promise<SessionServer> => {
    if (server.kind !== 'own') return remoteServer(server);
    // An Appium that finds no server, or one of another version, starts one that nobody ends.
    await checkAdbVersion(adb, tools);
    return (appium ??= startAppium({ tools, log: join(folder, appiumLog) }));
  };
  return {
    tools,
    adb,
    serverFor: (phone) => serverOf(phone.server ?? farm.server),
    async stop() {
      const started = await appium?.catch(() => undefined);
      await started?.stop();
      await own?.stop();
    },
  };
};

/** Capabilities of the phones of a farm, as far as can be told before they are started. */
const abilitiesOf = async (
  read: ReadFarm,
  selectors: Selectors,
): Promise<ReadonlyMap<string, ReadonlySet<Capability>>> => {
  const { farm } = read;
  const places = await clientPlaces(read);
  return new Map(
    Object.entries(farm.phones).map(([name, phone]) => [
      name,
      phoneCapabilities({
        place: places.get(name) ?? 'elsewhere',
        selectors,
        storedFiles: farm.application.storedFiles,
        logsKeys: 'simulated' in phone,
      }),
    ]),
  );
};

const common = (sets: readonly ReadonlySet<Capability>[]): ReadonlySet<Capability> => {
  const [first = new Set<Capability>(), ...rest] = sets;
  const limits = sets.some((set) => set.has('client-elsewhere'))
    ? ['client-elsewhere' as const]
    : [];
  return new Set([...[...first].filter((each) => rest.every((set) => set.has(each))), ...limits]);
};

/** Which phone of the farm stands in for which of the scenarios'. */
const createCasting = (names: readonly string[], roles: ReadonlyMap<string, string>) => {
  const taken = new Set(roles.values());
  const cast = new Map(roles);
  return (as: string): string => {
    const known = cast.get(as) ?? names.find((name) => !taken.has(name));
    if (known === undefined || !names.includes(known))
      throw new DeviceProblem(
        'unknown-device',
        `phone ${as}: the farm has ${names.length} phones, and all of them are in use; describe another in the farm file`,
      );
    cast.set(as, known);
    taken.add(known);
    return known;
  };
};

/** Opens a farm: nothing is started yet. */
export const openFarmLab = async (read: ReadFarm, options: LabOptions): Promise<FarmLab> => {
  const { farm } = read;
  const selectors = readSelectors(farm.application.selectors, read.folder);
  const names = Object.keys(farm.phones);
  const abilities = await abilitiesOf(read, selectors);
  const castAs = createCasting(names, options.roles);
  let shared: Promise<Shared> | undefined;
  let running = 0;
  const release = async (): Promise<void> => {
    running -= 1;
    if (running > 0) return;
    const ending = shared;
    shared = undefined;
    await (await ending?.catch(() => undefined))?.stop();
  };
  const start = async (site: Site, as: string, appliance: ApplianceDescription): Promise<Phone> => {
    const name = castAs(as);
    const described = farm.phones[name];
    if (!described)
      throw new DeviceProblem('unknown-device', `phone ${name}: it is not in the farm file`);
    const all = await (shared ??= openShared(
      read,
      options.evidence ?? (await site.folder('appium')),
    ));
    const reached = await reachPhone(name, described, all, { site, as, appliance });
    try {
      await preparePhone(reached, read, selectors, options.network);
      return await drive({ as, name, described, reached, all, site });
    } catch (error) {
      await reached.stop();
      throw error;
    }
  };
  interface Driving {
    readonly as: string;
    readonly name: string;
    readonly described: FarmPhone;
    readonly reached: Reached;
    readonly all: Shared;
    readonly site: Site;
  }
  const drive = async ({ as, name, described, reached, all, site }: Driving): Promise<Phone> => {
    const { link, facts, logs } = reached;
    const { page, storedFiles: by } = farm.application;
    const [systemPort = 0, chromedriverPort = 0] = await freePorts(2);
    const browser = await openSession({
      phone: name,
      serial: link.serial,
      selectors,
      server: await all.serverFor(described),
      adb: link.server,
      systemPort,
      chromedriverPort,
      chromedriver:
        described.chromedriver === undefined
          ? undefined
          : resolve(read.folder, described.chromedriver),
      pagePort: page === undefined ? undefined : await reversePort(link, page.port),
      isPrepared: facts.nature === 'simulated',
    });
    const own = selectors.package;
    const typed = new Set<string>();
    const evidence = await openDeviceEvidence({
      link,
      facts,
      application: {
        name: own ?? selectors.name,
        installed: own === undefined ? null : await readPackage(link, own),
      },
      folder: join(options.evidence ?? (await site.folder(`device-${name}`)), name),
      screenshot: () => browser.takeScreenshot(),
      video: farm.video,
      typed: () => typed,
    });
    return screenPhone({
      name: as,
      screen: createScreen(name, browser, selectors, (secret) => typed.add(secret)),
      capabilities: abilities.get(name) ?? new Set(),
      ...(logs ? { logs } : {}),
      ...(own !== undefined && by !== 'no'
        ? { storedFiles: () => readStoredFiles(link, own, by) }
        : {}),
      async done(step) {
        if (step === 'registration') evidence.film();
        if (pictured.test(step)) await evidence.picture(step);
      },
      async stop() {
        await evidence.close();
        await browser.deleteSession().catch(() => undefined);
        await reached.stop();
        await release();
      },
    });
  };
  return {
    capabilities: common([...abilities.values()]),
    async startPhone(site, as, appliance) {
      running += 1;
      try {
        return await start(site, as, appliance);
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
};

/** Steps that are pictured once they have succeeded; then no password and no token stands on the screen. */
const pictured = /^(registration|audio|call ended)$/;
