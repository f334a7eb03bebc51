import type { Rectangle } from '../phone/layout.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

type Values = Readonly<Record<string, unknown>>;

const recordsOf = (value: unknown): readonly Values[] =>
  Array.isArray(value)
    ? value.filter((item): item is Values => typeof item === 'object' && item !== null)
    : [];

/** A number of a request's body, as number or text; not a number where it is anything else. */
export const numberIn = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;

/** A text of a request's body, in one piece or character by character. */
export const textIn = (value: unknown): string =>
  [value]
    .flat()
    .filter((part) => typeof part === 'string')
    .join('');

const centre = ({ x, y, width, height }: Rectangle): Point => ({
  x: x + width / 2,
  y: y + height / 2,
});

/** Id of the element that a movement starts from, if it names one. */
const originOf = (origin: unknown): string | null => {
  if (typeof origin !== 'object' || origin === null) return null;
  const [id] = Object.values(origin);
  return typeof id === 'string' ? id : null;
};

/** Where fingers go down and up again (WebDriver 2, section 15.4); longer ways count as taps at their end. */
export const tapsOf = (
  actions: unknown,
  boundsOf: (elementId: string) => Rectangle | null,
): readonly Point[] =>
  recordsOf(actions)
    .filter(({ type }) => type === 'pointer')
    .flatMap((source) => {
      let at: Point = { x: 0, y: 0 };
      const taps: Point[] = [];
      for (const { type, x, y, origin } of recordsOf(source['actions'])) {
        if (type === 'pointerUp') taps.push(at);
        if (type !== 'pointerMove') continue;
        const id = originOf(origin);
        const bounds = id === null ? null : boundsOf(id);
        const base = bounds ? centre(bounds) : origin === 'pointer' ? at : { x: 0, y: 0 };
        at = { x: base.x + numberIn(x), y: base.y + numberIn(y) };
      }
      return taps;
    });

/** Characters that keys type. */
export const typedBy = (actions: unknown): string =>
  recordsOf(actions)
    .filter(({ type }) => type === 'key')
    .flatMap((source) => recordsOf(source['actions']))
    .filter(({ type }) => type === 'keyDown')
    .map(({ value }) => (typeof value === 'string' ? value : ''))
    .join('');
