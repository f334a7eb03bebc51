import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLoopbackSite } from '../../../simulators/lab/site.ts';
import type { Phone } from '../../contract.ts';
import { referenceTarget } from '../../reference/target.ts';
import { phoneCapabilities } from '../capabilities.ts';
import { screenPhone } from '../phone.ts';
import { reachPhone, type Reached } from '../farm/reach.ts';
import { createScreen } from '../screens/screen.ts';
import { readSelectors } from '../selectors/read.ts';
import { startAdbServer } from '../session/adb-process.ts';
import { startAppium } from '../session/appium-server.ts';
import { openSession } from '../session/open-session.ts';
import { freePorts } from '../session/ports.ts';
import { findAndroidTools } from '../session/tools.ts';
import { startGrid } from './selenium-grid.ts';

/** Simulated phones call each other in pairs, all at once, each in its own session of one Selenium Grid; times are printed. */

const count = Number(process.argv[2] ?? 8);
if (!Number.isInteger(count) || count < 2 || count % 2 !== 0 || count > 32) {
  process.stderr.write(
    'usage: node devices/appium/grid/eight-phones.ts [an even number of phones, 2 to 32]\n',
  );
  process.exit(64);
}

const passphrase = 'passphrase of the grid';
const limits = { ringing: 60_000, audio: 120_000, ending: 30_000, token: 30_000 } as const;
const packets = 100;

let last = performance.now();
const took = (what: string): void => {
  const now = performance.now();
  process.stdout.write(`${what.padEnd(44)} ${((now - last) / 1000).toFixed(1)} s\n`);
  last = now;
};

const stops: (() => Promise<unknown>)[] = [];
let isInterrupted = false;

const call = async (from: Phone, to: Phone, number: string): Promise<void> => {
  await to.setAutoAnswer(true);
  await from.dial(number);
  await Promise.all([from, to].map((phone) => phone.waitForCall(['in-call'], limits.ringing)));
  const [near, far] = await Promise.all(
    [from, to].map((phone) => phone.waitForAudio(packets, limits.audio)),
  );
  const [mine, theirs] = [near?.identifiers, far?.identifiers];
  if (!mine || !theirs || mine.local !== theirs.peer || mine.peer !== theirs.local)
    throw new Error(
      `phones ${from.name} and ${to.name} show identifiers that do not belong together`,
    );
  await from.hangUp();
  await Promise.all([from, to].map((phone) => phone.waitForCall(['ended'], limits.ending)));
};

const run = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'discretio-grid-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const tools = await findAndroidTools(process.env);
  const site = await openLoopbackSite();
  stops.push(() => site.close());
  const appliance = await referenceTarget().startAppliance(site);
  stops.push(() => appliance.stop());
  const described = await appliance.describe();
  const adb = await startAdbServer(tools);
  stops.push(() => adb.stop());
  took('appliance and adb server started');
  const names = Array.from({ length: count }, (_, index) => `phone-${index + 1}`);
  const simulated = { model: 'Simulated Phone', android: '14', securityPatch: '2026-10-05' };
  const phone = { simulated, labels: [], networks: ['wifi' as const] };
  const reached = await Promise.all(
    names.map(async (name): Promise<Reached> => {
      const up = await reachPhone(
        name,
        phone,
        { tools, adb },
        { site, as: name, appliance: described },
      );
      stops.push(up.stop);
      return up;
    }),
  );
  took(`${count} simulated phones connected to adb`);
  const appium = await startAppium({ tools, log: join(folder, 'appium.log') });
  stops.push(appium.stop);
  const grid = await startGrid(
    appium,
    reached.map(({ link }) => link.serial),
    folder,
  );
  stops.push(grid.stop);
  took('Appium, hub and relay node started');
  const selectors = readSelectors('reference-application', '.');
  const ports = await freePorts(count * 2);
  const phones = await Promise.all(
    reached.map(async ({ link }, index): Promise<Phone> => {
      const browser = await openSession({
        phone: link.phone,
        serial: link.serial,
        selectors,
        server: grid,
        adb,
        systemPort: ports[index * 2] ?? 0,
        chromedriverPort: ports[index * 2 + 1] ?? 0,
        isPrepared: true,
      });
      stops.push(() => browser.deleteSession());
      return screenPhone({
        name: link.phone,
        screen: createScreen(link.phone, browser, selectors),
        capabilities: phoneCapabilities({
          place: 'elsewhere',
          selectors,
          storedFiles: 'no',
          logsKeys: false,
        }),
        stop: () => Promise.resolve(),
      });
    }),
  );
  took(`${count} sessions through the Grid`);
  const numberOf = (index: number): string => `+3363998${2910 + index}`;
  await Promise.all(
    phones.map(async (each, index) => {
      await each.requestEnrolment(numberOf(index), passphrase);
      await each.completeEnrolment(await appliance.readToken(numberOf(index), limits.token));
      await each.unlock(passphrase);
      await each.register();
    }),
  );
  took(`${count} phones enrolled and registered`);
  await Promise.all(
    phones.flatMap((from, index) => {
      const to = phones[index + 1];
      return index % 2 === 0 && to ? [call(from, to, numberOf(index + 1))] : [];
    }),
  );
  took(`${count / 2} calls at once, identifiers compared`);
  for (const each of phones) await each.stop();
};

/** Rejects at the first signal, so that everything that was started ends; a second one ends this process at once, and what it started with it. */
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (isInterrupted) process.exit(2);
      isInterrupted = true;
      reject(new Error(`${name}: everything is stopped`));
    });
  }
});

const began = performance.now();
let code = 0;
try {
  await Promise.race([run(), interrupted]);
} catch (error) {
  code = 1;
  process.stderr.write(
    `discretio grid: ${error instanceof Error ? error.message : String(error)}\n`,
  );
}
for (const stop of stops.toReversed()) await stop().catch(() => undefined);
took('everything stopped');
process.stdout.write(`total ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
process.exit(code);
