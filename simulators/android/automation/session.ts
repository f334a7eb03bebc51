import { randomUUID } from 'node:crypto';
import { fault, ok, type Result } from '../../../reference/core/result.ts';
import type { Gestures } from '../phone/gestures.ts';
import { nodesOf, type Screen, type ScreenNode } from '../phone/layout.ts';
import type { PhoneControls } from '../phone/controls.ts';
import type { AndroidState } from '../phone/state.ts';

/** The phone as the automation server works on it. */
export interface AutomatedPhone {
  readonly state: AndroidState;
  readonly controls: PhoneControls;
  readonly gestures: Gestures;
  readonly screen: () => Screen;
  /** A picture of the screen, PNG. */
  readonly picture: () => Uint8Array;
}

/** Names that clients know nodes by; a node that is no longer shown is stale. */
export interface ElementStore {
  remember(node: ScreenNode): string;
  find(id: string): Result<ScreenNode>;
  clear(): void;
}

/** Elements of one session. */
export const createElementStore = (screen: () => Screen): ElementStore => {
  const keys = new Map<string, string>();
  const ids = new Map<string, string>();
  const nameOf = ({ packageName, key }: ScreenNode): string => `${packageName}!${key}`;
  return {
    remember(node) {
      const name = nameOf(node);
      const id = ids.get(name) ?? randomUUID();
      ids.set(name, id);
      keys.set(id, name);
      return id;
    },
    find(id) {
      const name = keys.get(id);
      if (name === undefined) return fault('no such element', -1, `no element was named ${id}`);
      const node = nodesOf(screen().root).find((node) => nameOf(node) === name);
      if (node) return ok(node);
      return fault('stale element reference', -1, 'the element is not on the screen any more');
    },
    clear() {
      keys.clear();
      ids.clear();
    },
  };
};
