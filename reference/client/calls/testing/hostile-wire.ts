import { toHex } from '../../../core/bytes.ts';
import {
  header,
  parseMessage,
  replaceHeader,
  serialize,
  type SipMessage,
} from '../../../core/sip/message/message.ts';
import {
  createUserAgent,
  type UserAgent,
  type UserAgentEvent,
  type UserAgentInput,
} from '../../../core/sip/user-agent/user-agent.ts';
import { phoneParts, type PhoneParts } from '../../parts.ts';
import { createCalls, type Calls } from '../calls.ts';
import type { Parties } from './handler.ts';

/** A message on its way to a phone, by the phone's place in the pair. */
interface Letter {
  readonly to: 0 | 1;
  readonly bytes: Uint8Array;
}

/** Master keys that a phone began to use, and the event after which it did. */
export interface KeysInUse {
  readonly keys: string;
  readonly after: UserAgentEvent['kind'] | undefined;
}

/** A phone's user agent and calls, without TLS and without clock. */
export interface WiredPhone {
  readonly agent: UserAgent;
  readonly calls: Calls;
  readonly keysInUse: KeysInUse[];
  readonly refusals: string[];
  /** Gives an input now, and what commands follow from it. */
  give(input: UserAgentInput): void;
}

/** Two phones whose every message passes through the hands of a signalling server that is nobody's friend. */
export interface HostileWire {
  readonly phones: readonly [WiredPhone, WiredPhone];
  /** Not delivered yet. */
  readonly waiting: Letter[];
  /** Delivered once. */
  readonly delivered: Letter[];
  /** Delivers bytes, or what `change` makes of them. */
  deliver(letter: Letter, change?: (message: SipMessage) => SipMessage): void;
  /** Lets time pass. */
  pass(milliseconds: number): void;
}

/** The message with a Content-Length that fits. */
const framed = (message: SipMessage): Uint8Array =>
  serialize(replaceHeader(message, 'Content-Length', String(message.body.length)));

export const createHostileWire = (
  parties: Parties,
  parts: Partial<PhoneParts> = {},
): HostileWire => {
  const waiting: Letter[] = [];
  const delivered: Letter[] = [];
  let now = 0;
  let tokens = 0;
  const createPhone = (place: 0 | 1): WiredPhone => {
    const own = place === 0 ? parties.alice : parties.bob;
    const keysInUse: KeysInUse[] = [];
    const refusals: string[] = [];
    const inputs: UserAgentInput[] = [];
    let isBusy = false;
    let latest: UserAgentEvent['kind'] | undefined;
    const agent = createUserAgent({
      number: own.number,
      domain: 'example.com',
      contact: `sip:${own.number}@192.0.2.${place + 1}:4000;transport=tls`,
      random: () => `t${(tokens += 1)}`,
    });
    const turn = (input: UserAgentInput): void => {
      for (const output of agent.handle(input, now)) {
        if (output.kind === 'send') waiting.push({ to: place === 0 ? 1 : 0, bytes: output.bytes });
        else if (output.kind !== 'wake') {
          latest = output.kind;
          calls.onEvent(output);
        }
      }
    };
    const give = (input: UserAgentInput): void => {
      inputs.push(input);
      if (isBusy) return;
      isBusy = true;
      for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) turn(next);
      isBusy = false;
    };
    const calls = createCalls({
      own,
      clientAuthorities: [parties.authority],
      host: '127.0.0.1',
      parts: { ...phoneParts, ...parts },
      askStatus: () => Promise.resolve('good'),
      logs: {
        refusal: ({ code }) => void refusals.push(code),
        mediaKeys: ({ callerToCallee, calleeToCaller }) => {
          const masters = [callerToCallee.masterKey, calleeToCaller.masterKey];
          keysInUse.push({ keys: masters.map(toHex).join(), after: latest });
        },
      },
      command: give,
      changed: () => undefined,
    });
    calls.setAutoAnswer(true);
    give({ kind: 'connection-up' });
    return { agent, calls, keysInUse, refusals, give };
  };
  const phones = [createPhone(0), createPhone(1)] as const;
  return {
    phones,
    waiting,
    delivered,
    deliver({ to, bytes }, change) {
      const parsed = parseMessage(bytes);
      const isChanged = change !== undefined && parsed.ok;
      const message = isChanged ? framed(change(parsed.value)) : bytes;
      phones[to].give({ kind: 'message', message });
    },
    pass(milliseconds) {
      now += milliseconds;
      for (const phone of phones) phone.give({ kind: 'tick' });
    },
  };
};

/** The first message with a header of another. */
const withHeaderOf = (message: SipMessage, other: SipMessage, name: string): SipMessage => {
  const value = header(other, name);
  return value === undefined || header(message, name) === undefined
    ? message
    : replaceHeader(message, name, value);
};

const CSL = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] as const;
const DIALOG = ['Call-ID', 'From', 'To'] as const;
const STATUSES = [100, 183, 200, 302, 408, 481, 487, 488, 491, 503] as const;
const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;

const pick = <Value>(values: readonly Value[], choice: number): Value | undefined =>
  values[choice % values.length];

const asLatin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** What a server can make of a message without any key, by number; `other` is one that it saw before. */
export const tamperings: readonly ((
  message: SipMessage,
  other: SipMessage,
  choice: number,
) => SipMessage)[] = [
  (message, other) => CSL.reduce((made, name) => withHeaderOf(made, other, name), message),
  (message, other, choice) => withHeaderOf(message, other, pick(CSL, choice) ?? ''),
  (message, other) => DIALOG.reduce((made, name) => withHeaderOf(made, other, name), message),
  (message, _, choice) => {
    const to = (header(message, 'To') ?? '').replace(/;tag=.*/, '');
    return replaceHeader(message, 'To', `${to};tag=other${choice % 3}`);
  },
  (message, _, choice) => {
    const next = pick([0, 1, 2, 1000, 2 ** 31 - 1], choice) ?? 0;
    const cseq = (header(message, 'CSeq') ?? '').replace(/^\d+/, String(next));
    return replaceHeader(message, 'CSeq', cseq);
  },
  (message, _, choice) => {
    const direction = pick(DIRECTIONS, choice) ?? '';
    const body = asLatin1(message.body).replace(/sendrecv|sendonly|recvonly|inactive/, direction);
    return { ...message, body: new Uint8Array(Buffer.from(body, 'latin1')) };
  },
  (message, other) => ({ ...message, body: other.body }),
  (message, _, choice) =>
    message.kind === 'response' ? { ...message, status: pick(STATUSES, choice) ?? 200 } : message,
  (message, _, choice) =>
    message.kind === 'request'
      ? replaceHeader(message, 'Via', `SIP/2.0/TLS h;branch=z9hG4bKother${choice}`)
      : message,
  (message, _, choice) => {
    if (message.kind === 'response') return message;
    const method = pick(['CANCEL', 'BYE', 'ACK', 'UPDATE'], choice) ?? '';
    const cseq = (header(message, 'CSeq') ?? '').replace(/ .*/, ` ${method}`);
    return { ...replaceHeader(message, 'CSeq', cseq), method };
  },
];
