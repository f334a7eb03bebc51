import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';
import { enrol, start } from '../store/testing/fixtures.ts';
import { startNoticeDelivery, type NoticeDelivery } from './notices.ts';

describe('notices to owners', () => {
  let store: ApplianceStore;
  let delivery: NoticeDelivery;
  let sent: string[];
  let isUp: boolean;
  let now: number;
  const sms = {
    send: (to: string, text: string): Promise<void> => {
      if (!isUp) return Promise.reject(new Error('centre down'));
      sent.push(`${to} ${text}`);
      return Promise.resolve();
    },
  };
  const begin = (): NoticeDelivery =>
    startNoticeDelivery(
      store,
      sms,
      () => now,
      (error) => {
        throw error;
      },
    );
  beforeEach(() => {
    store = createMemoryStore();
    sent = [];
    isUp = true;
    now = start;
  });
  afterEach(() => store.close());

  it('are sent at once, once, and leave the store', async () => {
    delivery = begin();
    const settled = new Promise<void>((resolve) => {
      store.onCommitted((event) => {
        if (event.kind === 'audit-appended' && event.entry.action === 'notice/sent') resolve();
      });
    });
    enrol(store, 'a');
    enrol(store, 'b');
    await settled;
    await delivery.close();
    expect(sent).toEqual(['+33612345678 revoked']);
    expect(store.queries.counts(now).waitingMessages).toBe(0);
    expect(store.audit.count({ action: 'notice/sent' })).toBe(1);
  });

  it('wait while the centre is down, survive a restart, and are given up after a day of trying', async () => {
    isUp = false;
    enrol(store, 'a');
    enrol(store, 'b');
    const waits: number[] = [];
    for (;;) {
      await begin().close();
      if (store.audit.count({ action: 'notice/given-up' }) > 0) break;
      const next = [60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000].find(
        (wait) =>
          store.messages.due(now + wait, 1).length > 0 &&
          store.messages.due(now + wait - 1, 1).length === 0,
      );
      waits.push(next ?? 0);
      now += next ?? 0;
    }
    expect(waits).toEqual([60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000]);
    expect(store.queries.counts(now).waitingMessages).toBe(0);
    isUp = true;
    await begin().close();
    expect(sent).toEqual([]);
  });
});
