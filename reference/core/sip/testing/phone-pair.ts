import { parseMessage, serialize, type SipMessage } from '../message/message.ts';
import {
  createUserAgent,
  type UserAgent,
  type UserAgentConfig,
  type UserAgentEvent,
  type UserAgentInput,
} from '../user-agent/user-agent.ts';

export const ALICE = '+33612345678';
export const BOB = '+33687654321';

/** A message between two phones; gives what arrives, undefined for a loss. */
export type WireFilter = (from: string, message: SipMessage) => SipMessage | undefined;

/** One phone of a pair. */
export interface PairedPhone {
  readonly number: string;
  readonly agent: UserAgent;
  readonly events: UserAgentEvent[];
  /** Gives an input at the present time and lets what follows arrive; 50 ms unless told. */
  input(input: UserAgentInput, pass?: number): void;
  kinds(): readonly string[];
  last(): UserAgentEvent | undefined;
}

interface Task {
  readonly at: number;
  readonly run: () => void;
}

/** Milliseconds from phone to phone. */
const LATENCY = 1;

/**
 * Two user agents without a proxy between them, in virtual time: what one sends arrives at the other. REGISTER finds nobody
 * who answers it.
 */
export const createPhonePair = (
  configs: readonly [Partial<UserAgentConfig>, Partial<UserAgentConfig>] = [{}, {}],
) => {
  let now = 1_000_000;
  let tokens = 0;
  let tasks: readonly Task[] = [];
  let filter: WireFilter = (_, message) => message;
  /** The newest request for a wake-up of each phone, which replaces those before. */
  const wakes = new Map<string, number>();
  const wire: (readonly [from: string, what: string])[] = [];
  const sent: (readonly [from: string, message: SipMessage, at: number])[] = [];
  const after = (at: number, run: () => void): void => {
    tasks = [...tasks, { at: Math.max(at, now), run }].sort((left, right) => left.at - right.at);
  };
  const pass = (duration: number): void => {
    const end = now + duration;
    for (let first = tasks[0]; first !== undefined && first.at <= end; first = tasks[0]) {
      tasks = tasks.slice(1);
      now = first.at;
      first.run();
    }
    now = end;
  };
  const carry = (from: PairedPhone, bytes: Uint8Array): void => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok)
      throw new Error(`${from.number} sent what cannot be read: ${parsed.error.code}`);
    const message = filter(from.number, parsed.value);
    const what = parsed.value.kind === 'request' ? parsed.value.method : `${parsed.value.status}`;
    wire.push([from.number, message === undefined ? `${what} lost` : what]);
    sent.push([from.number, parsed.value, now]);
    if (message === undefined) return;
    const arrived = serialize(message);
    after(now + LATENCY, () =>
      give(from === alice ? bob : alice, { kind: 'message', message: arrived }),
    );
  };
  const give = (phone: PairedPhone, input: UserAgentInput): void => {
    for (const output of phone.agent.handle(input, now)) {
      if (output.kind === 'send') carry(phone, output.bytes);
      else if (output.kind === 'wake') {
        const wake = (wakes.get(phone.number) ?? 0) + 1;
        wakes.set(phone.number, wake);
        after(output.at, () => {
          if (wakes.get(phone.number) === wake) give(phone, { kind: 'tick' });
        });
      } else phone.events.push(output);
    }
  };
  const phone = (number: string, host: string, config: Partial<UserAgentConfig>): PairedPhone => {
    const agent = createUserAgent({
      number,
      domain: 'example.com',
      contact: `sip:${number}@${host}:4000;transport=tls`,
      random: () => `t${(tokens += 1).toString().padStart(6, '0')}`,
      ...config,
    });
    const events: UserAgentEvent[] = [];
    const made: PairedPhone = {
      number,
      agent,
      events,
      input(input, wait = 50) {
        give(made, input);
        pass(wait);
      },
      kinds: () => events.map(({ kind }) => kind),
      last: () => events.at(-1),
    };
    return made;
  };
  const alice = phone(ALICE, '10.0.1.1', configs[0]);
  const bob = phone(BOB, '10.0.1.2', configs[1]);
  for (const each of [alice, bob]) each.input({ kind: 'connection-up' });
  return {
    alice,
    bob,
    pass,
    now: () => now,
    /** How many messages are on their way and wake-ups asked for. */
    pending: () => tasks.length,
    /** Gives bytes to a phone as if the other had sent them. */
    deliver: (to: PairedPhone, message: SipMessage | Uint8Array) =>
      to.input({
        kind: 'message',
        message: message instanceof Uint8Array ? message : serialize(message),
      }),
    filter(next: WireFilter | undefined) {
      filter = next ?? ((_, message) => message);
    },
    /** What both sent, in order. */
    sent,
    /** What happens on the wire during an action, as `alice INVITE`. */
    during(act: () => void): readonly string[] {
      const before = wire.length;
      act();
      return wire
        .slice(before)
        .map(([from, what]) => `${from === ALICE ? 'alice' : 'bob'} ${what}`);
    },
  };
};

export type PhonePair = ReturnType<typeof createPhonePair>;

/** A call that Alice made and Bob accepted. */
export const pairInCall = (
  configs?: readonly [Partial<UserAgentConfig>, Partial<UserAgentConfig>],
): PhonePair => {
  const pair = createPhonePair(configs);
  const body = new TextEncoder().encode('v=0\r\n');
  pair.alice.input({ kind: 'invite', number: BOB, callId: 'call-1', body });
  pair.bob.input({ kind: 'accept', body });
  pair.alice.input({ kind: 'acknowledge' });
  return pair;
};
