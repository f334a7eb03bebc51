/** At most `count` at once, filled up again evenly over `per` milliseconds: so never more than twice `count` in any `per`. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** Counts events by key in bounded memory. */
export interface RateLimit {
  /** Whether the key may do one more; counts it if so. `now` in milliseconds, never going back. */
  take(key: string, now: number): boolean;
}

/** All keys beyond the capacity share one account: whoever fills the memory limits others like himself, not the memory. */
const overflow = '';

/**
 * A limit of several rates at once for each key (generic cell rate algorithm: one time per rate and key). Keys whose accounts are
 * full are forgotten when room is needed; nothing is written down, so a restart fills all accounts.
 */
export const createRateLimit = (rates: readonly Rate[], capacity = 65_536): RateLimit => {
  const accounts = new Map<string, readonly number[]>();
  let sweptAt = -Infinity;
  const makeRoom = (now: number): void => {
    // Once a second at most: a full memory must not cost a sweep for each event.
    if (accounts.size < capacity || now - sweptAt < 1000) return;
    sweptAt = now;
    for (const [key, times] of accounts) {
      if (times.every((time) => time <= now)) accounts.delete(key);
    }
  };
  return {
    take: (wanted, now) => {
      if (!accounts.has(wanted)) makeRoom(now);
      const isRoom = accounts.has(wanted) || accounts.size < capacity;
      const key = isRoom ? wanted : overflow;
      const times = accounts.get(key) ?? rates.map(() => now);
      const next = times.map((time, index) => {
        const { count, per } = rates[index] ?? { count: 1, per: 0 };
        return Math.max(time, now) + per / count;
      });
      const fits = next.every((time, index) => time - now <= (rates[index]?.per ?? 0) + 1e-6);
      if (fits) accounts.set(key, next);
      return fits;
    },
  };
};

/** Whom an address counts for: an IPv4 address itself (also when mapped into IPv6), of an IPv6 address its network of 64 bits. */
export const addressKey = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
};
