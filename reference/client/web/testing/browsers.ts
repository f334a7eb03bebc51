import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { WAV_HEADER_BYTES, wavHeader, wavSamples } from '../../../core/audio/wav.ts';
import { toneSamples } from '../../audio/tone.ts';

const executablePath = '/usr/bin/chromium';

const hasBrowser = existsSync(executablePath);

/** For the titles of tests that are skipped without one. */
export const browserNote = hasBrowser ? '' : ` (skipped: ${executablePath} is missing)`;

/** Milliseconds for anything that a screen is to show. */
export const patience = 15_000;

/** What the browser's user says when a page wants the microphone, or what is said into it: a tone in hertz. */
export type FakeMicrophone = number | 'refused' | 'missing';

const tonePath = async (folder: string, frequency: number): Promise<string> => {
  const samples = toneSamples(frequency, 0, 8_000);
  const bytes = new Uint8Array(WAV_HEADER_BYTES + 2 * samples.length);
  bytes.set(wavHeader(samples.length));
  bytes.set(wavSamples(samples), WAV_HEADER_BYTES);
  const path = join(folder, `tone-${frequency}.wav`);
  await writeFile(path, bytes);
  return path;
};

const argumentsFor = async (
  microphone: FakeMicrophone,
  folder: string,
): Promise<readonly string[]> => {
  if (microphone === 'missing') return ['--use-fake-ui-for-media-stream'];
  const device = '--use-fake-device-for-media-stream';
  if (microphone === 'refused') return [device, '--deny-permission-prompts'];
  const tone = await tonePath(folder, microphone);
  return [device, '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${tone}`];
};

/** A browser of its own: the microphone's tone is the whole browser's. */
export const launchWithMicrophone = async (
  microphone: FakeMicrophone,
  folder: string,
): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...(await argumentsFor(microphone, folder))] });

/** Puts an ear beside the loudspeaker of every page: what its worklet gives, and nothing before that. */
const addEar = (): void => {
  const Node = AudioWorkletNode;
  globalThis.AudioWorkletNode = class extends Node {
    constructor(context: BaseAudioContext, name: string, options?: AudioWorkletNodeOptions) {
      super(context, name, options);
      if (name !== 'speaker') return;
      const ear = context.createAnalyser();
      ear.fftSize = 16_384;
      ear.smoothingTimeConstant = 0;
      this.connect(ear);
      Object.assign(globalThis, { ear });
    }
  };
};

/** A page of 360 pixels, as on a phone. */
export const openPhonePage = async (
  browser: Browser,
  options: { readonly locale?: string; readonly isDark?: boolean } = {},
): Promise<{ readonly context: BrowserContext; readonly page: Page }> => {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    locale: options.locale ?? 'en-GB',
    colorScheme: options.isDark === true ? 'dark' : 'light',
  });
  context.setDefaultTimeout(patience);
  await context.addInitScript(addEar);
  return { context, page: await context.newPage() };
};

/** Decibels of full scale below which a page's loudspeaker counts as silent. */
const silence = -60;

/** The strongest frequency in hertz, to the nearest 10, of the last third of a second at a page's loudspeaker; null for silence. */
export const heardAt = (page: Page): Promise<number | null> =>
  page.evaluate((quiet) => {
    const { ear } = globalThis as unknown as { readonly ear?: AnalyserNode };
    if (ear === undefined) return null;
    const bins = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(bins);
    const loudest = bins.reduce((best, power, bin) => (power > (bins[best] ?? 0) ? bin : best), 0);
    if ((bins[loudest] ?? quiet) <= quiet) return null;
    return 10 * Math.round((loudest * ear.context.sampleRate) / ear.fftSize / 10);
  }, silence);

/** What axe finds on the page as it is, in short. */
export const axeFindings = async (page: Page): Promise<readonly string[]> => {
  const { violations, passes } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  if (passes.length < 10) throw new Error(`axe saw ${passes.length} things only`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
};

/** Uses a screen by the names of its elements. */
export const usePage = (page: Page) => {
  const find = (name: string) => page.getByTestId(name);
  return {
    find,
    shows: (screen: string) => find(`screen-${screen}`).waitFor(),
    click: (name: string) => find(name).click(),
    fill: (name: string, text: string) => find(name).fill(text),
    text: (name: string) => find(name).textContent(),
    /** Waits for an element to have a machine-readable value. */
    has: (name: string, value: string) =>
      page.locator(`[data-testid="${name}"][data-value="${value}"]`).waitFor({ state: 'attached' }),
  };
};

/** A page used by the names of its elements. */
export type UsedPage = ReturnType<typeof usePage>;

/** Enrols a phone through its screen, up to where its password is asked for. */
export const enrolThroughScreen = async (
  phone: UsedPage,
  password: string,
  token: () => Promise<string>,
): Promise<void> => {
  await phone.shows('enrol');
  await phone.fill('enrol-password', password);
  await phone.click('request-token');
  await phone.find('enrol-token').waitFor();
  await phone.fill('enrol-token', await token());
  await phone.click('complete-enrolment');
  await phone.shows('unlock');
};

/** Unlocks a phone through its screen; it is registered then. */
export const unlockThroughScreen = async (phone: UsedPage, password: string): Promise<void> => {
  await phone.fill('unlock-password', password);
  await phone.click('unlock');
  await phone.shows('dial');
  await phone.has('registration-state', 'registered');
};
