import { expect, it } from 'vitest';
import { keepRenewed, type RenewableServer } from './renewal.ts';

/** A server whose credentials the test changes, with what was done to it. */
const serverOf = (server: string) => {
  const done: string[] = [];
  const state = { chain: 'first', broken: false };
  const renewable: RenewableServer = {
    server,
    certificateChain: 'first',
    look: () =>
      state.broken
        ? Promise.reject(new Error('the folder is full'))
        : Promise.resolve({ privateKey: 'key', certificateChain: state.chain, notAfter: 7 }),
    use: (credentials) => void done.push(JSON.stringify(credentials)),
    onRenewed: (notAfter) => void done.push(`until ${notAfter}`),
  };
  return { renewable, state, done };
};

it('renewal presents new credentials once, tells what failed, tries again, and lets none keep others from it', async () => {
  const [sip, registration] = [serverOf('sip'), serverOf('registration')];
  const warnings: string[] = [];
  const repeats: (() => void)[] = [];
  const renewal = keepRenewed(
    [sip.renewable, registration.renewable],
    (work) => {
      repeats.push(work);
      return () => void repeats.splice(0);
    },
    (code, detail) => void warnings.push(`${code}: ${detail}`),
  );
  const tomorrow = async (): Promise<void> => {
    repeats[0]?.();
    await renewal.look();
  };
  await tomorrow();
  expect([...sip.done, ...registration.done, ...warnings]).toEqual([]);
  sip.state.broken = true;
  registration.state.chain = 'second';
  repeats[0]?.();
  await renewal.close();
  expect(warnings).toEqual([
    'certificate/not-renewed: certificate of the server sip: the folder is full',
  ]);
  const once = ['{"privateKey":"key","certificateChain":"second"}', 'until 7'];
  expect(registration.done).toEqual(once);
  sip.state.broken = false;
  sip.state.chain = 'third';
  await renewal.look();
  expect(sip.done).toEqual(['{"privateKey":"key","certificateChain":"third"}', 'until 7']);
  expect(registration.done).toEqual(once);
  expect(repeats).toEqual([]);
});
