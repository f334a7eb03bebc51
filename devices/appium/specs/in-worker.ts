import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Phone } from '../../contract.ts';
import { phoneCapabilities } from '../capabilities.ts';
import { screenPhone } from '../phone.ts';
import { logScreen } from '../screens/log.ts';
import { createScreen, elementKey, type Session } from '../screens/screen.ts';
import { readSelectors } from '../selectors/read.ts';
import { enterScreens, type Browser } from '../session/open-session.ts';

const told = z.object({
  number: z.string(),
  phone: z.string(),
  pagePort: z.int().nullable(),
  facts: z.record(z.string(), z.unknown()),
});

const worldSchema = z.object({
  tokens: z.url(),
  selectors: z.string(),
  folder: z.string(),
  evidence: z.string(),
  caller: told,
  callee: told,
});

/** The same session, whose reporters are told no text that is typed: it may be a password or a token. */
const discreet = (browser: Browser): Session => ({
  findElements: (using, value) => browser.findElements(using, value),
  elementClick: (id) => browser.elementClick(id),
  elementClear: (id) => browser.elementClear(id),
  elementSendKeys: (id, text) => browser.$({ [elementKey]: id }).addValue(text, { mask: true }),
  getElementText: (id) => browser.getElementText(id),
  getElementAttribute: (id, name) => browser.getElementAttribute(id, name),
});

/** A phone of the specs. */
export interface SpecPhone {
  readonly number: string;
  readonly phone: Phone;
  /** Entries of its call log. */
  logEntries(): Promise<number>;
  /** Keeps a picture of its screen. */
  readonly picture: (title: string) => Promise<void>;
}

/** The two phones that the launcher has prepared, on the sessions of this worker. */
export const specPhones = async (
  session: (role: 'caller' | 'callee') => Browser,
): Promise<{
  readonly caller: SpecPhone;
  readonly callee: SpecPhone;
  /** The newest token sent to a number. */
  token(number: string): Promise<string>;
  /** Writes a piece of evidence. */
  write(name: string, content: object): Promise<void>;
}> => {
  const world = worldSchema.parse(JSON.parse(process.env['DISCRETIO_SPEC_WORLD'] ?? 'null'));
  const selectors = readSelectors(world.selectors, world.folder);
  await mkdir(world.evidence, { recursive: true });
  const write = (name: string, content: object): Promise<void> =>
    writeFile(join(world.evidence, name), `${JSON.stringify(content, null, 2)}\n`);
  const phoneOf = async (role: 'caller' | 'callee'): Promise<SpecPhone> => {
    const { number, phone: name, facts, pagePort } = world[role];
    const browser = session(role);
    await enterScreens(browser, { selectors, pagePort: pagePort ?? undefined });
    const screen = createScreen(name, discreet(browser), selectors);
    await write(`${name}.json`, facts);
    const capabilities = phoneCapabilities({
      place: 'elsewhere',
      selectors,
      storedFiles: 'no',
      logsKeys: false,
    });
    return {
      number,
      phone: screenPhone({ name, screen, capabilities, stop: async () => undefined }),
      logEntries: () => logScreen(screen).entries(),
      async picture(title) {
        const picture = Buffer.from(await browser.takeScreenshot(), 'base64');
        await writeFile(join(world.evidence, `${name}-${title}.png`), picture);
      },
    };
  };
  const [caller, callee] = await Promise.all([phoneOf('caller'), phoneOf('callee')]);
  return {
    caller,
    callee,
    write,
    async token(number) {
      const answer = await fetch(`${world.tokens}${encodeURIComponent(number)}`);
      if (!answer.ok) throw new Error(`no token for ${number} came in time`);
      return answer.text();
    },
  };
};
