import { networkOf, type AndroidState } from './state.ts';
import type { Widget, WidgetKind } from './widget.ts';

/** Pixels from the top left corner of the screen. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A widget with its place, as an accessibility service sees it. */
export interface ScreenNode {
  /** Names the node as long as the same screen is shown. */
  readonly key: string;
  readonly widget: Widget;
  readonly packageName: string;
  readonly className: string;
  readonly bounds: Rectangle;
  readonly isFocused: boolean;
  readonly children: readonly ScreenNode[];
}

/** What is on the screen. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly rotation: AndroidState['rotation'];
  readonly packageName: string;
  /** Null while the screen is off. */
  readonly root: ScreenNode | null;
  /** Text of the status bar. */
  readonly status: string;
  /** Height of the status bar in pixels. */
  readonly statusBar: number;
}

const classes: Readonly<Record<WidgetKind, string>> = {
  column: 'android.widget.LinearLayout',
  text: 'android.widget.TextView',
  input: 'android.widget.EditText',
  button: 'android.widget.Button',
  toggle: 'android.widget.ToggleButton',
  web: 'android.webkit.WebView',
};

/** Density-independent pixels. */
const sizes = { row: 48, gap: 8, margin: 16, statusBar: 24 } as const;

const launcher: Widget = {
  kind: 'column',
  id: 'com.android.launcher3:id/launcher',
  children: [{ kind: 'text', text: 'Home' }],
};

/** Package and widgets that are shown now; a window above the application hides it. */
const shownBy = (
  state: AndroidState,
  show: (screen: Widget) => Widget,
): { readonly packageName: string; readonly widget: Widget } => {
  const overlay = state.overlays.at(-1);
  if (overlay) return { packageName: overlay.packageName, widget: overlay.screen };
  const name = state.foreground;
  const running = [...state.processes.values()].find((process) => process.name === name)?.running;
  if (name === null || !running) return { packageName: 'com.android.launcher3', widget: launcher };
  return { packageName: name, widget: show(running.screen()) };
};

/** Rows that a widget takes. */
const rowsOf = (widget: Widget): number => {
  if (widget.kind === 'web') return 10;
  if (widget.kind !== 'column') return 1;
  return (widget.children ?? []).reduce((rows, child) => rows + rowsOf(child), 0);
};

interface Placing {
  readonly packageName: string;
  readonly focused: string | null;
  readonly x: number;
  readonly width: number;
  readonly row: number;
  readonly gap: number;
  readonly counts: Map<string, number>;
}

const keyOf = (placing: Placing, prefix: string, widget: Widget): string => {
  const base = `${prefix}/${widget.id ?? widget.kind}`;
  const count = placing.counts.get(base) ?? 0;
  placing.counts.set(base, count + 1);
  return count === 0 ? base : `${base}#${count}`;
};

const place = (placing: Placing, prefix: string, widget: Widget, y: number): ScreenNode => {
  const key = keyOf(placing, prefix, widget);
  let top = y;
  const children = (widget.children ?? []).map((child) => {
    const node = place(placing, key, child, top);
    top += rowsOf(child) * (placing.row + placing.gap);
    return node;
  });
  const height = Math.max(rowsOf(widget) * (placing.row + placing.gap) - placing.gap, 0);
  return {
    key,
    widget,
    packageName: placing.packageName,
    className: classes[widget.kind],
    bounds: { x: placing.x, y: Math.round(y), width: placing.width, height: Math.round(height) },
    isFocused: widget.id !== undefined && widget.id === placing.focused,
    children,
  };
};

const sizeOf = (state: AndroidState): { readonly width: number; readonly height: number } => {
  const { width, height } = state.size ?? state.device.screen;
  return state.rotation % 2 === 0 ? { width, height } : { width: height, height: width };
};

/** Lays out what the phone shows: one column, rows of equal height that shrink until they fit. */
export const layOut = (
  state: AndroidState,
  show: (screen: Widget) => Widget = (screen) => screen,
): Screen => {
  const { width, height } = sizeOf(state);
  const scale = (state.density ?? state.device.screen.density) / 160;
  const statusBar = Math.round(sizes.statusBar * scale);
  const { packageName, widget } = shownBy(state, show);
  const margin = Math.round(sizes.margin * scale);
  const gap = Math.round(sizes.gap * scale);
  const top = statusBar + margin;
  const room = (height - top - margin) / Math.max(rowsOf(widget), 1) - gap;
  const placing: Placing = {
    packageName,
    focused: state.focusedInput,
    x: margin,
    width: width - 2 * margin,
    row: Math.min(sizes.row * scale, room),
    gap,
    counts: new Map(),
  };
  const clock = new Date().toISOString().slice(11, 16);
  return {
    width,
    height,
    rotation: state.rotation,
    packageName,
    statusBar,
    root: state.isScreenOn ? place(placing, '', widget, top) : null,
    status: `${clock} ${state.isAirplaneMode ? 'airplane' : networkOf(state)} ${state.batteryLevel}%`,
  };
};

/** Every node, parents before children. */
export const nodesOf = (root: ScreenNode | null): readonly ScreenNode[] =>
  root ? [root, ...root.children.flatMap(nodesOf)] : [];

/** Text as the screen shows it: an empty input shows its hint, a password dots. */
export const shownText = ({ text = '', hint = '', kind, isPassword }: Widget): string => {
  if (kind === 'input' && text === '') return hint;
  return isPassword ? '•'.repeat(text.length) : text;
};

/** What is at a point, the smallest first. */
export const nodeAt = (screen: Screen, x: number, y: number): ScreenNode | null =>
  nodesOf(screen.root)
    .toReversed()
    .find(
      ({ bounds, widget }) =>
        widget.kind !== 'column' &&
        x >= bounds.x &&
        x < bounds.x + bounds.width &&
        y >= bounds.y &&
        y < bounds.y + bounds.height,
    ) ?? null;
