import type { HostProcess } from '../lab/host-process.ts';

interface Asked {
  readonly id: number;
  readonly order: unknown;
}

interface Answered {
  readonly id: number;
  readonly answer: unknown;
}

/** Serves a parent over the control channel: an answer for each order, until the channel closes, which ends the process. */
export const serveOrders = (answer: (order: never) => Promise<object>): void => {
  process.on('message', (message) => {
    const { id, order } = message as Asked;
    void answer(order as never).then((given) => process.send?.({ id, answer: given }));
  });
  process.once('disconnect', () => process.exit(0));
};

/** Asks a program that serves orders, whose answers are what it says; rejects with how it ended once it has. */
export const askOnHost = (host: HostProcess): ((order: object) => Promise<unknown>) => {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  let over: string | null = null;
  host.onMessage((message) => {
    const { id, answer } = message as Answered;
    open.get(id)?.resolve(answer);
    open.delete(id);
  });
  void host.ended.then((how) => {
    over = how;
    for (const { reject } of open.values()) reject(new Error(how));
  });
  return (order) => {
    if (over !== null) return Promise.reject(new Error(over));
    const answer = Promise.withResolvers<unknown>();
    open.set((next += 1), answer);
    host.send({ id: next, order });
    return answer.promise;
  };
};
