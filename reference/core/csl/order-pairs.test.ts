import { expect, it } from 'vitest';
import { verifyOffer } from './offer.ts';
import { offerContext, offerMessage } from './testing/exchange-support.ts';
import { offerPairs } from './testing/refusal-pairs.ts';

it('the order of checks names the first of two faults, for every pair that can be combined', () => {
  const pairs = offerPairs();
  expect(pairs.length).toBeGreaterThan(500);
  for (const [first, second] of pairs) {
    const message = offerMessage({ ...first.change, ...second.change });
    const verified = verifyOffer(message, offerContext({ ...first.context, ...second.context }));
    expect([first.what, second.what, verified]).toMatchObject([
      first.what,
      second.what,
      { error: { code: first.code } },
    ]);
  }
});
