import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speexMissing } from '../audio/speex-codec.ts';
import {
  axeFindings,
  browserNote,
  enrolThroughScreen,
  heardAt,
  launchWithMicrophone,
  openPhonePage,
  patience,
  unlockThroughScreen,
  usePage,
  type UsedPage,
} from './testing/browsers.ts';
import { startTestSystem, type TestSystem } from './testing/system.ts';

const password = 'rain falls on zinc roofs';
const [aliceTone, bobTone] = [440, 1_700];
const screenshots = process.env['DISCRETIO_SCREENSHOTS'];
const missing = speexMissing();
const note = browserNote || (missing === null ? '' : ` (skipped: ${missing})`);

interface Party {
  readonly browser: Browser;
  readonly page: Page;
  readonly use: UsedPage;
  readonly number: string;
}

describe.skipIf(note !== '')(`two phones in two browsers${note}`, () => {
  let test: TestSystem;
  let alice: Party;
  let bob: Party;
  const requests: string[] = [];
  const messages: string[] = [];
  const findings: string[] = [];

  const open = async (index: number, tone: number): Promise<Party> => {
    const phone = test.system.phones[index];
    if (!phone) throw new Error('no such phone');
    const browser = await launchWithMicrophone(tone, await test.site.folder('tones'));
    const { context, page } = await openPhonePage(browser);
    context.on('request', (request) => requests.push(request.url()));
    context.on('console', (message) => messages.push(message.text()));
    await page.goto(phone.url);
    return { browser, page, use: usePage(page), number: phone.number };
  };

  const look = async ({ page }: Party, name: string): Promise<void> => {
    findings.push(...(await axeFindings(page)));
    if (screenshots === undefined) return;
    await mkdir(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `phone-${name}.png`), fullPage: true });
  };
  const hears = async ({ page }: Party, frequency: number | null): Promise<void> => {
    await expect.poll(() => heardAt(page), { timeout: patience, interval: 100 }).toBe(frequency);
  };
  const title = ({ page }: Party) => page.evaluate(() => document.activeElement?.textContent);

  beforeAll(async () => {
    test = await startTestSystem(false);
    [alice, bob] = await Promise.all([open(0, aliceTone), open(1, bobTone)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([alice.browser.close(), bob.browser.close()]);
    await test.stop();
  });

  it('enrol and connect through the screen', { timeout: 60_000 }, async () => {
    await alice.use.shows('enrol');
    expect(await alice.use.find('enrol-number').inputValue()).toBe(alice.number);
    await alice.use.fill('enrol-password', 'aaaaaaaaa');
    await alice.use.has('password-strength', 'weak');
    await look(alice, 'enrol');
    for (const { use, number } of [alice, bob]) {
      await enrolThroughScreen(use, password, () => test.token(number));
    }
    await look(alice, 'unlock');
    await alice.use.fill('unlock-password', 'another password');
    await alice.use.click('unlock');
    await alice.use.has('error-message', 'storage/wrong-passphrase');
    for (const { use } of [alice, bob]) await unlockThroughScreen(use, password);
    expect(await title(alice)).toBe('Phone');
    await look(alice, 'dial');
  });

  it('call, hear each other, are muted and put on hold', { timeout: 60_000 }, async () => {
    for (const key of bob.number) await alice.use.click(`key-${key}`);
    await alice.use.click('dial');
    await bob.use.shows('incoming');
    expect(await bob.use.text('call-peer')).toBe(alice.number);
    await Promise.all([look(bob, 'incoming'), look(alice, 'calling')]);
    await bob.use.click('answer');
    await Promise.all([alice.use.shows('in-call'), bob.use.shows('in-call')]);
    await Promise.all([hears(alice, bobTone), hears(bob, aliceTone)]);
    const [local, peer] = [
      await alice.use.text('local-identifier'),
      await alice.use.text('peer-identifier'),
    ];
    expect(local).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    expect([await bob.use.text('peer-identifier'), await bob.use.text('local-identifier')]).toEqual(
      [local, peer],
    );
    const spelt = (local ?? '').split(' ').map((group) => Array.from(group).join(' '));
    const read = alice.page.getByRole('img', { name: `Local: ${spelt.join(', ')}` });
    expect(await read.textContent()).toBe(local);
    await alice.use.has('chain-verdict', 'verified');
    await alice.use.has('name-verdict', 'verified');
    expect(await alice.use.text('call-duration')).toMatch(/^\d\d:\d\d$/);
    await look(alice, 'in-call');
    await alice.use.click('mute');
    await hears(bob, null);
    await hears(alice, bobTone);
    await alice.use.click('mute');
    await hears(bob, aliceTone);
    await alice.use.click('hold');
    await Promise.all([
      alice.use.has('call-held', 'local'),
      bob.use.has('call-held', 'remote'),
      hears(alice, null),
      hears(bob, null),
    ]);
    await alice.use.click('hold');
    await Promise.all([hears(alice, bobTone), hears(bob, aliceTone)]);
  });

  it('hang up, and find the call in the log', { timeout: 60_000 }, async () => {
    await bob.use.click('hang-up');
    await Promise.all([
      alice.use.has('end-reason', 'hung-up'),
      bob.use.has('end-reason', 'hung-up'),
    ]);
    await look(alice, 'ended');
    await alice.use.click('close-ended');
    await alice.use.shows('dial');
    await alice.use.click('open-log');
    await alice.use.shows('log');
    expect(await alice.use.find('log-entry').count()).toBe(1);
    expect(await alice.use.text('log-entry')).toContain(`To ${bob.number}`);
    await look(alice, 'log');
    await alice.use.click('close-log');
    await alice.use.shows('dial');
  });

  it('ask no other host for anything, violate no policy, and give axe nothing', () => {
    const own = test.system.phones.map(({ url }) => new URL(url).origin);
    const foreign = requests.filter((url) => !own.includes(new URL(url).origin));
    expect(requests.length).toBeGreaterThan(8);
    expect(foreign.filter((url) => url !== 'about:blank')).toEqual([]);
    expect(messages).toEqual([]);
    expect(findings).toEqual([]);
  });
});
