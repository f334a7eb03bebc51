import { describe, expect, it } from 'vitest';
import { createRefusalTally, type MediaRefusal } from './refusal-tally.ts';

describe('a tally of refusals', () => {
  it('tells the first, tenth and hundredth of each reason', () => {
    const told: MediaRefusal[] = [];
    const refuse = createRefusalTally((refusal) => told.push(refusal));
    for (let count = 0; count < 999; count += 1) refuse('rtp', { code: 'tag', offset: 3 });
    refuse('rtcp', { code: 'report', offset: 4, detail: 'why' });
    expect(told.map(({ code, count }) => `${code} ${count}`)).toEqual([
      'media/tag 1',
      'media/tag 10',
      'media/tag 100',
      'media/report 1',
    ]);
    expect(told[1]?.detail).toBe('rtp: tag, 10 in this call');
    expect(told[3]?.detail).toBe('rtcp: report (why), 1 in this call');
  });
});
