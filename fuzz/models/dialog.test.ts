import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import { serialize } from '../../reference/core/sip/message/message.ts';
import type {
  UserAgent,
  UserAgentInput,
  UserAgentOutput,
} from '../../reference/core/sip/user-agent/user-agent.ts';
import { createModel } from './dialog.ts';
import { dialogSteps } from './dialog-commands.ts';
import { createPhone } from './dialog-phone.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 12);
const numRuns = Number(process.env['FUZZ_MODEL_RUNS'] ?? 500);

const run = (
  wrap: (agent: UserAgent) => UserAgent,
  reached: (shape: string) => void = () => undefined,
) =>
  fc.check(
    fc.property(fc.commands(dialogSteps(reached), { size: 'max', maxCommands: 80 }), (steps) =>
      fc.modelRun(() => ({ model: createModel(), real: createPhone(wrap) }), steps),
    ),
    { numRuns, seed },
  );

const inDialog = ['accepted', 'answered', 'established', 'incoming'];
const changes = ['offering', 'answered', 'invited', 'accepted'].map(
  (each) => `established ${each}`,
);

/** Steps and states that must have met somewhere, so that agreement means something. */
const reaches = [
  ...['INVITE', 'BYE', 'ACK', 'OPTIONS', 'UPDATE'].flatMap((method) =>
    inDialog.map((state) => `${method} when ${state}`),
  ),
  ...changes.flatMap((state) => [
    `INVITE when ${state}`,
    `ACK when ${state}`,
    `CANCEL when ${state}`,
  ]),
  ...['local tag', 'remote tag', 'identity', 'low', 'same', 'no tag'].flatMap((spoil) =>
    ['INVITE', 'ACK', 'BYE'].map((method) => `${method} with ${spoil} when established`),
  ),
  ...['calling', 'proceeding', 'accepted', 'over'].flatMap((state) =>
    [200, 491].flatMap((status) => [
      `${status} to INVITE ${state}`,
      `${status} to re-INVITE ${state}`,
    ]),
  ),
  '200 to INVITE proceeding cancelling',
  '200 to INVITE abandoned',
  '200 to re-INVITE abandoned',
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS'].map((method) => `${method} again`),
  ...changes.map((state) => `hang-up when ${state}`),
  ...inDialog.map((state) => `hang-up when ${state}`),
];

/** A user agent whose incoming or outgoing texts are changed. */
const changing =
  ({
    input = (text) => text,
    output = (text) => text,
  }: {
    readonly input?: (text: string) => string;
    /** Null sends nothing. */
    readonly output?: (text: string, cause: UserAgentInput) => string | null;
  }) =>
  (agent: UserAgent): UserAgent => ({
    ...agent,
    handle: (given, now) => {
      const changed =
        given.kind === 'message' && !(given.message instanceof Uint8Array)
          ? { ...given, message: fromLatin1(input(latin1(serialize(given.message)))) }
          : given;
      return agent.handle(changed, now).flatMap((each): readonly UserAgentOutput[] => {
        const text = each.kind === 'send' ? output(latin1(each.bytes), given) : null;
        if (each.kind !== 'send') return [each];
        return text === null ? [] : [{ kind: 'send', bytes: fromLatin1(text) }];
      });
    },
  });

/** A fresh branch in every ACK that is sent again. */
const freshBranches = (): ((agent: UserAgent) => UserAgent) => {
  let count = 0;
  const sent = new Set<string>();
  return changing({
    output: (text) => {
      const isAgain = text.startsWith('ACK') && sent.has(text);
      sent.add(text);
      return isAgain ? text.replace(/branch=\w+/, `branch=z9hG4bKagain${(count += 1)}`) : text;
    },
  });
};

/** Phones with one fault each. */
const planted: readonly (readonly [string, (agent: UserAgent) => UserAgent])[] = [
  [
    'a BYE has the CSeq of the INVITE',
    changing({ output: (text) => text.replace(/^CSeq: 2 BYE/m, 'CSeq: 1 BYE') }),
  ],
  [
    'an ACK is never looked for: the 200 is sent once',
    changing({
      output: (text, { kind }) =>
        kind === 'tick' && text.startsWith('SIP/2.0 200') && text.includes(' INVITE') ? null : text,
    }),
  ],
  [
    'another From inside the dialog is taken',
    changing({ input: (text) => text.replace(/^(From: <sip:\+3363998000)3/m, '$12') }),
  ],
  [
    'a crossing re-INVITE is refused with 500',
    changing({ output: (text) => text.replace(/^SIP\/2\.0 491 /, 'SIP/2.0 500 ') }),
  ],
  [
    'a re-INVITE does not refresh the target',
    changing({
      input: (text) =>
        /^To: .*;tag=/m.test(text) ? text.replace('peer@10.0.2.2', 'peer@10.0.2.1') : text,
    }),
  ],
  [
    'the route set is not turned round at the caller',
    changing({
      output: (text) =>
        text.replace(
          /^(Route: <sip:10\.0\.0\.)2(.*)\r\n(Route: <sip:10\.0\.0\.)1/m,
          '$11$2\r\n$32',
        ),
    }),
  ],
  ['a 200 that comes again gets a new ACK', freshBranches()],
];

describe('the SIP dialog against RFC 3261 read once more', () => {
  it(
    'says the same at every step, and every kind of step is among them',
    { timeout: 3_600_000 },
    () => {
      const shapes = new Set<string>();
      const result = run(
        (agent) => agent,
        (shape) => shapes.add(shape),
      );
      const about = `${fc.defaultReportMessage(result)} ${String(result.errorInstance)}`;
      expect(result.failed, about).toBe(false);
      expect(reaches.filter((shape) => !shapes.has(shape))).toEqual([]);
    },
  );

  it.each(planted)('finds that %s', (_fault, wrap) => {
    const { failed, errorInstance } = run(wrap);
    expect({ failed, fault: String(errorInstance) }).toEqual({
      failed: true,
      fault: expect.stringMatching(/what follows|repeated byte by byte/),
    });
  });
});
