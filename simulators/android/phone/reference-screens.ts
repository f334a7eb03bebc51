import { passwordStrength } from '../../../reference/client/web/password.ts';
import { durationText, type LogEntry, type Screen } from '../../../reference/client/web/view.ts';
import { fill, reasonOf, type Words } from '../../../reference/client/web/words.ts';
import type { Widget } from './widget.ts';

/** Package of the reference phone's native application. */
export const packageName = 'org.discretio.phone';

/** Resource id of an element by its name, in which blanks are hyphens: `dial-number`. */
export const resourceId = (name: string): string =>
  `${packageName}:id/${name.replaceAll('-', '_')}`;

/** What the user has typed so far, by the input's name. */
export type Drafts = ReadonlyMap<string, string>;

const text = (name: string, shown: string, value?: string): Widget => ({
  kind: 'text',
  id: resourceId(name),
  text: shown,
  ...(value === undefined ? {} : { description: value }),
});

const label = (shown: string): Widget => ({ kind: 'text', text: shown });

const button = (name: string, shown: string): Widget => ({
  kind: 'button',
  id: resourceId(name),
  text: shown,
});

const toggle = (name: string, shown: string, isChecked: boolean): Widget => ({
  kind: 'toggle',
  id: resourceId(name),
  text: shown,
  isChecked,
});

const input = (name: string, hint: string, drafts: Drafts, isPassword = false): Widget => ({
  kind: 'input',
  id: resourceId(name),
  text: drafts.get(name) ?? '',
  hint,
  isPassword,
});

type Named<Name extends Screen['name']> = Extract<Screen, { readonly name: Name }>;

const enrol = (screen: Named<'enrol'>, words: Words, drafts: Drafts): readonly Widget[] => {
  if (screen.step === 'token')
    return [
      label(fill(words['token sent'], { number: screen.number })),
      input('enrol-token', words.token, drafts),
      button('complete-enrolment', words['token complete']),
      button('restart-enrolment', words['token restart']),
    ];
  const strength = passwordStrength(drafts.get('enrol-password') ?? '');
  return [
    label(words['enrol title']),
    input('enrol-number', words['enrol number'], drafts),
    input('enrol-password', words['enrol password'], drafts, true),
    text('password-strength', words[`strength ${strength}`], strength),
    button('request-token', words['enrol request']),
  ];
};

const inCall = (screen: Named<'in-call'>, words: Words, now: number): readonly Widget[] => [
  text('call-peer', screen.peer, screen.peer),
  text('call-duration', durationText(now - screen.since)),
  label(words.local),
  text('local-identifier', screen.local, screen.local),
  label(words.peer),
  text('peer-identifier', screen.peerIdentifier, screen.peerIdentifier),
  text('chain-verdict', `${words.chain}: ${words[screen.chain]}`, screen.chain),
  text('name-verdict', `${words['common name']}: ${words[screen.commonName]}`, screen.commonName),
  ...(screen.held === 'none' ? [] : [text('call-held', words[`held ${screen.held}`], screen.held)]),
  toggle('mute', words.mute, screen.isMuted),
  toggle('hold', words.hold, screen.held === 'local' || screen.held === 'both'),
  button('hang-up', words['hang up']),
];

const logEntry = ({ role, peer, duration, reason }: LogEntry, words: Words): Widget => {
  const way = words[role === 'caller' ? 'log outgoing' : 'log incoming'];
  const length = duration === null ? reasonOf(reason, words) : durationText(duration);
  return text('log-entry', `${way} ${peer} ${length}`, reason);
};

/** Calls that fit on the screen. */
const shownEntries = 8;

const log = ({ entries }: Named<'log'>, words: Words): readonly Widget[] => [
  label(words['log title']),
  {
    kind: 'column',
    id: resourceId('call-log'),
    children:
      entries.length === 0
        ? [label(words['log empty'])]
        : entries.slice(0, shownEntries).map((entry) => logEntry(entry, words)),
  },
  button('close-log', words['close log']),
];

const ended = (screen: Named<'ended'>, words: Words): readonly Widget[] => [
  label(fill(words['ended with'], { peer: screen.peer })),
  text('end-reason', reasonOf(screen.reason, words), screen.reason),
  ...(screen.refused === 'chain' ? [text('chain-verdict', words['chain refused'], 'refused')] : []),
  ...(screen.refused === 'common-name'
    ? [text('name-verdict', words['name refused'], 'refused')]
    : []),
  button('close-ended', words.close),
];

const dial = (screen: Named<'dial'>, words: Words, drafts: Drafts): readonly Widget[] => [
  text('own-number', fill(words['own number'], { number: screen.number }), screen.number),
  text('registration-state', words[screen.registration], screen.registration),
  input('dial-number', words['dial number'], drafts),
  button('dial', words.dial),
  ...(screen.registration === 'offline' ? [button('register', words.connect)] : []),
  button('open-log', words['open log']),
];

const bodyOf = (screen: Screen, words: Words, drafts: Drafts, now: number): readonly Widget[] => {
  switch (screen.name) {
    case 'enrol':
      return enrol(screen, words, drafts);
    case 'unlock':
      return [
        label(fill(words['unlock for'], { number: screen.number })),
        input('unlock-password', words.password, drafts, true),
        button('unlock', words.unlock),
      ];
    case 'dial':
      return dial(screen, words, drafts);
    case 'calling':
      return [
        label(words[screen.isRinging ? 'peer rings' : 'calling']),
        text('call-peer', screen.peer, screen.peer),
        button('hang-up', words['hang up']),
      ];
    case 'incoming':
      return [
        label(words['incoming title']),
        text('call-peer', screen.peer, screen.peer),
        button('answer', words.answer),
        button('decline', words.decline),
      ];
    case 'in-call':
      return inCall(screen, words, now);
    case 'ended':
      return ended(screen, words);
    case 'log':
      return log(screen, words);
    case 'revoked':
      return [
        text('revoked-message', fill(words.revoked, { number: screen.number })),
        button('enrol-again', words['enrol again']),
      ];
  }
};

/** The reference phone's screen as native widgets; `now` in milliseconds since 1970. */
export const nativeScreen = (
  screen: Screen,
  problem: string | null,
  words: Words,
  drafts: Drafts,
  now: number,
): Widget => {
  const code = problem ?? screen.error;
  return {
    kind: 'column',
    id: resourceId(`screen-${screen.name}`),
    children: [
      ...bodyOf(screen, words, drafts, now),
      ...(code === null ? [] : [text('error-message', reasonOf(code, words), code)]),
      ...(screen.isBusy ? [label(words.working)] : []),
    ],
  };
};
