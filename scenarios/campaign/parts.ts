import type { Appliance, ApplianceDescription, Phone, Target } from '../../devices/contract.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import { failureOf, within } from './deadline.ts';

/** Appliance and phones of a run, started on first use and stopped together. */
export interface Parts {
  appliance(): Promise<Appliance>;
  phone(name: string, at?: ApplianceDescription): Promise<Phone>;
  /** Phones that are up now. */
  phones(): readonly Phone[];
  /** Stops phones, then the appliance, also those that are still starting; each is waited for at most the limit. Nothing starts afterwards. Gives one line for each part that did not stop. */
  stop(): Promise<readonly string[]>;
}

/** A part that was asked to start. */
interface Started {
  readonly what: string;
  readonly part: Promise<{ stop(): Promise<void> }>;
}

const noPart = { stop: () => Promise.resolve() };

/** Asks every part to stop, also one that comes up only later. */
const stopAll = async (parts: readonly Started[], limit: number): Promise<readonly string[]> => {
  const stopped = parts.map(async ({ what, part }) => {
    const running = part.catch(() => noPart).then((up) => up.stop());
    return within(limit, `stopping ${what}`, running).then(
      () => [],
      (error: unknown) => [failureOf(`stopping ${what}`, error)],
    );
  });
  return (await Promise.all(stopped)).flat();
};

/** Whether a name is a host's; a lab without hosts of their own has every one. */
const hasHost = (site: LabSite, name: string): boolean => {
  try {
    site.address(name);
    return true;
  } catch {
    return false;
  }
};

/** A host for a phone that the topology does not know, beside one that it does. */
const placePhone = async (site: LabSite, name: string): Promise<void> => {
  const beside = site.topology?.hosts.find(({ role }) => role === 'phone')?.name;
  if (!site.attach || beside === undefined || hasHost(site, name)) return;
  await site.attach({ name, beside, link: {} });
};

/** The parts of one run; `stopLimit` in milliseconds; `started` is told how long a part took to start. */
export const createParts = (
  target: Target,
  site: LabSite,
  stopLimit: number,
  started: (what: string, took: number) => void,
): Parts => {
  const running: Phone[] = [];
  const phones = new Map<string, Promise<Phone>>();
  let appliance: Promise<Appliance> | undefined;
  let ended = false;
  const refuseAfterEnd = () => {
    if (ended) throw new Error('the run has ended');
  };
  const startAppliance = async (): Promise<Appliance> => {
    refuseAfterEnd();
    const before = performance.now();
    const up = await target.startAppliance(site);
    started('the appliance', Math.round(performance.now() - before));
    return up;
  };
  const applianceUp = () => (appliance ??= startAppliance());
  const startPhone = async (name: string, at?: ApplianceDescription): Promise<Phone> => {
    const description = at ?? (await (await applianceUp()).describe());
    refuseAfterEnd();
    await placePhone(site, name);
    const up = await target.startPhone(site, name, description);
    running.push(up);
    return up;
  };
  return {
    appliance: applianceUp,
    phone(name, at) {
      const known = phones.get(name) ?? startPhone(name, at);
      phones.set(name, known);
      return known;
    },
    phones: () => [...running],
    async stop() {
      ended = true;
      const started = [...phones].map(([name, part]) => ({ what: `phone ${name}`, part }));
      const problems = await stopAll(started, stopLimit);
      const last = appliance ? [{ what: 'the appliance', part: appliance }] : [];
      return [...problems, ...(await stopAll(last, stopLimit))];
    },
  };
};
