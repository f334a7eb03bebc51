import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DeadlineError } from '../contract.ts';
import { createOperator, type Operator } from './operator.ts';
import { personPhone } from './phone.ts';

/** A person who gives these answers, and what he was asked. */
const answering = (...answers: readonly string[]) => {
  const asked: string[] = [];
  const left = [...answers];
  const operator: Operator = {
    ask: (step, deadline) => {
      asked.push(`${step} [${deadline}]`);
      const answer = left.shift();
      return answer === undefined
        ? Promise.reject(new DeadlineError('nobody answered'))
        : Promise.resolve(answer);
    },
  };
  return { asked, phone: personPhone('bob', operator, 60) };
};

describe('a phone in a person’s hands', () => {
  it('is enrolled, opened and connected by printed steps that are confirmed', async () => {
    const { asked, phone } = answering('', '', '', '');
    await phone.requestEnrolment('+33639980002', 'a passphrase');
    await phone.completeEnrolment('123456');
    await phone.unlock('a passphrase');
    await phone.register();
    expect(asked).toEqual([
      expect.stringMatching(
        /^Phone bob: ask for a certificate for \+33639980002 with .* \[60000\]$/,
      ),
      expect.stringMatching(/^Phone bob: give the token 123456; press Enter once that is done/),
      expect.stringMatching(/^Phone bob: open its key/),
      expect.stringMatching(/^Phone bob: connect it/),
    ]);
  });

  it('a step that the person says failed is an error of that step', async () => {
    const { phone } = answering('no');
    await expect(phone.register()).rejects.toThrow(
      'phone bob: the person reports failure: connect it to the service',
    );
  });

  it('a step that nobody answers is a deadline', async () => {
    await expect(answering().phone.dial('+33')).rejects.toThrow(DeadlineError);
  });

  it('tells the state of its call, asked again until it is one that was awaited', async () => {
    const { asked, phone } = answering('ringing', 'nonsense', 'in-call');
    await phone.setAutoAnswer(true);
    expect(await phone.waitForCall(['in-call', 'ended'], 1_000)).toMatchObject({
      state: 'in-call',
    });
    expect(asked).toHaveLength(3);
    expect(asked[0]).toContain('(answer when it rings)');
  });

  it('tells whether audio is heard, and the identifiers on its screen', async () => {
    const typed = ['yes', '0011 2233:4455-6677', 'AABBCCDD'];
    expect(await answering(...typed).phone.waitForAudio(100, 1_000)).toMatchObject({
      callId: '',
      identifiers: { local: '0011 2233 4455 6677', peer: 'aabb ccdd' },
    });
    await expect(answering('no').phone.waitForAudio(100, 1_000)).rejects.toThrow(DeadlineError);
  });

  it('shows no identifiers where the person types something else', async () => {
    const report = await answering('yes', 'a lock').phone.waitForAudio(100, 1_000);
    expect(report.identifiers).toBeNull();
  });

  it('claims no key, file or log', () => {
    expect([...answering().phone.capabilities].toSorted()).toEqual([
      'call',
      'enrol',
      'hold',
      'show-identifiers',
    ]);
  });
});

describe('the operator at a terminal', () => {
  const open = () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    return { input, output, operator: createOperator({ input, output }) };
  };

  it('is asked one thing at a time, each with its own time', async () => {
    const { input, output, operator } = open();
    const first = operator.ask('First?', 5_000);
    const second = operator.ask('Second?', 5_000);
    await once(output, 'data');
    input.write('one\n');
    expect(await first).toBe('one');
    input.write('  two \n');
    expect(await second).toBe('two');
  });

  it('who does not answer in time is a deadline, and is asked the next thing all the same', async () => {
    const { input, operator } = open();
    const late = operator.ask('First?', 20);
    const next = operator.ask('Second?', 5_000);
    await expect(late).rejects.toThrow(/nobody answered within 0\.02 s: First\?/);
    input.write('here\n');
    expect(await next).toBe('here');
  });

  it('is nobody where standard input has ended', async () => {
    const { input, operator } = open();
    input.end();
    await expect(operator.ask('First?', 5_000)).rejects.toThrow(/standard input has ended; run it/);
  });
});
