import { describe, expect, it } from 'vitest';
import { runKills } from './testing/kill-harness.ts';

describe('kill -9 during enrolments and revocations', () => {
  it(
    'loses nothing acknowledged and lets no token be used twice',
    { timeout: 120_000 },
    async () => {
      const summary = await runKills({ rounds: 3, seed: 1, progress: () => undefined });
      expect(summary.findings).toEqual([]);
      expect(summary.acknowledged.certificates).toBeGreaterThan(0);
      expect(summary.acknowledged.revocations).toBeGreaterThan(0);
      expect(summary.cutOff).toBeGreaterThan(0);
    },
  );
});
