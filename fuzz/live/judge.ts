import type { LiveFault } from './target.ts';

/** What a process holds after a batch and its control call. */
export interface Sample {
  /** Cases sent so far. */
  readonly cases: number;
  /** Bytes: in use after a garbage collection, allocated by native code, resident. */
  readonly heap: number;
  readonly native: number;
  readonly resident: number;
  readonly descriptors: number;
}

/** Batches in which a process may still load and compile what it needs; memory is flat from then on. */
export const warmBatches = 4;

/**
 * Bytes that a process may hold beyond what it held in its warm batches, in all and for each case. The heap is flat; it breathes by a
 * few MB between batches. Of native memory Node 24.21 loses 4.4 KB for each TLS connection whose client sends the authority above its
 * certificate and is trusted (a server of ten lines does so too), and up to two cases in three end with their connection. Resident
 * memory has what V8 and the allocator hold in reserve besides.
 */
export const mostGrowth = {
  heap: { inAll: 6e6, forEach: 0 },
  native: { inAll: 12e6, forEach: 3_000 },
  resident: { inAll: 100e6, forEach: 3_000 },
} as const;

/** Descriptors more than at the start: each phone may have a connection open on which it asks for the status of peers, or none. */
const mostDescriptors = 8;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Batches in a row that must show growth: what a connection still holds for a moment is no leak. */
const inARow = 3;

/** Whether memory is flat: the last samples beside those of the warm batches. */
export const growthFault = (name: string, samples: readonly Sample[]): LiveFault | null => {
  const warm = samples.slice(0, warmBatches);
  const newest = samples.slice(warmBatches).slice(-inARow);
  const [before, last] = [warm.at(-1), newest.at(-1)];
  if (newest.length < inARow || last === undefined || before === undefined) return null;
  const cases = last.cases - before.cases;
  for (const kind of ['heap', 'native', 'resident'] as const) {
    const level = Math.max(...warm.map((sample) => sample[kind]));
    const allowed = mostGrowth[kind].inAll + mostGrowth[kind].forEach * cases;
    const held = Math.min(...newest.map((sample) => sample[kind]));
    if (held - level > allowed)
      return {
        property: 'flat memory',
        expected: `at most ${megabytes(allowed)} of ${kind} memory beyond the warm batches`,
        observed: `${name}: ${megabytes(level)} to ${megabytes(held)} in ${cases} cases`,
      };
  }
  return null;
};

/** Whether descriptors are back to what they were before the first case. */
export const descriptorFault = (name: string, before: number, now: number): LiveFault | null =>
  now <= before + mostDescriptors
    ? null
    : {
        property: 'descriptors freed',
        expected: `${before} open descriptors, as before the cases`,
        observed: `${name}: ${now}`,
      };

/** What a process may not write on its standard error: stacks, and warnings of leaks. */
const complaint = /^\s+at .*:\d+:\d+|MaxListenersExceededWarning|UnhandledPromiseRejection/m;

/** Whether a process said that something went wrong inside it. */
export const complaintFault = (name: string, errors: string): LiveFault | null =>
  complaint.test(errors)
    ? {
        property: 'no internal error',
        expected: 'no stack and no warning on standard error',
        observed: `${name}: ${errors.trim().slice(0, 1_000)}`,
      }
    : null;

/** Codes by which appliance and phone keep a flood out: what they refuse is no case of a parser. */
const limiters: ReadonlySet<string> = new Set([
  'sip/message-rate',
  'sip/user-transactions',
  'sip/overload',
  'sip/calls',
  'sip/user-calls',
  'sip/handshakes',
  'sip/handshakes-of-address',
  'sip/connections',
  'sip/connections-of-address',
  'sip/displaced',
  'sip/busy',
  'enrolment/too-many-requests',
  'csl/memory-full',
]);

/** Share of a batch's cases that limits may have kept out for the batch to count. */
const mostLimited = 0.25;

/** Which limits kept the cases of a batch out; null where enough of them arrived. */
export const limitedBy = (
  codes: Readonly<Record<string, number>>,
  cases: number,
): string | null => {
  const found = Object.entries(codes).filter(([code]) => limiters.has(code));
  const refused = found.reduce((sum, [, count]) => sum + count, 0);
  if (refused <= cases * mostLimited) return null;
  return `${refused} of ${cases} cases: ${found.map(([code, count]) => `${code} ${count}`).join(', ')}`;
};
