/** One text that was handed over for delivery. */
export interface SmsMessage {
  readonly number: string;
  readonly text: string;
}

/** A simulated SMS centre: takes texts and keeps them, in order. */
export interface SmsCentre {
  send(number: string, text: string): Promise<void>;
  readonly outbox: readonly SmsMessage[];
  /**
   * The newest text to a number; waits for the first one up to `deadline` milliseconds.
   * With `after`, texts among the first so many of the outbox do not count.
   */
  waitFor(number: string, deadline: number, after?: number): Promise<SmsMessage>;
}

interface Waiting {
  readonly number: string;
  readonly deliver: (message: SmsMessage) => void;
}

/** Makes an SMS centre that delivers into its outbox at once. */
export const createSmsCentre = (): SmsCentre => {
  const outbox: SmsMessage[] = [];
  const waiting = new Set<Waiting>();
  return {
    outbox,
    send: (number, text) => {
      const message = { number, text };
      outbox.push(message);
      for (const entry of waiting) if (entry.number === number) entry.deliver(message);
      return Promise.resolve();
    },
    waitFor: (number, deadline, after = 0) => {
      const newest = outbox.slice(after).findLast((message) => message.number === number);
      if (newest !== undefined) return Promise.resolve(newest);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(entry);
          reject(new Error(`SMS centre: no text to ${number} within ${deadline} ms`));
        }, deadline);
        const entry: Waiting = {
          number,
          deliver: (message) => {
            clearTimeout(timer);
            waiting.delete(entry);
            resolve(message);
          },
        };
        waiting.add(entry);
      });
    },
  };
};
