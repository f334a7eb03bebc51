import { createTokenBucket, type TokenBucket } from './limits.ts';

/** A refusal as the log takes it. */
export interface LogEntry {
  readonly code: string;
  readonly detail: string;
}

/** Keeps a flood out of the log: of each kind and source some entries are passed on, the others are only counted. */
export interface RefusalLog {
  /** Takes an entry at time `now` (milliseconds); gives what to write. `source` is the user or the address. */
  add(entry: LogEntry, source: string, now: number): readonly LogEntry[];
  /** What was counted and not yet told; the counts begin anew. */
  flush(): readonly LogEntry[];
  /** Entries of each code since the start, written or not. */
  totals(): ReadonlyMap<string, number>;
}

interface Kind {
  readonly code: string;
  readonly source: string;
  readonly bucket: TokenBucket;
  suppressed: number;
}

/** Entries of one kind and source written at once, and each second in the long run: enough to follow a scan, too few for a flood. */
const BURST = 1000;
const RATE = 10;
/** Kinds and sources told apart; the longest silent is forgotten first. */
const KINDS = 1024;

const summary = ({ code, source, suppressed }: Kind): LogEntry => ({
  code,
  detail: `${suppressed} more of ${source}`,
});

/** An empty log. */
export const createRefusalLog = (): RefusalLog => {
  const kinds = new Map<string, Kind>();
  const totals = new Map<string, number>();
  const settled = (kind: Kind): readonly LogEntry[] => {
    const told = kind.suppressed === 0 ? [] : [summary(kind)];
    kind.suppressed = 0;
    return told;
  };
  return {
    add(entry, source, now) {
      totals.set(entry.code, (totals.get(entry.code) ?? 0) + 1);
      const key = `${entry.code} ${source}`;
      const kind = kinds.get(key) ?? {
        code: entry.code,
        source,
        bucket: createTokenBucket(RATE, BURST),
        suppressed: 0,
      };
      kinds.delete(key);
      kinds.set(key, kind);
      const forgotten: LogEntry[] = [];
      const [oldest] = kinds.size > KINDS ? kinds : [];
      if (oldest !== undefined) {
        kinds.delete(oldest[0]);
        forgotten.push(...settled(oldest[1]));
      }
      if (kind.bucket.take(now)) return [...forgotten, ...settled(kind), entry];
      kind.suppressed += 1;
      return forgotten;
    },
    flush: () => [...kinds.values()].flatMap(settled),
    totals: () => totals,
  };
};
