import { fault, ok, type Result } from '../../../reference/core/result.ts';

type Attributes = Readonly<Record<string, string>>;

/** What a `UiSelector` asks of a node. */
export interface UiSelector {
  readonly conditions: readonly ((attributes: Attributes) => boolean)[];
  /** Which of the matching nodes, null for all. */
  readonly instance: number | null;
}

const textual: Readonly<Record<string, string>> = {
  resourceId: 'resource-id',
  text: 'text',
  description: 'content-desc',
  className: 'class',
  packageName: 'package',
};

const flags = ['checkable', 'checked', 'clickable', 'enabled', 'focusable', 'focused', 'selected'];

type Comparison = (value: string, wanted: string) => boolean;

const matches: Comparison = (value, wanted) => {
  try {
    return new RegExp(`^(?:${wanted})$`).test(value);
  } catch {
    return false;
  }
};

const comparisons: Readonly<Record<string, Comparison>> = {
  '': (value, wanted) => value === wanted,
  Contains: (value, wanted) => value.toLowerCase().includes(wanted.toLowerCase()),
  StartsWith: (value, wanted) => value.toLowerCase().startsWith(wanted.toLowerCase()),
  Matches: matches,
};

const conditionOf = (
  method: string,
  argument: string,
): ((attributes: Attributes) => boolean) | null => {
  if (flags.includes(method)) return (attributes) => attributes[method] === argument;
  for (const [base, attribute] of Object.entries(textual)) {
    if (!method.startsWith(base)) continue;
    const compare = comparisons[method.slice(base.length)];
    if (compare) return (attributes) => compare(attributes[attribute] ?? '', argument);
  }
  return null;
};

const unquote = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;

const scrolling = 'scrollIntoView(';

/** The innermost selector of a `UiScrollable`, or the text itself: nothing has to be scrolled here. */
const withoutScrolling = (text: string): string => {
  const start = text.indexOf(scrolling);
  const call = text.trimEnd().replace(/;$/, '').trimEnd();
  const isWhole = start !== -1 && call.endsWith(')');
  return (isWhole ? call.slice(start + scrolling.length, -1) : text).trim();
};

/** Reads `new UiSelector().resourceId("…").text("…")` and the like, with the methods that page objects use. */
export const parseSelector = (given: string): Result<UiSelector> => {
  const text = withoutScrolling(given);
  const start = /^(?:new\s+)?UiSelector\(\)/.exec(text);
  if (!start) return fault('invalid selector', 0, 'not a UiSelector');
  const call = /\s*\.\s*(\w+)\(\s*("(?:[^"\\]|\\.)*"|\w+)\s*\)/y;
  const conditions: ((attributes: Attributes) => boolean)[] = [];
  let instance: number | null = null;
  call.lastIndex = start[0].length;
  for (;;) {
    const at = call.lastIndex;
    const [whole, method = '', raw = ''] = call.exec(text) ?? [];
    if (whole === undefined) {
      const rest = text.slice(at).trim();
      return rest === '' || rest === ';'
        ? ok({ conditions, instance })
        : fault('invalid selector', at, rest);
    }
    const argument = unquote(raw);
    if (method === 'instance') instance = Number(argument);
    else {
      const condition = conditionOf(method, argument);
      if (!condition) return fault('invalid selector', at, `method ${method}`);
      conditions.push(condition);
    }
  }
};
