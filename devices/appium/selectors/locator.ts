import type { ElementName } from './names.ts';
import type { Selectors } from './schema.ts';

/** How an element is asked for over WebDriver, and where its value is read. */
export interface Locator {
  /** Strategy and value as WebDriver's Find Element takes them. */
  readonly using: string;
  readonly is: string;
  readonly value: { readonly from: string; readonly pattern?: string | undefined };
}

type Strategy = 'resource-id' | 'accessibility-id' | 'uiautomator' | 'xpath' | 'test-id' | 'css';

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

const found = (by: Strategy, is: string): Pick<Locator, 'using' | 'is'> => {
  switch (by) {
    case 'resource-id':
      return { using: 'id', is };
    case 'accessibility-id':
      return { using: 'accessibility id', is };
    case 'uiautomator':
      return { using: '-android uiautomator', is };
    case 'xpath':
      return { using: 'xpath', is };
    case 'test-id':
      return { using: 'css selector', is: `[data-testid=${quoted(is)}]` };
    case 'css':
      return { using: 'css selector', is };
  }
};

/** The one way from a name to an element, in a native screen and in a page alike; null where the application has no such element. */
export const locatorOf = (selectors: Selectors, name: ElementName): Locator | null => {
  const element = selectors.elements[name];
  if (element === undefined) return null;
  const usual: Strategy = selectors.context === 'native' ? 'resource-id' : 'test-id';
  const by = 'by' in element ? element.by : usual;
  const value = 'value' in element && element.value ? element.value : selectors.value;
  return { ...found(by, element.is), value };
};

/** The machine-readable value in what was read of an element; empty where the pattern finds none. */
export const valueIn = (text: string, pattern: string | undefined): string => {
  if (pattern === undefined) return text.trim();
  const found = new RegExp(pattern, 'u').exec(text);
  return (found?.[1] ?? found?.[0] ?? '').trim();
};
