import { concat, latin1, utf8 } from '../../../reference/core/bytes.ts';
import {
  header,
  replaceHeader,
  withoutHeader,
  withHeader,
  type SipMessage,
} from '../../../reference/core/sip/message/message.ts';
import { all, withFacts, withoutCapture, type Alteration } from '../../testing/altered.ts';
import { sip, withoutSip } from '../../testing/altered-wire.ts';
import {
  failing,
  tolerated,
  undecided,
  warned,
  type JudgeCase,
} from '../../testing/judge-cases.ts';
import { dropped, noSessions, undecrypted } from './damage.ts';

const id = '6.2/rfc3261';

type Change = (message: SipMessage) => SipMessage;

/** A header's value edited; the header must be there. */
const edited =
  (name: string, change: (value: string) => string): Change =>
  (message) => {
    const value = header(message, name);
    if (value === undefined) throw new Error(`no ${name} to change`);
    return replaceHeader(message, name, change(value));
  };

const removed =
  (name: string): Change =>
  (message) =>
    withoutHeader(message, name);

const repeated =
  (name: string): Change =>
  (message) =>
    withHeader(message, name, header(message, name) ?? '');

/** The bytes as they passed, changed; the parsed message stays. */
const bytes = (change: (raw: Uint8Array) => Uint8Array): Alteration =>
  withFacts((facts) => ({
    ...facts,
    sipMessages: facts.sipMessages.map((entry, index) =>
      index === 0 ? { ...entry, raw: change(entry.raw) } : entry,
    ),
  }));

const text = (change: (raw: string) => string): Alteration =>
  bytes((raw) => utf8(change(latin1(raw))));

/** Each alteration breaks one rule, which must be the one named. */
const breaking = (rule: string, what: string, alter: Alteration): JudgeCase =>
  failing(id, `${rule}: ${what}`, new RegExp(`broken \\(${rule}\\)`), alter);

/** What did not come may have been missed by the capture: nothing can be said. */
const absent = (what: string, reason: RegExp, alter: Alteration): JudgeCase =>
  undecided(id, what, reason, alter);

const messages: readonly JudgeCase[] = [
  breaking(
    'start-line',
    'another version',
    text((raw) => raw.replace('SIP/2.0\r\n', 'SIP/3.0\r\n')),
  ),
  ...['To', 'From', 'CSeq', 'Call-ID', 'Max-Forwards'].map((name) =>
    breaking('mandatory-headers', `${name} twice`, sip('REGISTER', 'to', repeated(name))),
  ),
  breaking('mandatory-headers', 'no Max-Forwards', sip('BYE', 'to', removed('Max-Forwards'))),
  breaking('mandatory-headers', 'no Call-ID', sip('REGISTER', 'to', removed('Call-ID'))),
  breaking(
    'content-length',
    'a byte more than it says',
    bytes((raw) => concat(raw, utf8('x'))),
  ),
  breaking('content-length', 'none', sip('ACK', 'to', removed('Content-Length'))),
  breaking('content-type', 'none', sip('INVITE', 'to', removed('Content-Type'))),
  breaking(
    'via',
    'UDP',
    sip(
      'REGISTER',
      'to',
      edited('Via', (via) => via.replace('TLS', 'UDP')),
    ),
  ),
  breaking(
    'via',
    'a branch without the cookie',
    sip(
      'ACK',
      'to',
      edited('Via', (via) => via.replace('z9hG4bK', 'abc')),
    ),
  ),
  breaking(
    'max-forwards',
    '256',
    sip(
      'REGISTER',
      'to',
      edited('Max-Forwards', () => '256'),
    ),
  ),
  breaking(
    'cseq',
    'another method',
    sip(
      'ACK',
      'to',
      edited('CSeq', () => '1 INVITE'),
    ),
  ),
  breaking(
    'cseq',
    '2^31',
    sip(
      'REGISTER',
      'to',
      edited('CSeq', () => '2147483648 REGISTER'),
    ),
  ),
  breaking(
    'from-tag',
    'none',
    sip(
      'REGISTER',
      'to',
      edited('From', (from) => from.replace(/;tag=.*/, '')),
    ),
  ),
  breaking(
    'to-tag',
    'none in a 180',
    sip(
      '180 INVITE',
      'to',
      edited('To', (to) => to.replace(/;tag=.*/, '')),
    ),
  ),
  breaking('contact', 'none in an INVITE', sip('INVITE', 'to', removed('Contact'))),
  breaking('contact', 'two in a 2xx', sip('200 INVITE', 'to', repeated('Contact'))),
  breaking(
    'contact',
    'a tel URI',
    sip(
      'INVITE',
      'to',
      edited('Contact', () => '<tel:+33639980001>'),
    ),
  ),
  breaking(
    'registration',
    'a user part in the Request-URI',
    sip('REGISTER', 'to', (message) =>
      message.kind === 'request' ? { ...message, uri: 'sip:someone@127.0.0.1' } : message,
    ),
  ),
  breaking(
    'bindings',
    'no expires',
    sip(
      '200 REGISTER',
      'from',
      edited('Contact', (contact) => contact.replace(/;expires=\d+/, '')),
    ),
  ),
  breaking('bindings', 'no Contact', sip('200 REGISTER', 'from', removed('Contact'))),
  warned(id, 'no Allow', /\(allow\)/, sip('INVITE', 'to', removed('Allow'))),
];

/** Every BYE and its answer. */
const bye = (change: Change): Alteration =>
  all(sip('BYE', 'both', change), sip('200 BYE', 'both', change));

const dialogs: readonly JudgeCase[] = [
  breaking(
    'first-without-to-tag',
    'a REGISTER with a To tag',
    sip(
      'REGISTER',
      'to',
      edited('To', (to) => `${to};tag=x`),
    ),
  ),
  breaking(
    'copied',
    'another Call-ID',
    sip(
      '180 INVITE',
      'from',
      edited('Call-ID', () => 'other'),
    ),
  ),
  breaking(
    'copied',
    'another From',
    sip(
      '180 INVITE',
      'to',
      edited('From', (from) => `${from};x=y`),
    ),
  ),
  breaking(
    'copied',
    'a Via less',
    sip('180 INVITE', 'to', (message) =>
      withHeader(removed('Via')(message), 'Via', header(message, 'Via') ?? ''),
    ),
  ),
  absent('no answer to a BYE', /BYE: no final response/, withoutSip('200 BYE', 'from')),
  absent('no answer to an INVITE', /INVITE: no final response/, withoutSip('200 INVITE', 'to')),
  warned(
    id,
    'a BYE answered with 202',
    /\(bye\)/,
    sip('200 BYE', 'both', (message) =>
      message.kind === 'response' ? { ...message, status: 202 } : message,
    ),
  ),
  absent('no ACK', /no ACK to its 2xx/, withoutSip('ACK', 'to')),
  absent(
    'an ACK with another CSeq number',
    /no ACK to its 2xx/,
    sip(
      'ACK',
      'from',
      edited('CSeq', () => '7 ACK'),
    ),
  ),
  breaking(
    'acknowledged',
    'an ACK with the branch of its INVITE',
    withFacts((facts) => {
      const invite = facts.sipMessages.find(
        ({ message }) => message.kind === 'request' && message.method === 'INVITE',
      );
      const via = (invite && header(invite.message, 'Via')) ?? '';
      return {
        ...facts,
        sipMessages: facts.sipMessages.map((entry) =>
          entry.message.kind === 'request' &&
          entry.message.method === 'ACK' &&
          entry.session === invite?.session
            ? { ...entry, message: edited('Via', () => via)(entry.message) }
            : entry,
        ),
      };
    }),
  ),
  breaking(
    'inside-dialog',
    'a BYE with another From tag',
    bye(edited('From', (from) => from.replace(/tag=.*/, 'tag=other'))),
  ),
  breaking(
    'inside-dialog',
    'a BYE to another target',
    sip('BYE', 'to', (message) =>
      message.kind === 'request' ? { ...message, uri: 'sip:+33639980002@203.0.113.9' } : message,
    ),
  ),
  breaking('inside-dialog', 'no route set', sip('BYE', 'to', removed('Route'))),
  breaking(
    'record-route',
    'another in the 2xx',
    sip(
      '200 INVITE',
      'to',
      edited('Record-Route', () => '<sip:203.0.113.9;lr>'),
    ),
  ),
  breaking('sequence', 'a step of two', bye(edited('CSeq', () => '3 BYE'))),
  breaking(
    'branches',
    'the branch of the ACK in the BYE',
    withFacts((facts) => {
      const ack = facts.sipMessages.find(
        ({ message }) => message.kind === 'request' && message.method === 'ACK',
      );
      const branch = /branch=([^;]+)/.exec((ack && header(ack.message, 'Via')) ?? '')?.[1] ?? '';
      const own = (message: SipMessage) =>
        /branch=([^;]+)/.exec(header(message, 'Via') ?? '')?.[1] ?? '';
      const bye = facts.sipMessages.find(
        ({ message, session }) =>
          message.kind === 'request' && message.method === 'BYE' && session === ack?.session,
      );
      const from = bye ? own(bye.message) : '';
      return {
        ...facts,
        sipMessages: facts.sipMessages.map((entry) =>
          entry.session === ack?.session && own(entry.message) === from
            ? {
                ...entry,
                message: edited('Via', (via) => via.replace(from, branch))(entry.message),
              }
            : entry,
        ),
      };
    }),
  ),
  breaking(
    'hops',
    'a proxy that does not count',
    sip(
      'INVITE',
      'from',
      edited('Max-Forwards', () => '70'),
    ),
  ),
  warned(
    id,
    'hops-at-first: 20',
    /\(hops-at-first\)/,
    sip(
      'REGISTER',
      'to',
      edited('Max-Forwards', () => '20'),
    ),
  ),
];

const unseen: readonly JudgeCase[] = [
  undecided(id, 'no capture', /not captured/, withoutCapture('call')),
  undecided(id, 'no SIP session', /cannot be read/, noSessions('sip')),
  undecided(id, 'no keys of TLS', /cannot be read/, undecrypted),
  undecided(id, 'a dropped packet', /lost 1/, dropped),
  undecided(
    id,
    'a capture without the end of the call',
    /nothing in the capture to which/,
    withFacts((facts) => ({
      ...facts,
      sipMessages: facts.sipMessages.filter(
        ({ message }) => !/BYE/.test(header(message, 'CSeq') ?? ''),
      ),
    })),
  ),
  tolerated(
    id,
    'a REGISTER sent twice',
    /keep \d+ rules/,
    withFacts((facts) => {
      const first = facts.sipMessages.find(
        ({ message }) => message.kind === 'request' && message.method === 'REGISTER',
      );
      return first ? { ...facts, sipMessages: [first, ...facts.sipMessages] } : facts;
    }),
  ),
];

/** Section 6.2: SIP as RFC 3261 has it. */
export const sipRuleCases: readonly JudgeCase[] = [...messages, ...dialogs, ...unseen];
