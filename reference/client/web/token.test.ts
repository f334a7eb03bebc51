import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSystem, type TestSystem } from './testing/system.ts';

let test: TestSystem;
beforeAll(async () => {
  test = await startTestSystem(false);
});
afterAll(() => test.stop());

const phone = () => {
  const [first] = test.system.phones;
  if (!first) throw new Error('there is no phone');
  return first;
};

describe('what is typed in place of the token', () => {
  it('is asked for as digits without a word to the service, and the token then completes the enrolment', async () => {
    const { handset, number } = phone();
    await handset.act({ do: 'request-enrolment', number, password: 'correct horse battery' });
    // The service takes fewer wrong tokens than these.
    for (const token of ['', '   ', 'abcdef', '12 34 56', '١٢٣٤٥٦', '-123456', '1e5']) {
      await handset.act({ do: 'complete-enrolment', token });
      expect([token, handset.state().error]).toEqual([token, 'enrolment/token-digits']);
      expect(handset.state().stage).toEqual({ kind: 'token', number });
    }
    await handset.act({ do: 'complete-enrolment', token: ` ${await test.token(number)} ` });
    expect(handset.state()).toMatchObject({ error: null, stage: { kind: 'locked', number } });
  });
});
