/** What a thing on the screen is; each has one Android class. */
export type WidgetKind = 'column' | 'text' | 'input' | 'button' | 'toggle' | 'web';

/** A thing on the screen, before it has a place there. */
export interface Widget {
  readonly kind: WidgetKind;
  /** Full resource id, such as `org.discretio.phone:id/dial_number`; unique on a screen, except in repeated entries. */
  readonly id?: string;
  /** The visible text. */
  readonly text?: string;
  /** The content description: read aloud, and by programs. */
  readonly description?: string;
  /** What an empty input shows. */
  readonly hint?: string;
  readonly isPassword?: boolean;
  readonly isChecked?: boolean;
  readonly isEnabled?: boolean;
  readonly children?: readonly Widget[];
}

/** The same screen with the widgets of one resource id changed, wherever they stand. */
export const changeWidget = (
  screen: Widget,
  id: string,
  change: (widget: Widget) => Widget,
): Widget => {
  const inside =
    screen.children === undefined
      ? screen
      : { ...screen, children: screen.children.map((child) => changeWidget(child, id, change)) };
  return inside.id === id ? change(inside) : inside;
};
