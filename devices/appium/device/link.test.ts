import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startAndroidPhone,
  type SimulatedAndroidPhone,
} from '../../../simulators/android/start.ts';
import { discover } from '../farm/discovery.ts';
import { parseFarm } from '../farm/read.ts';
import { connectPhone, startAdbServer } from '../session/adb-process.ts';
import { findAndroidTools } from '../session/tools.ts';
import {
  readFacts,
  readInbox,
  readLog,
  readPackage,
  reversePort,
  setAirplane,
  setAwake,
  setDoze,
  setNetwork,
  type DeviceLink,
} from './link.ts';

const tools = await findAndroidTools(process.env).catch(() => null);

describe.skipIf(tools === null)(
  `a simulated phone over the real adb${tools === null ? ' (skipped: no adb here)' : ''}`,
  () => {
    let server: Awaited<ReturnType<typeof startAdbServer>>;
    let phone: SimulatedAndroidPhone;
    let link: DeviceLink;

    beforeAll(async () => {
      if (!tools) return;
      server = await startAdbServer(tools);
      phone = await startAndroidPhone({ device: { model: 'Trial', securityPatch: '2026-10-05' } });
      await connectPhone(tools, server, phone.serial);
      link = { phone: 'a', serial: phone.serial, server, adb: tools.adb };
    });
    afterAll(async () => {
      await phone.stop();
      await server.stop();
    });

    it('tells what it is, and that it is none', async () => {
      expect(await readFacts(link)).toMatchObject({
        model: 'Trial',
        securityPatch: '2026-10-05',
        nature: 'simulated',
      });
    });

    it('sleeps and wakes, dozes, flies and changes its network', async () => {
      await setDoze(link, true);
      expect(phone.state.isIdle).toBe(true);
      await setDoze(link, false);
      expect(phone.state.isIdle).toBe(false);
      await setAwake(link, false);
      expect(phone.state.isScreenOn).toBe(false);
      await setAwake(link, true);
      expect(phone.state).toMatchObject({ isScreenOn: true, isLocked: false });
      await setAirplane(link, true);
      expect(phone.state.isAirplaneMode).toBe(true);
      await setAirplane(link, false);
      await setNetwork(link, 'mobile');
      expect(phone.state).toMatchObject({ isWifiEnabled: false, isDataEnabled: true });
    });

    it('shows its texts, its log and its packages', async () => {
      phone.events.shortMessage('+33600000000', 'Your code is 654321');
      expect(await readInbox(link)).toMatchObject([{ body: 'Your code is 654321' }]);
      expect(await readPackage(link, 'org.no.such')).toBeNull();
      expect(
        typeof (await readLog(link, { name: 'org.a', uid: 10_212 }, Date.now() / 1000 - 60)),
      ).toBe('string');
    });

    it('gets a port of this machine on its own localhost', async () => {
      expect(await reversePort(link, 4321)).toBe(4321);
    });

    it('that withdraws its authorisation is told for what it is', async () => {
      const { farm } = parseFarm(
        'f',
        `name: f\ntarget: t\nphones:\n  a: { serial: '${phone.serial}' }`,
      );
      expect((await discover({ ...farm, adb: server })).ready).toEqual(['a']);
      phone.events.adb.unauthorise();
      await expect
        .poll(async () => (await discover({ ...farm, adb: server })).problems[0]?.problem.code, {
          timeout: 15_000,
        })
        .toMatch(/^(unauthorised|offline|unknown-device)$/);
    });
  },
);
