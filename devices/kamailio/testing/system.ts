import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLoopbackSite, type LabSite } from '../../../simulators/lab/site.ts';
import type { Appliance, Phone, Site } from '../../contract.ts';
import { referenceTarget } from '../../reference/target.ts';
import { startKamailioAppliance } from '../appliance.ts';

const phrase = 'a test passphrase';

/** Main processes by their command line: Kamailio has its run directory there, rtpengine its ports. */
export const processes = (pattern: RegExp): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return pattern.test(readFileSync(`/proc/${name}/cmdline`, 'latin1'));
      } catch {
        return false;
      }
    })
    .map(Number);

/** Processes that this one started and that have not ended. */
export const children = (name: string): readonly number[] =>
  processes(new RegExp(`^\\S*/${name}\\0`)).filter((id) => {
    try {
      const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'latin1')) ?? [];
      return Number(parent) === process.pid;
    } catch {
      return false;
    }
  });

/** A call in which both phones have heard each other. */
export const callBetween = async (caller: Phone, callee: Phone, number: string) => {
  await callee.setAutoAnswer(true);
  await caller.dial(number);
  return Promise.all([caller, callee].map((each) => each.waitForAudio(10, 10_000)));
};

/** Appliances on engines, with phones, in a place for run directories that no other run uses. */
export const createSystems = () => {
  const started: { stop(): Promise<void> }[] = [];
  const sites: LabSite[] = [];
  const place = mkdtempSync(join(tmpdir(), 'k-'));
  process.env['TMPDIR'] = place;
  const runFolders = (): readonly string[] =>
    readdirSync(place)
      .filter((name) => name.startsWith('discretio-kamailio-'))
      .map((name) => join(place, name));
  const site = async (): Promise<LabSite> => {
    const opened = await openLoopbackSite();
    sites.push(opened);
    return opened;
  };
  return {
    runFolders,
    site,
    system: async (start: (at: Site) => Promise<Appliance> = startKamailioAppliance) => {
      const before = new Set(runFolders());
      const at = await site();
      const appliance = await start(at);
      started.push(appliance);
      const folder = runFolders().find((path) => !before.has(path)) ?? '';
      const description = await appliance.describe();
      const phone = async (name: string, number: string): Promise<Phone> => {
        const made = await referenceTarget().startPhone(at, name, description);
        started.unshift(made);
        await made.requestEnrolment(number, phrase);
        await made.completeEnrolment(await appliance.readToken(number, 5_000));
        await made.unlock(phrase);
        await made.register();
        return made;
      };
      return { appliance, folder, phone };
    },
    stopped: async (appliance: Appliance): Promise<void> => {
      await appliance.stop();
      started.splice(started.indexOf(appliance), 1);
    },
    /** Ends what a test left. */
    clear: async (): Promise<void> => {
      for (const part of started.splice(0)) await part.stop().catch(() => undefined);
      for (const opened of sites.splice(0)) await opened.close();
    },
    remove: (): void => rmSync(place, { recursive: true, force: true }),
  };
};
