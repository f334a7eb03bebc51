import { setTimeout as delay } from 'node:timers/promises';
import { DeadlineError } from '../../contract.ts';
import { DeviceProblem } from '../problem.ts';
import { locatorOf, valueIn } from '../selectors/locator.ts';
import type { ElementName } from '../selectors/names.ts';
import type { Selectors } from '../selectors/schema.ts';

/** Milliseconds between two looks at a screen: nothing tells a driver that a screen has changed. */
const pause = 100;

/** The commands of a WebDriver session that screens are driven by; a WebdriverIO browser has them. */
export interface Session {
  findElements(using: string, value: string): Promise<readonly unknown[]>;
  elementClick(id: string): Promise<void>;
  elementClear(id: string): Promise<void>;
  elementSendKeys(id: string, text: string): Promise<void>;
  getElementText(id: string): Promise<string>;
  getElementAttribute(id: string, name: string): Promise<string | null>;
}

/** What an application shows now, asked for by the names of elements alone. */
export interface Screen {
  /** Whether the application has an element of this name at all. */
  has(name: ElementName): boolean;
  shows(name: ElementName): Promise<boolean>;
  /** How many elements of this name are shown. */
  count(name: ElementName): Promise<number>;
  /** The element's machine-readable value; null where it is not shown. */
  value(name: ElementName): Promise<string | null>;
  tap(name: ElementName): Promise<void>;
  /** Replaces an input's text. */
  type(name: ElementName, text: string): Promise<void>;
  /** Resolves with the first of the names that is shown; a DeadlineError after so many milliseconds. */
  waitFor(names: readonly ElementName[], deadline: number): Promise<ElementName>;
}

/** Name of the member of a WebDriver element reference that holds its id (WebDriver, section 12.1). */
export const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

const idOf = (reference: unknown): string | null => {
  if (typeof reference !== 'object' || reference === null) return null;
  const id: unknown = Reflect.get(reference, elementKey) ?? Reflect.get(reference, 'ELEMENT');
  return typeof id === 'string' ? id : null;
};

/** Whether an element vanished between being found and being asked: the screen has changed, nothing is wrong. */
const isGone = (error: unknown): boolean =>
  error instanceof Error &&
  /stale element|no such element|not (?:present|attached|found) in the (?:DOM|cache)|StaleObject/i.test(
    `${error.name} ${error.message}`,
  );

/** Inputs whose text is a secret. */
const secretInputs: readonly ElementName[] = ['enrol-password', 'enrol-token', 'unlock-password'];

/** Screens of one session, by the selectors of the application that it shows; `phone` names it in messages, `typing` is told each secret before it is typed. */
export const createScreen = (
  phone: string,
  session: Session,
  selectors: Selectors,
  typing: (secret: string) => void = () => undefined,
): Screen => {
  const locate = (name: ElementName) => {
    const locator = locatorOf(selectors, name);
    if (locator) return locator;
    throw new DeviceProblem(
      'screen',
      `phone ${phone}: the selectors of ${selectors.name} have no ${name}; add it where the application shows it`,
    );
  };
  const find = async (name: ElementName): Promise<readonly string[]> => {
    const locator = locatorOf(selectors, name);
    if (!locator) return [];
    const found = await session.findElements(locator.using, locator.is);
    return found.map(idOf).filter((id) => id !== null);
  };
  const one = async (name: ElementName): Promise<string> => {
    locate(name);
    const [id] = await find(name);
    if (id !== undefined) return id;
    throw new DeviceProblem(
      'screen',
      `phone ${phone}: ${name} is not on the screen of ${selectors.name}; look at the phone, mend the selectors file`,
    );
  };
  const read = async (id: string, from: string): Promise<string> =>
    from === 'text'
      ? session.getElementText(id)
      : ((await session.getElementAttribute(id, from)) ?? '');
  return {
    has: (name) => locatorOf(selectors, name) !== null,
    shows: async (name) => (await find(name)).length > 0,
    count: async (name) => (await find(name)).length,
    async value(name) {
      const [id] = await find(name);
      if (id === undefined) return null;
      const { value } = locate(name);
      try {
        return valueIn(await read(id, value.from), value.pattern);
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
    },
    tap: async (name) => session.elementClick(await one(name)),
    async type(name, text) {
      const id = await one(name);
      if (secretInputs.includes(name)) typing(text);
      await session.elementClear(id);
      await session.elementSendKeys(id, text);
    },
    async waitFor(names, deadline) {
      const ends = performance.now() + deadline;
      for (;;) {
        for (const name of names) if ((await find(name)).length > 0) return name;
        if (performance.now() + pause > ends)
          throw new DeadlineError(
            `phone ${phone}: ${names.join(' or ')} was not shown within ${deadline / 1000} s`,
          );
        await delay(pause);
      }
    },
  };
};
