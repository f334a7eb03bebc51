import { remote } from 'webdriverio';
import type { Selectors } from '../selectors/schema.ts';
import type { AdbServer } from '../device/adb-server.ts';
import { DeviceProblem } from '../problem.ts';
import type { SessionServer } from './appium-server.ts';
import { sessionProblem } from './session-problem.ts';

/** Milliseconds that one command may take, and after which Appium ends a session that nobody uses. */
const commandLimit = 90_000;
const idleLimit = 600_000;

/** A session of WebdriverIO. */
export type Browser = Awaited<ReturnType<typeof remote>>;

/** What a session is opened with. */
export interface SessionOptions {
  /** Name of the phone in messages. */
  readonly phone: string;
  readonly serial: string;
  readonly selectors: Selectors;
  readonly server: SessionServer;
  readonly adb: AdbServer;
  /** On the machine of Appium, one of each for each phone. */
  readonly systemPort: number;
  readonly chromedriverPort: number;
  /** Path of a chromedriver for the phone's Chrome. */
  readonly chromedriver?: string | undefined;
  /** Port on the phone's own localhost that a page is served at, through adb reverse. */
  readonly pagePort?: number | undefined;
  /** Whether nothing is to be installed on the phone or changed in its settings: a simulated one has it all. */
  readonly isPrepared: boolean;
}

/** Capabilities by which Appium finds and prepares the phone. */
export const sessionCapabilities = (options: SessionOptions): Record<string, unknown> => {
  const { selectors, phone, serial, adb, isPrepared, chromedriver } = options;
  const { systemPort, chromedriverPort } = options;
  const inChrome = selectors.context === 'web' && selectors.package === undefined;
  return {
    platformName: 'Android',
    'appium:automationName': 'UiAutomator2',
    'appium:deviceName': phone,
    'appium:udid': serial,
    ...(inChrome
      ? { browserName: 'Chrome' }
      : {
          'appium:appPackage': selectors.package,
          ...(selectors.activity === undefined ? {} : { 'appium:appActivity': selectors.activity }),
          'appium:appWaitActivity': '*',
        }),
    'appium:adbPort': adb.port,
    ...(adb.host === '127.0.0.1' ? {} : { 'appium:remoteAdbHost': adb.host }),
    'appium:suppressKillServer': true,
    'appium:systemPort': systemPort,
    'appium:chromedriverPort': chromedriverPort,
    ...(chromedriver === undefined ? {} : { 'appium:chromedriverExecutable': chromedriver }),
    'appium:noReset': true,
    'appium:autoGrantPermissions': false,
    'appium:newCommandTimeout': idleLimit / 1000,
    // A call's duration changes every second: a driver that waits until nothing changes waits for ever.
    'appium:settings[waitForIdleTimeout]': 0,
    'appium:settings[waitForSelectorTimeout]': 0,
    ...(isPrepared
      ? {
          'appium:skipServerInstallation': true,
          'appium:skipDeviceInitialization': true,
          'appium:skipLogcatCapture': true,
          'appium:skipUnlock': true,
        }
      : {}),
    'wdio:enforceWebDriverClassic': true,
  };
};

/** Environment variable with the key of a page that opens with one; no farm file should hold it, for it is another at each start. */
const keyVariable = 'DISCRETIO_PAGE_KEY';

/** Address of a page on the phone's own localhost; null where the screens are no page in Chrome. Throws a {@link DeviceProblem} without its key. */
export const pageAddress = (
  {
    context,
    address,
    name,
  }: { readonly address?: string | undefined } & Pick<Selectors, 'context' | 'name'>,
  pagePort: number | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null => {
  if (context === 'native' || address === undefined) return null;
  const key = environment[keyVariable] ?? '';
  if (address.includes('{key}') && key === '')
    throw new DeviceProblem(
      'screen',
      `${name}: it opens with its key alone; give what follows key= in the address that discretio up prints as ${keyVariable}`,
    );
  return address
    .replace('{port}', String(pagePort ?? 80))
    .replace('{key}', () => encodeURIComponent(key));
};

/** Brings a session to its screens: a page is opened, or the web view that holds it is entered. */
export const enterScreens = async (
  browser: Browser,
  { selectors, pagePort }: Pick<SessionOptions, 'selectors' | 'pagePort'>,
): Promise<void> => {
  if (selectors.context === 'native') return;
  const address = pageAddress(selectors, pagePort);
  if (address !== null) {
    await browser.navigateTo(address);
    return;
  }
  const contexts: readonly unknown[] = await browser.getAppiumContexts();
  const view = contexts.find((each) => typeof each === 'string' && each.startsWith('WEBVIEW'));
  if (typeof view !== 'string')
    throw new Error('the application shows no web view; its build must allow debugging of them');
  await browser.switchAppiumContext(view);
};

/** Opens a session on a phone. Throws a DeviceProblem with one line about why there is none. */
export const openSession = async (options: SessionOptions): Promise<Browser> => {
  const { server, phone, serial, selectors } = options;
  pageAddress(selectors, options.pagePort);
  const wanted = {
    phone,
    serial,
    application: selectors.package ?? 'Chrome',
    server: `${server.host}:${server.port}`,
  };
  try {
    const browser = await remote({
      hostname: server.host,
      port: server.port,
      path: server.path,
      logLevel: 'silent',
      connectionRetryTimeout: commandLimit,
      connectionRetryCount: 0,
      capabilities: sessionCapabilities(options),
    });
    try {
      await enterScreens(browser, options);
    } catch (error) {
      await browser.deleteSession().catch(() => undefined);
      throw error;
    }
    return browser;
  } catch (error) {
    throw sessionProblem(
      wanted,
      error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    );
  }
};
