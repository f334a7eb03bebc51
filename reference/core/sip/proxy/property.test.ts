import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  header,
  parseMessage,
  serialize,
  type SipMessage,
  type SipRequest,
  withHeader,
} from '../message/message.ts';
import {
  createRegistrarProxy,
  type RegistrarProxyInput,
  type RegistrarProxyOutput,
} from './registrar-proxy.ts';
import { ALICE, BOB, counter, MALLORY, request } from '../testing/request-fixture.ts';
import { respond } from '../message/responses.ts';

const USERS = [ALICE, BOB, MALLORY] as const;
const METHODS = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO', 'UPDATE'] as const;

type Step =
  | {
      readonly kind: 'register';
      readonly user: number;
      readonly line: number;
      readonly expires: number;
    }
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly from: number;
      readonly to: number;
      readonly call: number;
      readonly tag: number;
      readonly liar: boolean;
    }
  | {
      readonly kind: 'respond';
      readonly pick: number;
      readonly status: number;
      readonly honest: boolean;
    }
  | {
      readonly kind: 'noise';
      readonly user: number;
      readonly pick: number;
      readonly at: number;
      readonly byte: number;
    }
  | { readonly kind: 'close'; readonly user: number; readonly line: number }
  | { readonly kind: 'revoke'; readonly user: number }
  | { readonly kind: 'pass'; readonly time: number };

const user = fc.nat(2);
const line = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      user,
      line,
      expires: fc.constantFrom(0, 60, 3600),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      method: fc.constantFrom('INVITE', ...METHODS),
      from: user,
      to: user,
      call: fc.nat(2),
      tag: fc.nat(2),
      liar: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('respond' as const),
      pick: fc.nat(),
      status: fc.constantFrom(100, 180, 200, 200, 486, 503),
      honest: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('noise' as const),
      user,
      pick: fc.nat(),
      at: fc.nat(),
      byte: fc.nat(255),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), user, line }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), user }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      time: fc.constantFrom(10, 600, 33_000, 182_000),
    }),
  },
);

const isAnswerable = ({ message }: { readonly message: SipMessage }): boolean =>
  message.kind === 'request' && message.method !== 'ACK';

const nameOf = (index: number): string => USERS[index] ?? ALICE;

const createWorld = () => {
  const proxy = createRegistrarProxy({
    domains: ['example.com'],
    host: '10.0.0.1',
    port: 5061,
    random: counter('p'),
    maximumCallDuration: 600_000,
  });
  const branch = counter('z9hG4bKw');
  const sent: {
    readonly user: string;
    readonly connection: string;
    readonly message: SipMessage;
  }[] = [];
  const outputs: RegistrarProxyOutput[] = [];
  const epochs = new Map<string, number>();
  const lineOf = (name: string, lineNumber: number): string =>
    `${name}/${lineNumber}/${epochs.get(`${name}/${lineNumber}`) ?? 0}`;
  const closeLine = (name: string, lineNumber: number): void => {
    const key = `${name}/${lineNumber}`;
    epochs.set(key, (epochs.get(key) ?? 0) + 1);
  };
  let now = 0;
  const parties = new Map<string, ReadonlySet<string>>();

  const give = (input: RegistrarProxyInput): void => {
    for (const output of proxy.handle(input, now)) {
      outputs.push(output);
      if (output.kind === 'call-started')
        parties.set(output.callId, new Set([output.fromNumber, output.toNumber]));
      if (output.kind !== 'send') continue;
      const parsed = parseMessage(output.bytes);
      if (!parsed.ok) throw new Error(parsed.error.code);
      const owner = output.connection.split('/')[0] ?? '';
      sent.push({ user: owner, connection: output.connection, message: parsed.value });
    }
  };
  const from = (name: string, lineNumber: number, message: SipMessage | Uint8Array): void =>
    give({
      kind: 'message',
      connection: lineOf(name, lineNumber),
      peer: { commonName: name, address: '10.0.1.1', port: 4000 },
      message,
    });
  const made = (given: Extract<Step, { kind: 'request' }>): SipRequest => {
    const [caller, callee] = [nameOf(given.from), nameOf(given.to)];
    const pair = `${Math.min(given.from, given.to)}${Math.max(given.from, given.to)}`;
    const stranger = given.liar && given.method !== 'INVITE';
    const callId = `call-${stranger ? '01' : pair}-${given.call}`;
    const tagOf = (name: string): string => `${name.slice(-2)}${given.call}`;
    const toTag =
      given.tag > 0 && (given.method !== 'INVITE' || given.tag > 1) ? `;tag=${tagOf(callee)}` : '';
    const author = given.liar && given.tag === 2 ? ALICE : caller;
    return request(given.method, {
      uri: `sip:${callee}@example.com`,
      from: `<sip:${author}@example.com>;tag=${tagOf(caller)}`,
      to: `<sip:${callee}@example.com>${toTag}`,
      callId,
      branch: branch(),
      cseq: `${sent.length + 1} ${given.method}`,
    });
  };
  const answer = (given: Extract<Step, { kind: 'respond' }>): void => {
    const requests = sent.filter(isAnswerable).slice(-3);
    const chosen = requests[given.pick % Math.max(requests.length, 1)];
    if (chosen?.message.kind !== 'request') return;
    const callId = header(chosen.message, 'Call-ID') ?? '';
    const toTag = `${chosen.user.slice(-2)}${callId.slice(-1)}`;
    const response = withHeader(
      respond(chosen.message, given.status, { toTag }),
      'Contact',
      `<sip:${chosen.user}@10.0.1.1>`,
    );
    const [owner = ALICE, lineNumber = '0'] = chosen.connection.split('/');
    if (given.honest) from(owner, Number(lineNumber), response);
    else from(MALLORY, 0, response);
  };
  const registration = (given: Extract<Step, { kind: 'register' }>): SipRequest => {
    const own = nameOf(given.user);
    const plain = request('REGISTER', {
      uri: 'sip:example.com',
      from: `<sip:${own}@example.com>;tag=r`,
      to: `<sip:${own}@example.com>`,
      callId: `r-${outputs.length}`,
      branch: branch(),
    });
    return withHeader(
      { ...plain, headers: plain.headers.filter(({ name }) => name !== 'Contact') },
      'Contact',
      `<sip:${own}@10.0.1.1>;expires=${given.expires}`,
    );
  };
  const act = (given: Step): void => {
    switch (given.kind) {
      case 'register':
        return from(nameOf(given.user), given.line, registration(given));
      case 'request':
        return from(nameOf(given.from), 0, made(given));
      case 'respond':
        return answer(given);
      case 'noise': {
        const bytes = serialize(
          sent[given.pick % Math.max(sent.length, 1)]?.message ?? request('BYE'),
        );
        bytes[given.at % bytes.length] = given.byte;
        return from(nameOf(given.user), 0, bytes);
      }
      case 'close': {
        const name = nameOf(given.user);
        const connection = lineOf(name, given.line);
        closeLine(name, given.line);
        return give({ kind: 'connection-closed', connection });
      }
      case 'revoke':
        give({ kind: 'revoke', number: nameOf(given.user) });
        for (const number of [0, 1]) closeLine(nameOf(given.user), number);
        return undefined;
      case 'pass':
        now += given.time;
        return give({ kind: 'tick' });
    }
  };
  const drain = (): void => {
    for (let count = 0; count < 60; count += 1) {
      now += 200_000;
      give({ kind: 'tick' });
    }
  };
  const stop = (): void => give({ kind: 'end-calls', text: 'Stopped' });
  return { proxy, act, drain, stop, outputs, sent, parties };
};

describe('whatever comes', () => {
  const steps = fc.array(step, { minLength: 10, maxLength: 60, size: 'max' });
  const late = fc.option(fc.array(step, { maxLength: 5 }), { nil: undefined });
  test.prop([steps, late], { numRuns: 250 })(
    'nothing throws, nothing stays, calls end once, and nobody hears of a call that is not theirs',
    (given, afterStop) => {
      const { proxy, act, drain, stop, outputs, sent, parties } = createWorld();
      for (const index of [0, 1, 2]) act({ kind: 'register', user: index, line: 0, expires: 3600 });
      for (const one of given) {
        const before = sent.length;
        act(one);
        for (const { user: receiver, message } of sent.slice(before)) {
          if (message.kind !== 'request' || message.method === 'OPTIONS') continue;
          const party = parties.get(header(message, 'Call-ID') ?? '');
          if (party !== undefined) expect(party).toContain(receiver);
        }
      }
      if (afterStop !== undefined) {
        stop();
        for (const one of afterStop) act(one);
        expect(proxy.calls()).toEqual([]);
      }
      drain();
      expect(proxy.farewells()).toBe(0);
      const count = (kind: string): number =>
        outputs.filter((output) => output.kind === kind).length;
      expect(count('call-ended')).toBe(count('call-started'));
      expect(proxy.holdings()).toEqual({
        bindings: 0,
        transactions: 0,
        calls: 0,
        users: 0,
        nextTimer: undefined,
      });
    },
  );
});
