import * as fc from 'fast-check';
import { isSameOrigin } from '../../reference/appliance/admin/guard.ts';
import { parseCommand } from '../../reference/client/web/commands.ts';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import { readCookies } from '../../reference/pages/cookies.ts';
import { isOwnHost } from '../../reference/pages/own-host.ts';
import { jsonCases, textOfJson, type Json, type JsonCase } from '../generators/json-cases.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { demand, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const plain = ['restart-enrolment', 'register', 'answer', 'hang-up', 'open-log', 'close-ended'];
const commands: readonly Json[] = [
  { do: 'request-enrolment', number: '+33639980004', password: 'a quiet green river' },
  { do: 'complete-enrolment', token: '123456' },
  { do: 'unlock', password: 'x' },
  { do: 'dial', number: '+33639980004' },
  { do: 'mute', on: true },
  { do: 'hold', on: false },
  ...plain.map((name) => ({ do: name })),
];

/** What each command takes beside its name. */
const fields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'request-enrolment': { number: 'string', password: 'string' },
  'complete-enrolment': { token: 'string' },
  unlock: { password: 'string' },
  dial: { number: 'string' },
  mute: { on: 'boolean' },
  hold: { on: 'boolean' },
  'close-log': {},
  ...Object.fromEntries(plain.map((name) => [name, {}])),
};

const commandGrammar: TextGrammar = {
  bases: commands.map((command) => utf8(JSON.stringify(command, null, 1).replaceAll('\n', '\r\n'))),
  words: '{ } [ ] : , " null true 1 "do" "on" "dial" "number" "hold" "close-log" \\u0000'.split(
    ' ',
  ),
};

/** Whether a value is a command, from the table alone. */
const isCommand = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { do: name, ...rest } = value as Readonly<Record<string, unknown>>;
  const known = typeof name === 'string' && Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (known === undefined) return false;
  const given = Object.entries(rest);
  return (
    given.length === Object.keys(known).length &&
    given.every(
      ([field, held]) =>
        Object.hasOwn(known, field) &&
        typeof held === known[field] &&
        (typeof held !== 'string' || held.length <= 256),
    )
  );
};

type CommandCase = JsonCase | MutatedCase;

const textOf = (made: CommandCase): string =>
  'changes' in made ? textOfJson(commands, made) : latin1(textOfCase(commandGrammar, made));

/** What a page of the phone's screen sends over its WebSocket; `parser` is the real one but for tests. */
export const screenCommandsTarget = (
  parser: typeof parseCommand = parseCommand,
): FuzzTarget<CommandCase> => ({
  name: 'screen-commands',
  parsers: ['reference/client/web/commands.ts#parseCommand'],
  cases: fc.oneof(jsonCases(commands.length), textCases(commandGrammar)),
  check: (made) => {
    const text = textOf(made);
    const read = parser(text);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      sameValue('no JSON', 'command/json', read.ok ? 'ok' : read.error.code);
      return 'command/json';
    }
    demand('a command by the table', read.ok === isCommand(value), text, () => read);
    if (read.ok) sameValue('as it was sent', value, read.value);
    return read.ok ? ['ok', read.value.do] : read.error.code;
  },
  reaches: ['ok', 'command/json', 'command/form', ...Object.keys(fields).slice(0, 6), ...plain],
  file: (made) => ({ extension: 'json', bytes: utf8(textOf(made)) }),
});

/** The commands of the phone's screen. */
export const screenCommands = screenCommandsTarget();

const secret = '5'.repeat(64);
const headGrammar: TextGrammar = {
  bases: [
    `session=${secret}; form=x; language=fr`,
    'localhost:8443',
    '[::1]:8443',
    'https://127.0.0.1:8443',
    'a=1; a=2; b=3',
  ].map(utf8),
  words: [
    '; ',
    ';',
    '=',
    ' ',
    ':',
    '[',
    ']',
    '::1',
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    'null',
    ':0',
  ],
};
const names = ['127.0.0.1', 'localhost', '::1'];

/** RFC 6265 section 4.2.1, by splitting at every equals sign. */
const modelCookies = (header: string): ReadonlyMap<string, string> => {
  const found = header.split(';').map((pair, place) => {
    const [name = '', ...rest] = (place === 0 ? pair : pair.replace(/^ +/, '')).split('=');
    return rest.length === 0 ? ['', ''] : [name, rest.join('=')];
  });
  const counted = (name: string | undefined): number =>
    found.filter(([other]) => other === name).length;
  return new Map(
    found.flatMap(([name = '', value = '']) =>
      name !== '' && counted(name) === 1 ? [[name, value] as const] : [],
    ),
  );
};

/** Whether a Host is one of the names, by the addresses as WHATWG reads them. */
const modelOwnHost = (host: string): boolean =>
  /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host);

/** Heads of requests to the pages: cookies, Host and Origin. */
export const pageHeads: FuzzTarget<MutatedCase> = {
  name: 'page-heads',
  parsers: [
    'reference/pages/cookies.ts#readCookies',
    'reference/pages/own-host.ts#isOwnHost',
    'reference/appliance/admin/guard.ts#isSameOrigin',
  ],
  cases: textCases(headGrammar),
  check: (made) => {
    const text = latin1(textOfCase(headGrammar, made));
    const cookies = readCookies(text);
    sameValue('cookies', modelCookies(text), cookies);
    const isOwn = isOwnHost({ host: text }, names);
    sameValue('own host', modelOwnHost(text), isOwn);
    const isSame = isSameOrigin({ origin: text, host: '127.0.0.1:8443' });
    sameValue('same origin', text === 'https://127.0.0.1:8443', isSame);
    return [
      cookies.size === 0 ? 'no cookie' : 'cookies',
      isOwn ? 'own host' : 'other host',
      isSame ? 'same origin' : 'other origin',
    ];
  },
  reaches: ['no cookie', 'cookies', 'own host', 'other host', 'same origin', 'other origin'],
  file: (made) => ({ extension: 'txt', bytes: textOfCase(headGrammar, made) }),
};
