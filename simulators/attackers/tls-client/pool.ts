/** What bounds the connections of a whole probe. */
export interface PoolLimits {
  /** Connections open at once. */
  readonly parallel: number;
  /** Connections in all, second attempts included. */
  readonly most: number;
  /** Attempts that may meet their deadline twice before the rest is given up. */
  readonly mostUnanswered: number;
  readonly onConnection?: (used: number) => void;
}

/** Runs connection attempts within limits. */
export interface ConnectionPool {
  /**
   * Runs an attempt among a few others; one that meets its deadline is made once more with nothing else in flight, so that
   * a server that serves one client at a time is not mistaken for a silent one. Null once a limit is reached.
   */
  readonly run: <Outcome>(
    attempt: () => Promise<Outcome>,
    metDeadline: (outcome: Outcome) => boolean,
  ) => Promise<Outcome | null>;
  readonly used: () => number;
  /** The limit that was reached, if one was. */
  readonly reached: () => 'connections' | 'unanswered' | null;
}

/** Lets up to `parallel` holders in, or one that asked to be alone; first come, first served. */
const createGate = (parallel: number) => {
  let free = parallel;
  const waiting: { readonly places: number; readonly enter: () => void }[] = [];
  const admit = (): void => {
    for (;;) {
      const [next] = waiting;
      if (!next || next.places > free) return;
      waiting.shift();
      free -= next.places;
      next.enter();
    }
  };
  return async <Value>(places: number, hold: () => Promise<Value>): Promise<Value> => {
    await new Promise<void>((enter) => {
      waiting.push({ places, enter });
      admit();
    });
    try {
      return await hold();
    } finally {
      free += places;
      admit();
    }
  };
};

/** A pool with nothing used yet. */
export const createConnectionPool = (limits: PoolLimits): ConnectionPool => {
  const hold = createGate(limits.parallel);
  let used = 0;
  let unanswered = 0;
  let reached: 'connections' | 'unanswered' | null = null;
  const once = async <Outcome>(
    places: number,
    attempt: () => Promise<Outcome>,
  ): Promise<Outcome | null> =>
    hold(places, async () => {
      if (used >= limits.most) reached ??= 'connections';
      if (reached !== null) return null;
      used += 1;
      limits.onConnection?.(used);
      return attempt();
    });
  return {
    async run(attempt, metDeadline) {
      const first = await once(1, attempt);
      if (first === null || !metDeadline(first)) return first;
      const second = (await once(limits.parallel, attempt)) ?? first;
      if (metDeadline(second) && ++unanswered >= limits.mostUnanswered) reached ??= 'unanswered';
      return second;
    },
    used: () => used,
    reached: () => reached,
  };
};
