import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
  type FakeMicrophone,
  type UsedPage,
} from './testing/browsers.ts';
import { startTestSystem, type TestSystem } from './testing/system.ts';

const missing = speexMissing();
const note = browserNote || (missing === null ? '' : ` (skipped: ${missing})`);
const password = 'rain falls on zinc roofs';
const [aliceTone, bobTone] = [440, 1_700];

interface Party {
  readonly page: Page;
  readonly use: UsedPage;
  readonly number: string;
}

describe.skipIf(note !== '')(`what goes wrong at a screen${note}`, { timeout: 120_000 }, () => {
  let test: TestSystem;
  const browsers: Browser[] = [];
  const start = async (areEnrolled: boolean): Promise<void> => {
    test = await startTestSystem(areEnrolled);
  };
  const open = async (
    index: number,
    microphone: FakeMicrophone,
    options: Parameters<typeof openPhonePage>[1] = {},
  ): Promise<Party> => {
    const phone = test.system.phones[index];
    if (!phone) throw new Error('no such phone');
    const browser = await launchWithMicrophone(microphone, await test.site.folder('tones'));
    browsers.push(browser);
    const { page } = await openPhonePage(browser, options);
    await page.goto(phone.url);
    return { page, use: usePage(page), number: phone.number };
  };
  beforeEach(() => {
    browsers.length = 0;
  });
  afterEach(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await test.stop();
  });

  const hears = async ({ page }: Party, frequency: number | null): Promise<void> => {
    await expect.poll(() => heardAt(page), { timeout: patience, interval: 100 }).toBe(frequency);
  };
  const call = async (alice: Party, bob: Party): Promise<void> => {
    await alice.use.click('contact-1');
    await bob.use.click('answer');
    await Promise.all([alice.use.shows('in-call'), bob.use.shows('in-call')]);
  };
  const both = (microphone: FakeMicrophone): Promise<[Party, Party]> =>
    Promise.all([open(0, microphone), open(1, bobTone)]);

  it.each(['refused', 'missing'] as const)(
    'a microphone that is %s is said, and the call goes on',
    async (microphone) => {
      await start(true);
      const [alice, bob] = await both(microphone);
      await call(alice, bob);
      await alice.use.has('sound-note', `microphone ${microphone}`);
      await hears(alice, bobTone);
      expect(await heardAt(bob.page)).toBe(null);
      expect(await alice.use.text('sound-note')).toContain('The call goes on.');
      expect(await axeFindings(alice.page)).toEqual([]);
      await alice.use.click('turn-sound-on');
      await alice.use.has('sound-note', `microphone ${microphone}`);
      await hears(alice, bobTone);
    },
  );

  it('a page that is loaded again in a call goes on with it, muted as before', async () => {
    await start(true);
    const [alice, bob] = await both(aliceTone);
    await call(alice, bob);
    await hears(bob, aliceTone);
    const before = await alice.use.text('local-identifier');
    await alice.use.click('mute');
    await alice.page.reload();
    await alice.use.shows('in-call');
    expect(await alice.use.text('local-identifier')).toBe(before);
    expect(await alice.use.find('mute').getAttribute('aria-pressed')).toBe('true');
    await alice.use.click('mute');
    const turnOn = alice.use.find('turn-sound-on');
    if (await turnOn.isVisible()) await turnOn.click();
    await Promise.all([hears(alice, bobTone), hears(bob, aliceTone)]);
  });

  it('a page whose phone is stopped in a call says so and lets the microphone go', async () => {
    await start(true);
    const [alice, bob] = await both(aliceTone);
    await alice.page.evaluate(() => {
      const { mediaDevices } = navigator;
      const given = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await given(wanted);
        Object.assign(globalThis, { stream });
        return stream;
      };
    });
    const microphone = () =>
      alice.page.evaluate(() => {
        const { stream } = globalThis as unknown as { readonly stream?: MediaStream };
        return stream?.getTracks()[0]?.readyState;
      });
    await call(alice, bob);
    await hears(bob, aliceTone);
    expect(await microphone()).toBe('live');
    await test.system.stop();
    await alice.use.shows('closed');
    await expect.poll(microphone).toBe('ended');
    expect(await axeFindings(alice.page)).toEqual([]);
  });

  it('a second window takes the phone, and the first can take it back', async () => {
    await start(true);
    const alice = await open(0, aliceTone);
    await alice.use.shows('dial');
    const page = await alice.page.context().newPage();
    await page.goto(alice.page.url());
    await usePage(page).shows('dial');
    await alice.use.shows('taken-over');
    expect(await axeFindings(alice.page)).toEqual([]);
    await alice.use.click('use-here');
    await alice.use.shows('dial');
    await usePage(page).shows('taken-over');
  });

  it('a revoked phone says so in the middle of a call, and may be enrolled again', async () => {
    await start(true);
    const [alice, bob] = await both(aliceTone);
    await call(alice, bob);
    const { revocation } = test.system.appliance;
    const { number } = alice;
    revocation.revokeNumber({ number, by: 'test', reason: 'keyCompromise' });
    await alice.use.shows('revoked');
    expect(await alice.use.text('revoked-message')).toContain(number);
    expect(await axeFindings(alice.page)).toEqual([]);
    await bob.use.shows('ended');
    await alice.use.click('enrol-again');
    await alice.use.shows('enrol');
    revocation.releaseNumber({ number, by: 'test' });
    await enrolThroughScreen(alice.use, password, () => test.token(number));
    await unlockThroughScreen(alice.use, password);
  });

  it('errors are told in French, and nothing of them is lost to a keyboard', async () => {
    await start(false);
    const { page, use, number } = await open(0, aliceTone, { locale: 'fr-FR', isDark: true });
    await use.shows('enrol');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('fr');
    await use.fill('enrol-number', '12');
    await use.fill('enrol-password', password);
    await page.keyboard.press('Enter');
    await use.has('error-message', 'enrolment/number');
    expect(await use.text('error-message')).toContain('Ce n’est pas un numéro');
    expect(await axeFindings(page)).toEqual([]);
    await use.fill('enrol-number', number);
    await page.keyboard.press('Enter');
    await use.find('enrol-token').fill('000000');
    await page.keyboard.press('Enter');
    await use.has('error-message', 'enrolment/token-wrong');
    await use.fill('enrol-token', await test.token(number));
    await page.keyboard.press('Enter');
    await use.shows('unlock');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await use.has('registration-state', 'registered');
    await page.keyboard.press('Tab');
    await page.keyboard.type(number);
    await page.keyboard.press('Enter');
    await use.has('error-message', 'dial/self');
    await use.fill('dial-number', '+33639985077');
    await page.keyboard.press('Enter');
    await use.shows('ended');
    expect(await use.text('end-reason')).toContain('injoignable');
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await use.shows('dial');
    await use.click('language');
    await page.locator('html[lang=en]').waitFor({ state: 'attached' });
    expect(await axeFindings(page)).toEqual([]);
    await page.reload();
    await use.shows('dial');
    expect(await page.locator('h1').textContent()).toBe('Phone');
  });

  it('a server that is gone is seen, and a call that is declined says so', async () => {
    await start(true);
    const [alice, bob] = await both(aliceTone);
    await alice.use.click('contact-1');
    await bob.use.click('decline');
    await alice.use.has('end-reason', 'sip/603');
    await alice.use.click('close-ended');
    await test.system.appliance.stop();
    await alice.use.has('registration-state', 'connecting');
    await alice.use.click('contact-1');
    await alice.use.has('error-message', 'dial/offline');
    await alice.use.click('register');
    await alice.use.has('registration-state', 'offline');
    await alice.use.has('error-message', 'tls/connect');
    expect(await alice.use.text('error-message')).toContain('The server cannot be reached.');
  });
});
