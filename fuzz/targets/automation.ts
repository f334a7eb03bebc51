import * as fc from 'fast-check';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import { ok, type Result } from '../../reference/core/result.ts';
import { jsonCases, textOfJson, type Json, type JsonCase } from '../generators/json-cases.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { demand } from '../properties.ts';
import { optional } from '../oracles/asked.ts';
import type { FuzzTarget } from '../target.ts';
import type { AutomatedNotes } from './automation-phone.ts';

const element = 'element-6066-11e4-a52e-4f735466cecf';

/** Bodies as clients send them; `@` is an element that is shown. */
const bodies: readonly Json[] = [
  { strategy: 'id', selector: 'draft', context: '' },
  { using: 'xpath', value: "//android.widget.EditText[@hint='Note']" },
  { strategy: '-android uiautomator', selector: 'new UiSelector().text("Note").instance(0)' },
  { strategy: 'class name', selector: 'android.widget.EditText', context: '@' },
  { text: 'one', replace: true, value: ['t', 'w', 'o'] },
  { orientation: 'LANDSCAPE' },
  { x: 0, y: 0, z: 90 },
  { value: ['a', '\ue007'] },
  {
    actions: [
      {
        type: 'pointer',
        id: 'finger',
        actions: [
          { type: 'pointerMove', duration: 0, x: 5, y: 5, origin: { [element]: '@' } },
          { type: 'pointerDown', button: 0 },
          { type: 'pause', duration: 50 },
          { type: 'pointerUp', button: 0 },
        ],
      },
      { type: 'key', actions: [{ type: 'keyDown', value: 'a' }] },
    ],
  },
  { keycode: 4, metastate: 0, flags: 0 },
  { origin: { ELEMENT: '@' }, offset: { x: 1, y: 1 } },
  { settings: { waitForIdleTimeout: 0, x: null } },
];

const grammar: TextGrammar = {
  bases: bodies.map((body) => utf8(JSON.stringify(body, null, 1).replaceAll('\n', '\r\n'))),
  words: [
    ...'{ } [ ] : , " null true false 1e999 -1 0.5 {} [] "" @ "@" \\u0000 \\ud800 "__proto__" "x" "y" "origin"'.split(
      ' ',
    ),
    '"viewport"',
    '"pointer"',
    '"pointerMove"',
    '"pointerDown"',
    '"pointerUp"',
    '"-android uiautomator"',
    '"xpath"',
    '//*[1]',
    '//*[@text=concat("a",\'b\')]',
    '"((a+)+)+$"',
  ],
};

/** Errors of WebDriver 2, section 6.6, and Appium's word for a strategy or selector that is none. */
const errors = new Set([
  'no such element',
  'stale element reference',
  'invalid argument',
  'invalid selector',
  'invalid element state',
  'no such alert',
  'unknown command',
  'unknown error',
  'move target out of bounds',
]);

interface AutomationCase {
  readonly route: number;
  /** What stands for an element in the path: one that is shown, one that was, none. */
  readonly named: number;
  readonly attribute: string;
  readonly body: JsonCase | MutatedCase;
}

/** The simulated server finds elements by XPath, with development packages. */
const android = await optional(() => import('./automation-phone.ts'));

const table = Object.entries(android?.routes ?? {}).filter(
  ([name]) => !name.endsWith('/screenshot'),
);

const textOf = (made: JsonCase | MutatedCase): string =>
  'changes' in made ? textOfJson(bodies, made) : latin1(textOfCase(grammar, made));

const bodyOf = (
  made: JsonCase | MutatedCase,
  shown: string,
): Readonly<Record<string, unknown>> | null => {
  try {
    const body: unknown = JSON.parse(textOf(made).replaceAll('@"', `${shown}"`));
    return typeof body === 'object' && body !== null
      ? (body as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
};

const answered = (
  made: AutomationCase,
  { machine, elements, shown }: AutomatedNotes,
): Result<unknown> | null => {
  const [first = ''] = shown;
  const body = bodyOf(made.body, first);
  const handler = table[made.route % table.length]?.[1];
  if (body === null || handler === undefined) return null;
  const [one = first] = shown.slice(made.named % Math.max(1, shown.length));
  const named = made.named >= shown.length ? 'nobody' : one;
  const settings = new Map<string, unknown>();
  return handler({ phone: machine, elements, settings, body, parts: [named, made.attribute] });
};

/** Requests to the simulated UiAutomator2 server: W3C bodies of any form. */
export const automation: FuzzTarget<AutomationCase> = {
  name: 'automation',
  parsers: ['simulators/android/automation/routes.ts#routes'],
  cases: fc.record({
    route: fc.nat({ max: Math.max(0, table.length - 1) }),
    named: fc.constantFrom(0, 0, 1, 2, 3, 9),
    attribute: fc.constantFrom(
      'text',
      'name',
      'content-desc',
      'resourceId',
      'bounds',
      '__proto__',
      '',
    ),
    body: fc.oneof(
      { weight: 4, arbitrary: jsonCases(bodies.length) },
      { weight: 1, arbitrary: textCases(grammar) },
    ),
  }),
  check: (made) => {
    if (android === null) return 'not installed';
    const outcome = answered(made, android.createNotesPhone());
    if (outcome === null) return 'no object';
    const name = table[made.route % table.length]?.[0] ?? '';
    // What goes back to the client is JSON.
    const answer = outcome.ok ? ok(JSON.stringify({ value: outcome.value })) : outcome;
    if (answer.ok) {
      demand('an answer', answer.value.startsWith('{'), 'JSON', () => answer.value);
      return [`${name} ok`];
    }
    demand('a named error', errors.has(answer.error.code), 'an error of W3C', () => answer.error);
    return [`${name} refused`, answer.error.code];
  },
  missing: android === null ? ['xpath and @xmldom/xmldom, nothing was tried'] : [],
  reaches:
    android === null
      ? ['not installed']
      : [
          'no object',
          'no such element',
          'invalid argument',
          'invalid selector',
          'no such alert',
          ...[
            '/element',
            '/elements',
            '/element/:/value',
            '/actions',
            '/rotation',
            '/appium/settings',
          ].map((path) => `POST ${path} ok`),
          'POST /element refused',
          'POST /element/:/value refused',
          'POST /rotation refused',
        ],
  file: (made) => ({ extension: 'json', bytes: utf8(textOf(made.body)) }),
};
