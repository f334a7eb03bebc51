import { latin1 } from '../../../reference/core/bytes.ts';
import { header, headersNamed } from '../../../reference/core/sip/message/message.ts';
import {
  parameterOf,
  uriIn,
  valuesOf,
  type SipTrace,
  type TracedMessage,
  type TracedTransaction,
} from './sip-trace.ts';

/** What a rule found: how many places it looked at, and in words what breaks it. */
export interface RuleFinding {
  readonly looked: number;
  readonly broken: readonly string[];
  /** What should have followed and is not in the capture, which shows nothing by itself. */
  readonly missing?: readonly string[];
}

/** A sentence of RFC 3261. */
export interface SipRule {
  readonly id: string;
  /** Section of RFC 3261. */
  readonly clause: string;
  readonly level: 'must' | 'should';
  readonly title: string;
  readonly check: (trace: SipTrace) => RuleFinding;
}

/** The start line, for messages to people. */
export const lineOf = ({ message }: TracedMessage): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.reason}`.trim();

const isRequest = ({ message }: TracedMessage): boolean => message.kind === 'request';
const isFirst = ({ message, toTag }: TracedMessage): boolean =>
  message.kind === 'request' && message.method !== 'ACK' && toTag === null;

/** Looks at every message that is chosen; `problem` says what is wrong with it. */
export const each =
  (
    chosen: (traced: TracedMessage) => boolean,
    problem: (traced: TracedMessage) => string | null,
  ): SipRule['check'] =>
  ({ messages }) => {
    const looked = messages.filter(chosen);
    return {
      looked: looked.length,
      broken: looked.flatMap((traced) => {
        const wrong = problem(traced);
        return wrong === null ? [] : [`${lineOf(traced)}: ${wrong}`];
      }),
    };
  };

/** Looks at every request that is chosen, with its responses. */
export const eachTransaction =
  (
    chosen: (transaction: TracedTransaction) => boolean,
    problem: (transaction: TracedTransaction, trace: SipTrace) => string | null,
  ): SipRule['check'] =>
  (trace) => {
    const looked = trace.transactions.filter(chosen);
    return {
      looked: looked.length,
      broken: looked.flatMap((transaction) => {
        const wrong = problem(transaction, trace);
        return wrong === null ? [] : [`${lineOf(transaction.request)}: ${wrong}`];
      }),
    };
  };

const startLine = /^(?:[A-Za-z0-9\-.!%*_+`'~]+ [^\s<>"]+ SIP\/2\.0|SIP\/2\.0 [1-6]\d\d [^\r\n]*)$/;

const textOf = ({ entry }: TracedMessage): string => latin1(entry.raw);

/** Bytes behind the empty line, and what Content-Length says of them. */
const judgeLength = (traced: TracedMessage): string | null => {
  const text = textOf(traced);
  const end = text.indexOf('\r\n\r\n');
  const values = headersNamed(traced.message, 'Content-Length').map(({ value }) => value.trim());
  if (end < 0 || values.length !== 1) return `${values.length} Content-Length headers`;
  const behind = text.length - end - 4;
  return values[0] === String(behind)
    ? null
    : `Content-Length ${values[0]}, body of ${behind} bytes`;
};

const sole = ['To', 'From', 'CSeq', 'Call-ID'] as const;

const judgeMandatory = (traced: TracedMessage): string | null => {
  const { message } = traced;
  const needed = isRequest(traced) ? [...sole, 'Max-Forwards'] : sole;
  const wrong = needed.find((name) => headersNamed(message, name).length !== 1);
  if (wrong !== undefined) return `${headersNamed(message, wrong).length} ${wrong} headers`;
  return valuesOf(message, 'Via').length === 0 ? 'no Via' : null;
};

const sentOver = /^SIP\s*\/\s*2\.0\s*\/\s*TLS\s+\S+/;

const judgeHops = ({ message }: TracedMessage): string | null => {
  const value = (header(message, 'Max-Forwards') ?? '').trim();
  return /^\d{1,3}$/.test(value) && Number(value) <= 255 ? null : `Max-Forwards ${value}`;
};

/** Rules that a single message keeps or breaks. */
export const messageRules: readonly SipRule[] = [
  {
    id: 'start-line',
    clause: '7.1, 7.2',
    level: 'must',
    title: 'the start line is a request line or a status line of SIP/2.0',
    check: each(
      () => true,
      (traced) => {
        const [line = ''] = textOf(traced).split('\r\n');
        return startLine.test(line) ? null : line.slice(0, 60);
      },
    ),
  },
  {
    id: 'mandatory-headers',
    clause: '8.1.1, 8.2.6.2',
    level: 'must',
    title: 'To, From, CSeq, Call-ID and Via are there, in requests Max-Forwards too',
    check: each(() => true, judgeMandatory),
  },
  {
    id: 'content-length',
    clause: '18.3, 20.14',
    level: 'must',
    title: 'over a stream Content-Length is there and is the length of the body',
    check: each(() => true, judgeLength),
  },
  {
    id: 'content-type',
    clause: '20.15',
    level: 'must',
    title: 'a body has a Content-Type',
    check: each(
      ({ message }) => message.body.length > 0,
      ({ message }) => (header(message, 'Content-Type') === undefined ? 'no Content-Type' : null),
    ),
  },
  {
    id: 'via',
    clause: '8.1.1.7, 18.1.1',
    level: 'must',
    title: 'every Via names the transport TLS and has a branch that begins with z9hG4bK',
    check: each(isRequest, ({ message }) => {
      const wrong = valuesOf(message, 'Via').find(
        (via) => !sentOver.test(via) || !(parameterOf(via, 'branch') ?? '').startsWith('z9hG4bK'),
      );
      return wrong ?? null;
    }),
  },
  {
    id: 'max-forwards',
    clause: '8.1.1.6, 20.22',
    level: 'must',
    title: 'Max-Forwards is a number from 0 to 255',
    check: each(isRequest, judgeHops),
  },
  {
    id: 'cseq',
    clause: '8.1.1.5, 20.16',
    level: 'must',
    title: 'CSeq is a number below 2^31 and the method of the request',
    check: each(isRequest, ({ message, sequence }) => {
      const value = (header(message, 'CSeq') ?? '').trim();
      const named = value.split(/\s+/)[1];
      const right = message.kind === 'request' && named === message.method && sequence < 2 ** 31;
      return right ? null : value;
    }),
  },
  {
    id: 'from-tag',
    clause: '8.1.1.3',
    level: 'must',
    title: 'From has a tag',
    check: each(
      () => true,
      ({ fromTag }) => (fromTag === null ? 'no tag' : null),
    ),
  },
  {
    id: 'to-tag',
    clause: '8.2.6.2',
    level: 'must',
    title: 'every response but 100 has a To tag',
    check: each(
      ({ message }) => message.kind === 'response' && message.status > 100,
      ({ toTag }) => (toTag === null ? 'no To tag' : null),
    ),
  },
  {
    id: 'contact',
    clause: '8.1.1.8, 12.1.1',
    level: 'must',
    title: 'an INVITE and its 2xx have exactly one Contact, a SIP URI',
    check: each(
      ({ message, method }) =>
        method === 'INVITE' &&
        (message.kind === 'request' || (message.status >= 200 && message.status < 300)),
      ({ message }) => {
        const contacts = valuesOf(message, 'Contact');
        return contacts.length === 1 && /^sips?:/.test(uriIn(contacts[0]))
          ? null
          : `${contacts.length} Contact values`;
      },
    ),
  },
  {
    id: 'registration',
    clause: '10.2',
    level: 'must',
    title: 'the Request-URI of a REGISTER has no user part, and To is a SIP URI',
    check: each(
      ({ message }) => message.kind === 'request' && message.method === 'REGISTER',
      ({ message }) =>
        message.kind === 'request' &&
        /^sips?:[^@]+$/.test(message.uri) &&
        /^sips?:[^@]+@/.test(uriIn(header(message, 'To')))
          ? null
          : 'another Request-URI or To',
    ),
  },
  {
    id: 'bindings',
    clause: '10.3',
    level: 'must',
    title: 'the 200 to a REGISTER lists the bindings, each with its expires parameter',
    check: eachTransaction(
      ({ request }) => request.method === 'REGISTER',
      ({ responses }) => {
        const granted = responses.find(
          ({ message }) => message.kind === 'response' && message.status === 200,
        );
        if (!granted) return null;
        const contacts = valuesOf(granted.message, 'Contact');
        return contacts.length > 0 &&
          contacts.every((value) => /^\d+$/.test(parameterOf(value, 'expires') ?? ''))
          ? null
          : 'no Contact with an expires parameter';
      },
    ),
  },
  {
    id: 'allow',
    clause: '13.2.1, 13.3.1.4',
    level: 'should',
    title: 'an INVITE and its 2xx have an Allow header',
    check: each(
      ({ message, method }) =>
        method === 'INVITE' &&
        (message.kind === 'request' || (message.status >= 200 && message.status < 300)),
      ({ message }) => (header(message, 'Allow') === undefined ? 'no Allow' : null),
    ),
  },
  {
    id: 'hops-at-first',
    clause: '8.1.1.6',
    level: 'should',
    title: 'a request begins with Max-Forwards 70',
    check: each(
      (traced) => isFirst(traced) && valuesOf(traced.message, 'Via').length === 1,
      ({ message }) => {
        const value = (header(message, 'Max-Forwards') ?? '').trim();
        return value === '70' ? null : `Max-Forwards ${value}`;
      },
    ),
  },
];
