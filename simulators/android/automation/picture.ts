import { crc32, deflateSync } from 'node:zlib';
import { concat, utf8 } from '../../../reference/core/bytes.ts';
import {
  nodesOf,
  shownText,
  type Rectangle,
  type Screen,
  type ScreenNode,
} from '../phone/layout.ts';
import { cell, hasPoint, plain } from './font.ts';

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = concat(utf8(type), data);
  const bytes = new Uint8Array(body.length + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return bytes;
};

/** A PNG of one byte a pixel with a palette of red, green and blue (PNG second edition, clause 11). */
export const encodePng = (
  width: number,
  height: number,
  pixels: Uint8Array,
  palette: readonly (readonly [number, number, number])[],
): Uint8Array => {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y += 1)
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return concat(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(palette.flat())),
    chunk('IDAT', new Uint8Array(deflateSync(rows, { level: 1 }))),
    chunk('IEND', new Uint8Array()),
  );
};

/** Colours of the screen. */
const palette = [
  [255, 255, 255],
  [24, 26, 27],
  [224, 228, 232],
  [27, 94, 138],
  [150, 160, 170],
  [140, 40, 40],
] as const;
const colours = { paper: 0, ink: 1, bar: 2, button: 3, line: 4, pressed: 5 } as const;

const createCanvas = (width: number, height: number) => {
  const pixels = new Uint8Array(width * height);
  const paint = ({ x, y, width: across, height: down }: Rectangle, colour: number): void => {
    const [left, right] = [Math.max(0, x), Math.min(width, x + across)];
    for (let row = Math.max(0, y); row < Math.min(height, y + down); row += 1)
      if (right > left) pixels.fill(colour, row * width + left, row * width + right);
  };
  const character = (shown: string, x: number, y: number, scale: number, colour: number): void => {
    for (let row = 0; row < 7; row += 1)
      for (let column = 0; column < 5; column += 1)
        if (hasPoint(shown, column, row))
          paint({ x: x + column * scale, y: y + row * scale, width: scale, height: scale }, colour);
  };
  return { pixels, paint, character };
};

type Canvas = ReturnType<typeof createCanvas>;

/** Text cut into lines of at most so many characters, between words where it can be. */
const linesOf = (text: string, length: number): readonly string[] =>
  text.match(new RegExp(`.{1,${length}}(?= |$)|.{1,${length}}`, 'g'))?.map((line) => line.trim()) ??
  [];

/** Writes into a rectangle, in the largest letters with which all of it fits; what never fits is cut. */
const write = (canvas: Canvas, given: string, box: Rectangle, colour: number): void => {
  const text = plain(given);
  for (let scale = 5; scale >= 1; scale -= 1) {
    const length = Math.max(1, Math.floor(box.width / (cell.width * scale)));
    const lines = linesOf(text, length);
    const height = lines.length * cell.height * scale;
    if (height > box.height && scale > 1) continue;
    const top = box.y + Math.max(0, Math.floor((box.height - height) / 2));
    for (const [row, line] of lines.entries())
      for (const [column, shown] of Array.from(line).entries())
        canvas.character(
          shown,
          box.x + column * cell.width * scale,
          top + row * cell.height * scale,
          scale,
          colour,
        );
    return;
  }
};

const inside = ({ x, y, width, height }: Rectangle, by: number): Rectangle => ({
  x: x + by,
  y: y + by,
  width: Math.max(0, width - 2 * by),
  height: Math.max(0, height - 2 * by),
});

const drawNode = (canvas: Canvas, { widget, bounds }: ScreenNode): void => {
  const isButton = widget.kind === 'button' || widget.kind === 'toggle';
  if (isButton) canvas.paint(bounds, widget.isChecked === true ? colours.pressed : colours.button);
  if (widget.kind === 'input' || widget.kind === 'web') {
    canvas.paint(bounds, colours.line);
    canvas.paint(inside(bounds, 3), colours.paper);
  }
  const isEmpty = widget.kind === 'input' && (widget.text ?? '') === '';
  const ink = isEmpty ? colours.line : colours.ink;
  write(canvas, shownText(widget), inside(bounds, 12), isButton ? colours.paper : ink);
};

/** A picture of the screen: its status bar, and each widget in its place. Black while it is off. */
export const drawScreen = (screen: Screen): Uint8Array => {
  const { width, height, statusBar, root } = screen;
  const canvas = createCanvas(width, height);
  if (root) {
    const bar = { x: 0, y: 0, width, height: statusBar };
    canvas.paint(bar, colours.bar);
    write(canvas, screen.status, inside(bar, 6), colours.ink);
    for (const node of nodesOf(root)) if (node.widget.kind !== 'column') drawNode(canvas, node);
  } else canvas.paint({ x: 0, y: 0, width, height }, colours.ink);
  return encodePng(width, height, canvas.pixels, palette);
};
