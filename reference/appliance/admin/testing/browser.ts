import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Whether this machine has the browser that {@link launchBrowser} starts. */
export const hasBrowser = existsSync(executablePath);

/** Starts Chromium without a window; whoever asks closes it. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath, headless: true });

/** The administration pages as a person sees them; `page` shows them in English. */
export interface BrowserAdministrator {
  readonly page: Page;
  /** Such as `https://127.0.0.1:8443`. */
  readonly base: string;
}

/** A window of its own onto the pages, without scripts, which takes the test authority's certificate. */
export const openAdministration = async (
  browser: Browser,
  endpoint: { readonly host: string; readonly port: number },
  options: { readonly locale?: string } = {},
): Promise<BrowserAdministrator> => {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    javaScriptEnabled: false,
    locale: options.locale ?? 'en-GB',
    viewport: { width: 1200, height: 800 },
  });
  return { page: await context.newPage(), base: `https://${endpoint.host}:${endpoint.port}` };
};

/** Fills in the sign-in form; what comes of it is on the page. */
export const fillSignIn = async (
  { page, base }: BrowserAdministrator,
  {
    name,
    password,
    code = '',
  }: { readonly name: string; readonly password: string; readonly code?: string },
): Promise<void> => {
  await page.goto(`${base}/sign-in`);
  await page.fill('#name', name);
  await page.fill('#password', password);
  await page.fill('#code', code);
  await page.click('main button');
};

/** Signs in, with the change of a one-time password when `newPassword` is given; throws when refused. */
export const signInThroughBrowser = async (
  administrator: BrowserAdministrator,
  credentials: {
    readonly name: string;
    readonly password: string;
    readonly code?: string;
    readonly newPassword?: string;
  },
): Promise<void> => {
  const { page, base } = administrator;
  await fillSignIn(administrator, credentials);
  const { newPassword } = credentials;
  if (newPassword !== undefined && page.url() === `${base}/account`) {
    await page.fill('#password', credentials.password);
    await page.fill('#new', newPassword);
    await page.fill('#again', newPassword);
    await page.click('main button');
  }
  await page.goto(`${base}/`);
  if (page.url() !== `${base}/`)
    throw new Error(`sign-in of ${credentials.name} was refused; the page is ${page.url()}`);
};

/** Revokes a number by its page and the one that asks to confirm; resolves once the page says that it is done. */
export const revokeThroughBrowser = async (
  { page, base }: BrowserAdministrator,
  number: string,
): Promise<void> => {
  await page.goto(`${base}/subscribers?search=${encodeURIComponent(number)}`);
  await page.getByRole('link', { name: number, exact: true }).click();
  await page.click('a.danger');
  await page.click('button.danger');
  await page.waitForSelector('[role=status]');
};
