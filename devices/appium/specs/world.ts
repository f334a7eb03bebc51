import { join, resolve } from 'node:path';
import { openLoopbackSite } from '../../../simulators/lab/site.ts';
import { loadTargetFile } from '../../external/target.ts';
import { adbServerOf } from '../farm/discovery.ts';
import { planMatrix } from '../farm/matrix.ts';
import { preparePhone, reachPhone, type Reached } from '../farm/reach.ts';
import type { ReadFarm } from '../farm/read.ts';
import { reversePort } from '../device/link.ts';
import { DeviceProblem } from '../problem.ts';
import { readSelectors } from '../selectors/read.ts';
import { checkAdbVersion, startAdbServer } from '../session/adb-process.ts';
import { sessionCapabilities } from '../session/open-session.ts';
import { freePorts } from '../session/ports.ts';
import { findAndroidTools } from '../session/tools.ts';
import { openTokenDoor } from './token-door.ts';

/** What stands around the specs: an appliance, two phones that adb reaches, and a door by which tokens are read. */
export interface SpecWorld {
  /** Of WebdriverIO's multiremote: the instances are `caller` and `callee`. */
  readonly capabilities: Readonly<
    Record<SpecRole, { readonly capabilities: Record<string, unknown> }>
  >;
  /** What {@link ../specs/in-worker.ts} reads from the environment. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const roles = ['caller', 'callee'] as const;
export type SpecRole = (typeof roles)[number];

/** Numbers that the specs enrol, unless the farm file assigns others; of the range kept for fiction. */
const usualNumbers = { caller: '+33639982901', callee: '+33639982902' } as const;

/** Starts or reaches everything that two phones need to call each other. */
export const openSpecWorld = async (read: ReadFarm, evidence: string): Promise<SpecWorld> => {
  const { farm, folder } = read;
  const [pair] = planMatrix(farm, new Date().toISOString().slice(0, 10)).batches.flat();
  if (!pair)
    throw new DeviceProblem(
      'unknown-device',
      `farm ${read.file}: it has no two phones that can call each other now; describe another`,
    );
  const tools = await findAndroidTools(process.env);
  const stops: (() => Promise<unknown> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops.toReversed()) await stop();
  };
  try {
    const site = await openLoopbackSite();
    stops.push(() => site.close());
    const target = await loadTargetFile(resolve(folder, farm.target));
    await target.external?.reach();
    const appliance = await target.startAppliance(site);
    stops.push(() => appliance.stop());
    const described = await appliance.describe();
    const isSimulated = Object.values(farm.phones).some((phone) => 'simulated' in phone);
    const own = isSimulated ? await startAdbServer(tools) : null;
    if (own) stops.push(() => own.stop());
    const adb = own ?? adbServerOf(farm);
    // An Appium that finds no server, or one of another version, starts one that nobody ends.
    if (farm.server.kind === 'own') await checkAdbVersion(adb, tools);
    const selectors = readSelectors(farm.application.selectors, folder);
    const ports = await freePorts(4);
    const instance = async (role: SpecRole, index: number) => {
      const name = pair[role];
      const phone = farm.phones[name];
      if (!phone)
        throw new DeviceProblem('unknown-device', `phone ${name}: it is not in the farm file`);
      const reached: Reached = await reachPhone(
        name,
        phone,
        { tools, adb },
        { site, as: name, appliance: described },
      );
      stops.push(reached.stop);
      await preparePhone(reached, read, selectors, pair.network);
      const { page } = farm.application;
      return {
        number: phone.number ?? usualNumbers[role],
        pagePort: page === undefined ? null : await reversePort(reached.link, page.port),
        facts: reached.facts,
        phone: name,
        capabilities: sessionCapabilities({
          phone: name,
          serial: reached.link.serial,
          selectors,
          server: { host: '127.0.0.1', port: 0, path: '/' },
          adb,
          systemPort: ports[index * 2] ?? 0,
          chromedriverPort: ports[index * 2 + 1] ?? 0,
          chromedriver:
            phone.chromedriver === undefined ? undefined : resolve(folder, phone.chromedriver),
          isPrepared: reached.facts.nature === 'simulated',
        }),
      };
    };
    const [caller, callee] = await Promise.all([instance('caller', 0), instance('callee', 1)]);
    const door = await openTokenDoor((number, deadline) => appliance.readToken(number, deadline));
    stops.push(door.close);
    const told = ({ number, facts, phone, pagePort }: typeof caller) => ({
      number,
      facts,
      phone,
      pagePort,
    });
    return {
      capabilities: {
        caller: { capabilities: caller.capabilities },
        callee: { capabilities: callee.capabilities },
      },
      environment: {
        DISCRETIO_SPEC_WORLD: JSON.stringify({
          tokens: door.url,
          selectors: farm.application.selectors,
          folder,
          evidence: join(evidence, 'evidence'),
          caller: told(caller),
          callee: told(callee),
        }),
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
