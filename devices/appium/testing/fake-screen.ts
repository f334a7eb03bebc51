import { DeadlineError } from '../../contract.ts';
import type { Screen } from '../screens/screen.ts';
import type { ElementName } from '../selectors/names.ts';

/** An application of a test: what is shown, with its values, and what a tap changes. */
export interface FakeApplication {
  shown: Partial<Record<ElementName, string>>;
  readonly typed: Partial<Record<ElementName, string>>;
  readonly tapped: ElementName[];
  /** Told of every tap. */
  onTap: (name: ElementName) => void;
}

/** A screen over an application that a test changes as it likes; it has every element but those left out. */
export const fakeScreen = (
  without: readonly ElementName[] = [],
): { readonly application: FakeApplication; readonly screen: Screen } => {
  const application: FakeApplication = { shown: {}, typed: {}, tapped: [], onTap: () => undefined };
  const shows = (name: ElementName): boolean =>
    !without.includes(name) && application.shown[name] !== undefined;
  const present = (name: ElementName): void => {
    if (!shows(name)) throw new Error(`${name} is not on the screen`);
  };
  const screen: Screen = {
    has: (name) => !without.includes(name),
    shows: async (name) => shows(name),
    count: async (name) => (shows(name) ? Number(application.shown[name]) || 1 : 0),
    value: async (name) => (shows(name) ? (application.shown[name] ?? null) : null),
    async tap(name) {
      present(name);
      application.tapped.push(name);
      application.onTap(name);
    },
    async type(name, text) {
      present(name);
      application.typed[name] = text;
    },
    async waitFor(names, deadline) {
      const found = names.find(shows);
      if (found === undefined)
        throw new DeadlineError(`${names.join(' or ')} was not shown within ${deadline} ms`);
      return found;
    },
  };
  return { application, screen };
};
