import { shownText, type Rectangle, type Screen, type ScreenNode } from '../phone/layout.ts';

/** A node's attributes by the names that UiAutomator2 uses in its source. */
export const attributesOf = (node: ScreenNode, index: number): Readonly<Record<string, string>> => {
  const { widget, bounds } = node;
  const isPressable = widget.kind === 'button' || widget.kind === 'toggle';
  const isInput = widget.kind === 'input';
  return {
    index: String(index),
    package: node.packageName,
    class: node.className,
    text: shownText(widget),
    ...(widget.description === undefined ? {} : { 'content-desc': widget.description }),
    'resource-id': widget.id ?? '',
    checkable: String(widget.kind === 'toggle'),
    checked: String(widget.isChecked === true),
    clickable: String(isPressable || isInput),
    enabled: String(widget.isEnabled !== false),
    focusable: String(isPressable || isInput),
    focused: String(node.isFocused),
    'long-clickable': String(isInput),
    password: String(widget.isPassword === true),
    scrollable: 'false',
    selected: 'false',
    bounds: boundsText(bounds),
    displayed: 'true',
    ...(widget.hint === undefined
      ? {}
      : { hint: widget.hint, 'showing-hint': String((widget.text ?? '') === '') }),
  };
};

const boundsText = ({ x, y, width, height }: Rectangle): string =>
  `[${x},${y}][${x + width},${y + height}]`;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escape = (text: string): string =>
  text
    .replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character)
    // What XML 1.0 has no way to write is left out, as UiAutomator2 does.
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '');

/** Name of the attribute that leads from an XML element back to its node. */
const keyAttribute = 'node-key';

const elementOf = (node: ScreenNode, index: number, withKeys: boolean): string => {
  const attributes = Object.entries({
    ...attributesOf(node, index),
    ...(withKeys ? { [keyAttribute]: node.key } : {}),
  }).map(([name, value]) => ` ${name}="${escape(value)}"`);
  const children = node.children.map((child, at) => elementOf(child, at, withKeys)).join('');
  const opening = `<${node.className}${attributes.join('')}`;
  return children === '' ? `${opening} />` : `${opening}>${children}</${node.className}>`;
};

/** The screen as UiAutomator2 writes it; with keys for its own searching only. */
export const hierarchyXml = (screen: Screen, withKeys = false): string => {
  const { width, height, rotation, root } = screen;
  const attributes = `index="0" class="hierarchy" rotation="${rotation}" width="${width}" height="${height}"`;
  const inside = root ? elementOf(root, 0, withKeys) : '';
  return `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy ${attributes}>${inside}</hierarchy>`;
};

export { keyAttribute };
