import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Endpoint } from './endpoint.ts';

/** What to take pictures of. */
export interface PictureOrder {
  readonly endpoint: Endpoint;
  readonly account: string;
  readonly password: string;
  /** Paths to be shown after the sign-in, by the name of the picture. */
  readonly paths: Readonly<Record<string, string>>;
  /** Milliseconds for each page. */
  readonly deadlineMs: number;
}

/** The pictures, PNG as base64; plain data. */
export type PictureOutcome =
  | { readonly kind: 'taken'; readonly pictures: Readonly<Record<string, string>> }
  | { readonly kind: 'none'; readonly reason: string };

const executablePath = '/usr/bin/chromium';

const picture = async (page: Page): Promise<string> => (await page.screenshot()).toString('base64');

const take = async (
  page: Page,
  { endpoint, account, password, paths }: PictureOrder,
): Promise<Readonly<Record<string, string>>> => {
  const { host, port } = endpoint;
  const base = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const pictures: Record<string, string> = {};
  await page.goto(`${base}/`);
  pictures['sign-in'] = await picture(page);
  const form = page.locator('form:has(input[type=password])').first();
  await form.locator('input[type=text], input:not([type])').first().fill(account);
  await form.locator('input[type=password]').first().fill(password);
  await form.locator('input[type=password]').first().press('Enter');
  await page.waitForLoadState();
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(`${base}${path}`);
    pictures[name] = await picture(page);
  }
  return pictures;
};

/** Takes pictures of a site's pages in a browser, where there is one; else says why there are none. Never rejects. */
export const takePictures = async (order: PictureOrder): Promise<PictureOutcome> => {
  if (!existsSync(executablePath))
    return { kind: 'none', reason: `no browser at ${executablePath}` };
  try {
    const { chromium } = await import('playwright-core');
    const browser = await chromium.launch({ executablePath, headless: true });
    try {
      // Who the page is was verified by other means; the browser does not know the test's authority.
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        javaScriptEnabled: false,
        locale: 'en-GB',
        viewport: { width: 1000, height: 640 },
      });
      context.setDefaultTimeout(order.deadlineMs);
      return { kind: 'taken', pictures: await take(await context.newPage(), order) };
    } finally {
      await browser.close();
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: 'none', reason: text.split('\n', 1)[0] ?? '' };
  }
};
