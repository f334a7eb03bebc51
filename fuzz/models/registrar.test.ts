import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  makeRequest,
  parseMessage,
  type SipRequest,
} from '../../reference/core/sip/message/message.ts';
import {
  createRegistrarProxy,
  type RegistrarProxyOutput,
} from '../../reference/core/sip/proxy/registrar-proxy.ts';

const numbers = ['+33639990001', '+33639990002'] as const;
const connections = ['a', 'b'] as const;
const hosts = ['10.0.0.1', '10.0.0.2'] as const;
const least = 30;
const most = 7200;

interface Binding {
  readonly contact: string;
  readonly connection: string;
  readonly expiresAt: number;
  readonly callId: string;
  readonly sequence: number;
}

/** RFC 3261 section 10.3 with one contact a number (interpretation I-9): what must be bound, and since when. */
interface Model {
  readonly bindings: Map<string, Binding>;
  now: number;
}

interface Real {
  readonly proxy: ReturnType<typeof createRegistrarProxy>;
  branch: number;
}

interface Registration {
  readonly number: string;
  readonly connection: string;
  /** `*`, an address, or nothing: a question. */
  readonly contact: string | null;
  /** Seconds. */
  readonly expires: number;
  readonly callId: string;
  readonly sequence: number;
}

const requestOf = (real: Real, asked: Registration): SipRequest => {
  const address = `<sip:${asked.number}@example.com>`;
  const contact =
    asked.contact === '*' || asked.contact === null ? asked.contact : `<${asked.contact}>`;
  return makeRequest('REGISTER', 'sip:example.com', [
    ['Via', `SIP/2.0/TLS 10.0.0.9:4000;branch=z9hG4bK${(real.branch += 1)}`],
    ['Max-Forwards', '70'],
    ['From', `${address};tag=r`],
    ['To', address],
    ['Call-ID', asked.callId],
    ['CSeq', `${asked.sequence} REGISTER`],
    ...(contact === null ? [] : [['Contact', contact] as const]),
    ['Expires', String(asked.contact === '*' ? 0 : asked.expires)],
  ]);
};

const statusOf = (outputs: readonly RegistrarProxyOutput[]): number | undefined => {
  for (const output of outputs) {
    if (output.kind !== 'send') continue;
    const message = parseMessage(output.bytes);
    if (message.ok && message.value.kind === 'response') return message.value.status;
  }
  return undefined;
};

/** What the model says of a registration, and what it then holds. */
const registered = ({ bindings, now }: Model, asked: Registration): number => {
  const { number, connection, contact, expires, callId, sequence } = asked;
  const bound = bindings.get(number);
  if (contact === null) return 200;
  // Step 7: out of order within one Call-ID.
  if (bound?.callId === callId && bound.sequence >= sequence) return 500;
  if (contact === '*') {
    bindings.delete(number);
    return 200;
  }
  if (expires > 0 && expires < least) return 423;
  if (expires === 0) {
    if (bound?.contact === contact) bindings.delete(number);
    return 200;
  }
  const expiresAt = now + Math.min(expires, most) * 1000;
  bindings.set(number, { contact, connection, expiresAt, callId, sequence });
  return 200;
};

const agree = (model: Model, { proxy }: Real): void => {
  const expected = [...model.bindings].map(([number, { contact, connection }]) => ({
    number,
    contact,
    connection,
  }));
  const held = proxy
    .locations()
    .map(({ number, contact, connection }) => ({ number, contact, connection }));
  const byNumber = (left: { number: string }, right: { number: string }): number =>
    left.number < right.number ? -1 : 1;
  expect(held.toSorted(byNumber)).toEqual(expected.toSorted(byNumber));
};

class Register implements fc.Command<Model, Real> {
  readonly asked: Registration;
  constructor(asked: Registration) {
    this.asked = asked;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const { number, connection } = this.asked;
    const peer = { commonName: number, address: '10.0.0.9', port: 4000 };
    const message = requestOf(real, this.asked);
    const outputs = real.proxy.handle(
      { kind: 'message', connection: `${number} ${connection}`, peer, message },
      model.now,
    );
    const asked = { ...this.asked, connection: `${number} ${connection}` };
    expect(statusOf(outputs)).toBe(registered(model, asked));
    agree(model, real);
  }
  toString(): string {
    return JSON.stringify(this.asked);
  }
}

class Wait implements fc.Command<Model, Real> {
  readonly milliseconds: number;
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    model.now += this.milliseconds;
    for (const [number, { expiresAt }] of model.bindings)
      if (expiresAt <= model.now) model.bindings.delete(number);
    real.proxy.handle({ kind: 'tick' }, model.now);
    agree(model, real);
  }
  toString(): string {
    return `wait ${this.milliseconds} ms`;
  }
}

class Close implements fc.Command<Model, Real> {
  readonly connection: string;
  constructor(connection: string) {
    this.connection = connection;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    for (const [number, { connection }] of model.bindings)
      if (connection === this.connection) model.bindings.delete(number);
    real.proxy.handle({ kind: 'connection-closed', connection: this.connection }, model.now);
    agree(model, real);
  }
  toString(): string {
    return `close ${this.connection}`;
  }
}

const registrations = fc
  .record({
    number: fc.constantFrom(...numbers),
    connection: fc.constantFrom(...connections),
    contact: fc.constantFrom(...hosts, ...hosts, '*', null),
    expires: fc.constantFrom(0, 1, 29, 30, 31, 60, 3600, 7200, 99_999),
    callId: fc.constantFrom('first', 'second'),
    sequence: fc.integer({ min: 1, max: 30 }),
  })
  .map((asked) => {
    const { number, contact: host } = asked;
    const isHost = host !== null && host !== '*';
    return new Register(
      isHost ? { ...asked, contact: `sip:${number}@${host}:4000;transport=tls` } : asked,
    );
  });

const closings = fc
  .tuple(fc.constantFrom(...numbers), fc.constantFrom(...connections))
  .map((names) => new Close(names.join(' ')));

describe('the registrar against a table of bindings', () => {
  test.prop(
    [
      fc.commands(
        [
          registrations,
          registrations,
          fc.constantFrom(1, 999, 29_999, 30_000, 60_000, 7_200_000).map((time) => new Wait(time)),
          closings,
        ],
        { size: '+1', maxCommands: 60 },
      ),
    ],
    { numRuns: 300 },
  )('says and holds the same at every step', (commands) => {
    fc.modelRun(() => {
      let count = 0;
      const proxy = createRegistrarProxy({
        domains: ['example.com'],
        host: '10.0.0.1',
        port: 5061,
        random: () => `p${(count += 1)}`,
      });
      return { model: { bindings: new Map(), now: 1000 }, real: { proxy, branch: 0 } };
    }, commands);
  });
});
