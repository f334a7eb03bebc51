import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../store/open.ts';
import { firstAdministrator, type OneTimeAdministrator } from './sign-in.ts';
import {
  fillSignIn,
  hasBrowser,
  launchBrowser,
  openAdministration,
  revokeThroughBrowser,
  signInThroughBrowser,
  type BrowserAdministrator,
} from './testing/browser.ts';
import { cheapCost, startAdminWorld, worldPassword, type AdminWorld } from './testing/world.ts';

const number = '+33612345678';
const chosen = 'rain falls on zinc roofs';
const wanted = process.env['DISCRETIO_SCREENSHOTS'];
const folder = mkdtempSync(join(tmpdir(), 'discretio-screens-'));
const screenshots = wanted ?? folder;
const missing = hasBrowser ? '' : ' (skipped: /usr/bin/chromium is missing)';

describe.skipIf(!hasBrowser)(`the administration pages in a browser${missing}`, () => {
  let world: AdminWorld;
  let browser: Browser;
  let first: OneTimeAdministrator | undefined;
  let admin: BrowserAdministrator;
  let serial: string;
  const requests: string[] = [];
  const messages: string[] = [];

  const watch = (page: Page): void => {
    page.context().on('request', (request) => requests.push(request.url()));
    page.context().on('console', (message) => messages.push(message.text()));
  };
  const shoot = (name: string): Promise<unknown> =>
    admin.page.screenshot({ path: join(screenshots, `admin-${name}.png`), fullPage: true });
  const heading = () => admin.page.textContent('h1');

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    const store = createMemoryStore();
    const making = {
      now: Date.now,
      randomBytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)),
    };
    [first, browser] = await Promise.all([
      firstAdministrator(store, { ...making, cost: cheapCost }),
      launchBrowser(),
    ]);
    world = await startAdminWorld({
      store,
      backupFolder: folder,
      outbox: () => [{ number, text: 'your enrolment token is 123456' }],
    });
    await world.addAdministrator('bob');
    serial = await world.enrol(number);
    const since = world.clock.at;
    world.calls.push({ caller: number, callee: '+33698765432', since, state: 'established' });
    world.registrations.push({
      number,
      address: '192.0.2.1:5061',
      since,
      expiresAt: since + 600_000,
    });
    admin = await openAdministration(browser, world.service.endpoint);
    watch(admin.page);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
    rmSync(folder, { recursive: true });
  });

  it('take the one-time password once, and want another at once', async () => {
    await fillSignIn(admin, { name: first?.name ?? '', password: first?.password ?? '' });
    expect(admin.page.url()).toBe(`${admin.base}/account`);
    expect(await admin.page.textContent('main')).toContain('choose another to go on');
    expect(await admin.page.locator('nav').count()).toBe(0);
    await shoot('forced-change');
    await admin.page.goto(`${admin.base}/audit`);
    expect(admin.page.url()).toBe(`${admin.base}/account`);
    await admin.page.fill('#password', first?.password ?? '');
    await admin.page.fill('#new', chosen);
    await admin.page.fill('#again', chosen);
    await admin.page.click('main button');
    expect(await admin.page.textContent('[role=status]')).toContain('Your password is changed');
    await admin.page.click('text=Sign out');
    await fillSignIn(admin, { name: first?.name ?? '', password: first?.password ?? '' });
    expect(await admin.page.textContent('[role=alert]')).toContain('Sign-in refused');
  });

  it('refuse the right password after five wrong ones, until the lock is over', async () => {
    for (let failures = 0; failures < 5; failures += 1)
      await fillSignIn(admin, { name: 'bob', password: `wrong ${failures}` });
    await shoot('refused');
    await fillSignIn(admin, { name: 'bob', password: worldPassword });
    expect(await admin.page.textContent('[role=alert]')).toContain('locked for a while');
    world.clock.at += 30_000;
    await signInThroughBrowser(admin, { name: 'bob', password: worldPassword });
    expect(await heading()).toBe('Overview');
    await admin.page.click('text=Sign out');
    expect(await admin.page.textContent('[role=status]')).toBe('You are signed out.');
    await shoot('sign-in');
  });

  it('revoke a subscriber after asking', async () => {
    await signInThroughBrowser(admin, { name: first?.name ?? '', password: chosen });
    await shoot('overview');
    expect(world.store.certificates.statusOf(serial)).toBe('valid');
    await admin.page.goto(`${admin.base}/subscribers/${encodeURIComponent(number)}/revoke`);
    expect(await heading()).toBe(`Revoke ${number}?`);
    await shoot('revoke');
    expect(world.store.certificates.statusOf(serial)).toBe('valid');
    await revokeThroughBrowser(admin, number);
    expect(world.store.certificates.statusOf(serial)).toBe('revoked');
    expect(await admin.page.textContent('.note.bad')).toContain('Blocked since');
    await shoot('revoked');
  });

  it('export the log', async () => {
    await admin.page.click('nav >> text=Audit log');
    await admin.page.fill('#subject', number);
    await admin.page.click('main form button');
    await shoot('audit');
    await admin.page.goto(`${admin.base}/audit`);
    const [download] = await Promise.all([
      admin.page.waitForEvent('download'),
      admin.page.click('text=Export as JSON lines'),
    ]);
    expect(download.suggestedFilename()).toBe('audit.jsonl');
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(world.store.audit.count({}));
    expect(lines.join('\n')).toContain('number/revoked');
    await admin.page.click('text=Verify the log');
    expect(await admin.page.textContent('[role=status]')).toContain('The chain of hashes holds');
    await shoot('verify');
  });

  it('show a certificate, and change to French and back', async () => {
    await admin.page.goto(`${admin.base}/certificates/${serial}`);
    await shoot('certificate');
    await admin.page.click('button[value=fr]');
    expect(await admin.page.getAttribute('html', 'lang')).toBe('fr');
    expect(await heading()).toBe(`Certificat de ${number}`);
    await admin.page.goto(`${admin.base}/`);
    await shoot('overview-fr');
    await admin.page.click('button[value=en]');
    expect(await heading()).toBe('Overview');
    const french = await openAdministration(browser, world.service.endpoint, { locale: 'fr-FR' });
    await french.page.goto(`${french.base}/audit`);
    expect(await french.page.textContent('h1')).toBe('Connexion');
    await french.page.context().close();
  });

  it('have nothing that axe finds, in both languages, light and dark', async () => {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      storageState: await admin.page.context().storageState(),
    });
    const subscriber = `/subscribers/${encodeURIComponent(number)}`;
    const paths = [
      '/',
      '/subscribers?search=%2B33612345678',
      subscriber,
      `${subscriber}/revoke`,
      `${subscriber}/release`,
      '/enrolments',
      '/certificates',
      `/certificates/${serial}`,
      '/audit',
      '/audit/verify?head=x',
      '/configuration',
      '/backups',
      '/administrators',
      '/administrators/bob/remove',
      '/account',
      '/outbox',
      '/nothing',
    ];
    const judge = async (page: Page): Promise<void> => {
      const { violations, passes } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
      expect(found, page.url()).toEqual([]);
      expect(passes.length, page.url()).toBeGreaterThan(15);
    };
    const check = async (page: Page, path: string): Promise<void> => {
      await page.goto(`${admin.base}${path}`);
      await judge(page);
    };
    const [light, dark] = [await context.newPage(), await context.newPage()];
    watch(light);
    await dark.emulateMedia({ colorScheme: 'dark' });
    const checkAll = async (page: Page, all: readonly string[]): Promise<void> => {
      for (const path of all) await check(page, path);
    };
    await Promise.all([
      checkAll(light, paths.slice(0, 9)),
      checkAll(dark, ['/', subscriber, ...paths.slice(9)]),
    ]);
    await light.goto(`${admin.base}/`);
    await light.click('button[value=fr]');
    await Promise.all([checkAll(light, ['/', '/audit']), checkAll(dark, [subscriber, '/account'])]);
    await light.goto(`${admin.base}/administrators`);
    await light.fill('#name', 'carol');
    await light.fill('#password', chosen);
    await light.click('main button');
    expect(await light.locator('.once').count()).toBe(1);
    await judge(light);
    await light.goto(`${admin.base}/account`);
    await light.fill('#totp-password', chosen);
    await light.click('form[action="/account/totp"] button');
    expect(await light.textContent('main')).toContain('otpauth://totp/Discretio');
    await judge(light);
    await context.clearCookies();
    await check(light, '/sign-in');
    await context.close();
  }, 120_000);

  it('ask no other host for anything, and no policy is violated', () => {
    expect(requests.length).toBeGreaterThan(50);
    const foreign = requests.filter((url) => !url.startsWith(`${admin.base}/`));
    expect(foreign.filter((url) => url !== 'about:blank')).toEqual([]);
    expect(messages.filter((message) => message.includes('Content Security Policy'))).toEqual([]);
  });
});
