import type { PhoneControls } from './controls.ts';
import { nodeAt, type Screen, type ScreenNode } from './layout.ts';
import type { AndroidState } from './state.ts';
import type { RunningApplication } from './application.ts';

/** What fingers and keys do. */
export interface Gestures {
  readonly tapNode: (node: ScreenNode) => void;
  readonly tapAt: (x: number, y: number) => void;
  /** Replaces the text of an input. */
  readonly setText: (node: ScreenNode, text: string) => void;
  /** Types at the end of the input that has the focus. */
  readonly type: (text: string) => void;
  readonly key: (code: number) => void;
}

const keyCodes = { home: 3, back: 4, power: 26, menu: 82, sleep: 223, wakeUp: 224 } as const;

/** Gestures on one phone; each acts on what is shown at that moment. */
export const createGestures = (
  state: AndroidState,
  controls: PhoneControls,
  screen: () => Screen,
): Gestures => {
  const running = (): RunningApplication | null =>
    [...state.processes.values()].find(({ name }) => name === state.foreground)?.running ?? null;
  const changed = (): void => void state.events.emit('changed');

  const setText = ({ widget }: ScreenNode, text: string): void => {
    if (widget.kind !== 'input' || widget.isEnabled === false || widget.id === undefined) return;
    state.focusedInput = widget.id;
    if (state.overlays.length === 0) running()?.setText(widget.id, text);
    changed();
  };
  const tapNode = ({ widget }: ScreenNode): void => {
    if (widget.isEnabled === false || widget.id === undefined) return;
    if (widget.kind === 'input') state.focusedInput = widget.id;
    const overlay = state.overlays.at(-1);
    if (overlay) overlay.tap(widget.id);
    else if (widget.kind === 'button' || widget.kind === 'toggle') running()?.tap(widget.id);
    changed();
  };
  const focused = (node: ScreenNode | null): ScreenNode | null => {
    if (!node) return null;
    if (node.isFocused) return node;
    for (const child of node.children) {
      const found = focused(child);
      if (found) return found;
    }
    return null;
  };
  const back = (): void => {
    const overlay = state.overlays.at(-1);
    if (overlay) overlay.dismiss();
    else running()?.back();
  };
  return {
    tapNode,
    tapAt(x, y) {
      const node = nodeAt(screen(), x, y);
      if (node) tapNode(node);
    },
    setText,
    type(text) {
      const node = focused(screen().root);
      if (node) setText(node, (node.widget.text ?? '') + text);
    },
    key(code) {
      if (code === keyCodes.home) controls.goHome();
      else if (code === keyCodes.back) back();
      else if (code === keyCodes.power) controls.setScreen(!state.isScreenOn);
      else if (code === keyCodes.sleep) controls.setScreen(false);
      else if (code === keyCodes.wakeUp) controls.setScreen(true);
      else if (code === keyCodes.menu) controls.unlock();
      changed();
    },
  };
};
