/** Sequence numbers of one source: which came again and how many never came, in memory that does not grow with the stream. */
export interface SequenceTrack {
  /** Bits of the numbers seen, by page; none while every number from `lowest` to `highest` was seen once and in order. */
  pages: (Uint32Array | null)[] | null;
  /** Newest number, counted on across wraps; -1 before the first. */
  highest: number;
  /** Where the present run began. */
  lowest: number;
  /** Different numbers seen in the present run. */
  unique: number;
  /** Packets whose number was seen before, among the 32,768 numbers behind the newest. */
  repeated: number;
  /** Lost in runs before the present one. */
  lostBefore: number;
}

/** Numbers remembered by one page of bits. */
const PAGE_SHIFT = 11;
const PAGE_MASK = 2 ** PAGE_SHIFT - 1;
const PAGES = 2 ** (16 - PAGE_SHIFT);
const WINDOW = 2 ** 15;
/** A step further than this is a source that began anew, not a loss (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;

/** Nothing seen yet. */
export const newSequenceTrack = (): SequenceTrack => ({
  pages: null,
  highest: -1,
  lowest: 0,
  unique: 0,
  repeated: 0,
  lostBefore: 0,
});

const wasSeen = ({ pages, lowest, highest }: SequenceTrack, number: number): boolean => {
  if (!pages) return number >= lowest && number <= highest;
  const page = pages[(number >> PAGE_SHIFT) & (PAGES - 1)];
  if (!page) return false;
  const bit = number & PAGE_MASK;
  return (((page[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
};

const mark = (pages: (Uint32Array | null)[], number: number): void => {
  const index = (number >> PAGE_SHIFT) & (PAGES - 1);
  const page = pages[index] ?? new Uint32Array(2 ** (PAGE_SHIFT - 5));
  pages[index] = page;
  const bit = number & PAGE_MASK;
  page[bit >> 5] = (page[bit >> 5] ?? 0) | (1 << (bit & 31));
};

/** The bits of a source that was in order so far. */
const newPages = ({ lowest, highest }: SequenceTrack): (Uint32Array | null)[] => {
  const pages = Array.from({ length: PAGES }, () => null);
  for (let number = Math.max(lowest, highest - WINDOW); number <= highest; number += 1)
    mark(pages, number);
  return pages;
};

/** What the pages entered on the way to `number` held is a whole round old. */
const clearUpTo = (pages: (Uint32Array | null)[], highest: number, number: number): void => {
  const last = number >> PAGE_SHIFT;
  for (let page = (highest >> PAGE_SHIFT) + 1; page <= last; page += 1)
    pages[page & (PAGES - 1)]?.fill(0);
};

const lostInRun = ({ highest, lowest, unique }: SequenceTrack): number =>
  highest < 0 ? 0 : Math.max(0, highest - lowest + 1 - unique);

/** Takes a number that is not the one after the newest. */
const addOutOfOrder = (track: SequenceTrack, number: number): void => {
  const { highest } = track;
  if (number <= highest && number > highest - WINDOW && wasSeen(track, number)) {
    track.repeated += 1;
    return;
  }
  const pages = (track.pages ??= newPages(track));
  const step = number - highest;
  const anew = step > MAX_DROPOUT || step < -MAX_DROPOUT;
  if (anew) {
    track.lostBefore += lostInRun(track);
    track.lowest = number;
    track.unique = 0;
  }
  if (number > highest) clearUpTo(pages, highest, number);
  if (anew || number > highest) track.highest = number;
  if (number < track.lowest) track.lowest = number;
  track.unique += 1;
  mark(pages, number);
};

/** Takes the sequence number of one packet, 16 bits. */
export const addSequence = (track: SequenceTrack, sequence: number): void => {
  const { highest, pages } = track;
  if (highest < 0) {
    track.highest = sequence + 2 ** 16;
    track.lowest = track.highest;
    track.unique = 1;
    return;
  }
  const step = ((sequence - highest) << 16) >> 16;
  if (step !== 1) {
    addOutOfOrder(track, highest + step);
    return;
  }
  track.highest = highest + 1;
  track.unique += 1;
  if (!pages) return;
  clearUpTo(pages, highest, highest + 1);
  mark(pages, highest + 1);
};

/** Numbers between those seen that never came (RFC 3550 appendix A.3), except where the source began anew. */
export const lostOf = (track: SequenceTrack): number => track.lostBefore + lostInRun(track);
