import type { ApplianceStore } from '../store/contract.ts';
import type { SmsSender } from './sms-sender.ts';

const minute = 60_000;

/** Milliseconds until the next attempt after the first, second, … failure; after the last the notice is given up (audited). */
const retries = [1, 5, 15, 60, 240, 720].map((minutes) => minutes * minute);

const atOnce = 16;

/** Delivery of notices under way. */
export interface NoticeDelivery {
  /** Ends after the message that is being sent. */
  close(): Promise<void>;
}

/**
 * Brings the store's notices to the owners of numbers: at each new one and every minute. A notice is marked sent after the centre
 * took it, so that a crash in between sends it twice, never not at all. `onFailure` is told when the store itself fails.
 */
export const startNoticeDelivery = (
  store: ApplianceStore,
  sms: SmsSender,
  now: () => number,
  onFailure: (error: unknown) => void,
): NoticeDelivery => {
  let closed = false;
  let running: Promise<void> | undefined;
  let isWanted = false;
  const deliverDue = async (): Promise<void> => {
    for (;;) {
      const due = closed ? [] : store.messages.due(now(), atOnce);
      if (due.length === 0) return;
      for (const { id, number, text, attempts } of due) {
        if (closed) return;
        const isSent = await sms.send(number, text).then(
          () => true,
          () => false,
        );
        const wait = retries[attempts];
        if (isSent) store.messages.markSent(id, now());
        else store.messages.markFailed(id, now(), wait === undefined ? null : now() + wait);
      }
    }
  };
  const run = (): void => {
    if (running !== undefined) {
      isWanted = true;
      return;
    }
    isWanted = false;
    running = deliverDue()
      .catch(onFailure)
      .finally(() => {
        running = undefined;
        if (isWanted && !closed) run();
      });
  };
  const removeListener = store.onCommitted((event) => {
    if (event.kind === 'message-queued') run();
  });
  const timer = setInterval(run, minute);
  timer.unref();
  run();
  return {
    close: async () => {
      closed = true;
      clearInterval(timer);
      removeListener();
      await running;
    },
  };
};
