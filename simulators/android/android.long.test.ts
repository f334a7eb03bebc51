import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remote } from 'webdriverio';
import { startAppliance, type ReferenceAppliance } from '../../reference/appliance/appliance.ts';
import { openLoopbackSite, type LabSite } from '../lab/site.ts';
import { createSmsCentre } from '../sms/centre.ts';
import { referenceApplication, type ReferenceApplication } from './phone/reference-application.ts';
import { resourceId } from './phone/reference-screens.ts';
import {
  startAndroidPhone,
  type AndroidPhoneOptions,
  type SimulatedAndroidPhone,
} from './start.ts';
import {
  adbMissing,
  freePort,
  startAdb,
  startAppium,
  type RealAdb,
  type RealAppium,
} from './testing/programs.ts';
import { notes } from './testing/notes.ts';
import { browserMissing } from './webview/browser.ts';
import { webApplication } from './webview/web-application.ts';

const host = '127.0.0.1';
const password = 'a long test passphrase';
const [aliceNumber, bobNumber] = ['+33639984001', '+33639984002'];
const deadline = 30_000;

type Browser = Awaited<ReturnType<typeof remote>>;

interface Handled {
  readonly phone: SimulatedAndroidPhone;
  readonly browser: Browser;
}

let site: LabSite;
let appliance: ReferenceAppliance;
let adb: RealAdb;
let appium: RealAppium;
const sms = createSmsCentre();
const handled: Handled[] = [];

const find = ({ browser }: Handled, name: string) => browser.$(`id=${resourceId(name)}`);

const shown = async (phone: Handled, name: string): Promise<void> => {
  await find(phone, name).waitForExist({ timeout: deadline });
};

const value = (phone: Handled, name: string): Promise<string | null> =>
  find(phone, name).getAttribute('content-desc');

const waitFor = (phone: Handled, name: string, wanted: string): Promise<unknown> =>
  phone.browser.waitUntil(
    async () => (await find(phone, name).isExisting()) && (await value(phone, name)) === wanted,
    { timeout: deadline, timeoutMsg: `${name} is not ${wanted}` },
  );

const capabilitiesOf = async (phone: SimulatedAndroidPhone) => ({
  platformName: 'Android',
  'appium:automationName': 'UiAutomator2',
  'appium:udid': phone.serial,
  'appium:adbPort': adb.port,
  'appium:systemPort': await freePort(),
  'appium:appPackage': 'org.discretio.phone',
  'appium:appActivity': '.PhoneActivity',
  'appium:noReset': true,
  'appium:skipServerInstallation': true,
  'appium:skipDeviceInitialization': true,
  'appium:skipLogcatCapture': true,
  'appium:skipUnlock': true,
  'appium:suppressKillServer': true,
});

const drive = async (options: AndroidPhoneOptions, change: object = {}): Promise<Handled> => {
  const phone = await startAndroidPhone(options);
  const { stdout } = await adb.run('connect', phone.serial);
  expect(stdout).toContain(`connected to ${phone.serial}`);
  const browser = await remote({
    hostname: host,
    port: appium.port,
    logLevel: 'error',
    connectionRetryCount: 0,
    capabilities: { ...(await capabilitiesOf(phone)), ...change },
  });
  const result = { phone, browser };
  handled.push(result);
  return result;
};

const open = async (
  name: string,
  options: AndroidPhoneOptions = {},
): Promise<Handled & { readonly application: ReferenceApplication }> => {
  const { sip, registration, trust } = appliance;
  const settings = { sip, registration, trust, folder: await site.folder(name), host };
  const application = referenceApplication({ settings, logs: { refusal: () => undefined } });
  const phone = await drive({ applications: [application], ...options });
  return { ...phone, application };
};

const enrolAndUnlock = async (phone: Handled, number: string): Promise<void> => {
  await shown(phone, 'screen-enrol');
  await find(phone, 'enrol-number').setValue(number);
  await find(phone, 'enrol-password').setValue(password);
  expect(await value(phone, 'password-strength')).toBe('strong');
  const before = sms.outbox.length;
  await find(phone, 'request-token').click();
  const { text } = await sms.waitFor(number, deadline, before);
  await shown(phone, 'enrol-token');
  await find(phone, 'enrol-token').setValue(/\b\d{6,}\b/.exec(text)?.[0] ?? '');
  await find(phone, 'complete-enrolment').click();
  await shown(phone, 'screen-unlock');
  await find(phone, 'unlock-password').setValue(password);
  await find(phone, 'unlock').click();
  await shown(phone, 'screen-dial');
  await waitFor(phone, 'registration-state', 'registered');
};

describe.skipIf(adbMissing !== null)(
  `the real adb, Appium and UiAutomator2 driver${adbMissing ? ` (${adbMissing})` : ''}`,
  { timeout: 180_000 },
  () => {
    beforeAll(async () => {
      site = await openLoopbackSite();
      appliance = await startAppliance({
        host,
        sipPort: 0,
        registrationPort: 0,
        relay: { host, first: 20_000, last: 29_999 },
        sms,
        onRefusal: () => undefined,
      });
      [adb, appium] = await Promise.all([startAdb(), startAppium()]);
    }, 120_000);

    afterAll(async () => {
      await Promise.all(handled.map(({ browser }) => browser.deleteSession().catch(() => null)));
      await appium.stop();
      await Promise.all(handled.map(({ phone }) => phone.stop()));
      await adb.stop();
      await appliance.stop();
      await site.close();
    }, 60_000);

    it('enrol, unlock and call through the screens of two phones, which show the same identifiers', async () => {
      const [alice, bob] = await Promise.all([open('alice'), open('bob')]);
      await Promise.all([enrolAndUnlock(alice, aliceNumber), enrolAndUnlock(bob, bobNumber)]);

      await find(alice, 'dial-number').setValue(bobNumber);
      await find(alice, 'dial').click();
      await shown(bob, 'screen-incoming');
      expect(await find(bob, 'call-peer').getText()).toBe(aliceNumber);
      await find(bob, 'answer').click();
      await Promise.all([shown(alice, 'screen-in-call'), shown(bob, 'screen-in-call')]);

      const local = await find(alice, 'local-identifier').getText();
      expect(local).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4})+$/);
      expect(await find(bob, 'peer-identifier').getText()).toBe(local);
      expect(await find(bob, 'local-identifier').getText()).toBe(
        await find(alice, 'peer-identifier').getText(),
      );
      expect(await value(alice, 'chain-verdict')).toBe('verified');
      expect(await value(bob, 'name-verdict')).toBe('verified');

      await find(alice, 'hold').click();
      await waitFor(bob, 'call-held', 'remote');
      await find(alice, 'hang-up').click();
      await waitFor(bob, 'end-reason', 'hung-up');
      await find(bob, 'close-ended').click();
      await find(bob, 'open-log').click();
      expect(await bob.browser.$$(`id=${resourceId('log-entry')}`).length).toBe(1);
      expect(alice.phone.unknown()).toEqual([]);
      expect(bob.phone.unknown()).toEqual([]);
    });

    it('live through what happens to a phone: dialogs, rotation, a killed process, the back and home keys', async () => {
      const application = notes();
      const { phone, browser } = await drive(
        { applications: [application], permissions: 'ask' },
        { 'appium:appPackage': 'org.example.notes', 'appium:appActivity': '.NotesActivity' },
      );
      const note = (name: string) => browser.$(`id=org.example.notes:id/${name}`);
      await note('loud').click();
      expect(await browser.getAlertText()).toBe('Allow org.example.notes to record audio?');
      await browser.acceptAlert();
      const { permissions } = phone.state.packages.get('org.example.notes') ?? {};
      expect(permissions?.get('android.permission.RECORD_AUDIO')).toBe(true);

      await browser.setOrientation('LANDSCAPE');
      expect(phone.state.rotation).toBe(1);
      const picture = Buffer.from(await browser.takeScreenshot(), 'base64');
      expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([2280, 1080]);

      const call = phone.events.systemCall('+33123456789');
      expect(await browser.getCurrentPackage()).toBe('com.android.dialer');
      call.end();
      expect(await browser.getCurrentPackage()).toBe('org.example.notes');

      await phone.events.killProcess('org.example.notes');
      expect(await note('draft').isExisting()).toBe(false);
      await browser.activateApp('org.example.notes');
      await note('draft').setValue('after the restart');
      await note('keep').click();
      expect(application.kept).toEqual(['after the restart']);

      phone.events.adb.latency(20);
      expect(await note('note').getText()).toBe('after the restart');
      phone.events.adb.latency(0);
      await browser.pressKeyCode(3);
      expect(phone.state.foreground).toBeNull();
      expect(await browser.terminateApp('org.example.notes')).toBe(true);
      expect(phone.unknown()).toEqual([]);
    });

    it.skipIf(browserMissing() !== null)(
      `look into a web view, whose page comes from this machine by adb reverse${browserMissing() ?? ''}`,
      async () => {
        const page = createServer((_request, response) => {
          response.setHeader('content-type', 'text/html');
          response.end('<title>web</title><p data-testid="state">from the host</p>');
        });
        await once(page.listen(0, host), 'listening');
        const address = page.address();
        const port = typeof address === 'object' && address ? address.port : 0;
        const application = webApplication({ url: 'http://localhost:8123/' });
        const { phone, browser } = await drive(
          { applications: [application] },
          {
            'appium:appPackage': 'org.discretio.web',
            'appium:appActivity': '.WebActivity',
            'appium:autoLaunch': false,
            'appium:chromedriverExecutable': '/usr/bin/chromedriver',
            'appium:chromedriverPort': await freePort(),
          },
        );
        await adb.run('-s', phone.serial, 'reverse', 'tcp:8123', `tcp:${port}`);
        phone.events.launch('org.discretio.web');
        await browser.switchContext('WEBVIEW_org.discretio.web');
        expect(await browser.$('[data-testid=state]').getText()).toBe('from the host');
        expect(await browser.execute('return window.isSecureContext')).toBe(true);
        expect(await browser.getUrl()).toBe('http://localhost:8123/');
        await browser.switchContext('NATIVE_APP');
        await browser.$('android.webkit.WebView').waitForExist({ timeout: deadline });
        expect(phone.unknown()).toEqual([]);
        page.closeAllConnections();
        page.close();
      },
    );
  },
);
