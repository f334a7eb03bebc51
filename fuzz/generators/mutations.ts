import * as fc from 'fast-check';
import { concat } from '../../reference/core/bytes.ts';

/** One change, as three small numbers, so that cases are cheap to make and shrink towards nothing: what, where, with what. */
export type Mutation = readonly [kind: number, at: number, value: number];

/** Bytes by the way they are made: a base with changes, or (`free`) bytes without any grammar. */
export interface MutatedCase {
  readonly base: number;
  readonly mutations: readonly Mutation[];
  readonly free: Uint8Array | null;
}

/** Greatest number in a mutation. */
const most = 65_535;
const interesting = [0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0x20, 0x0d, 0x0a, 0x30, 0x3a];
const words = [0, 1, 3, 4, 0x7fff, 0x8000, 0xffff, 0x0100, 0x4000, 0x0800];

const splice = (
  bytes: Uint8Array,
  at: number,
  removed: number,
  ...put: readonly Uint8Array[]
): Uint8Array => concat(bytes.subarray(0, at), ...put, bytes.subarray(at + removed));

const written = (bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array => {
  const copy = bytes.slice();
  values.forEach((value, index) => {
    if (at + index < copy.length) copy[at + index] = value & 0xff;
  });
  return copy;
};

type Change = (
  bytes: Uint8Array,
  at: number,
  value: number,
  bases: readonly Uint8Array[],
) => Uint8Array;

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** What may be done to bytes whatever they hold; `at` lies inside them or at their end. */
const byteChanges: readonly Change[] = [
  (bytes, at, value) => written(bytes, at, (bytes[at] ?? 0) ^ (1 << (value & 7))),
  (bytes, at, value) => written(bytes, at, interesting[value % interesting.length] ?? 0),
  (bytes, at, value) => written(bytes, at, value),
  // Lengths: one more, one less, or anything that lengths are often wrong by, in either byte order.
  (bytes, at, value) => written(bytes, at, (bytes[at] ?? 0) + ((value & 1) === 0 ? 1 : -1)),
  (bytes, at, value) => {
    const changed = word(bytes, at) + ((value & 1) === 0 ? 1 : -1);
    return written(bytes, at, changed >> 8, changed);
  },
  (bytes, at, value) => {
    const put = words[value % words.length] ?? 0;
    return value % 3 === 0 ? written(bytes, at, put, put >> 8) : written(bytes, at, put >> 8, put);
  },
  (bytes, at, value) =>
    value % 2 === 0 ? written(bytes, at, 255, 255, 255, 255) : written(bytes, at, 0, 0, 0, 0),
  (bytes, at, value) => splice(bytes, at, 1 + (value % 16)),
  (bytes, at, value) => splice(bytes, at, 0, new Uint8Array(1 + (value % 16)).fill(value >> 4)),
  (bytes, at) => bytes.slice(0, at),
  (bytes, at) => bytes.slice(at),
  (bytes, at, value) => splice(bytes, at, 0, bytes.subarray(at, at + 1 + (value % 64))),
  (bytes, at, value) => {
    const length = 1 + (value % 32);
    const [first, second] = [
      bytes.subarray(at, at + length),
      bytes.subarray(at + length, at + 2 * length),
    ];
    return splice(bytes, at, first.length + second.length, second, first);
  },
  (bytes, at, value, bases) => {
    const other = bases[value % bases.length] ?? bytes;
    return concat(bytes.subarray(0, at), other.subarray(Math.min(at, other.length)));
  },
  (bytes, _at, value) => concat(bytes, bytes.subarray(0, value % (bytes.length + 1))),
  // Huge, but seldom: it costs.
  (bytes, at, value) =>
    splice(bytes, at, 0, new Uint8Array(value % 8 === 0 ? 70_000 : 300).fill(value >> 4)),
];

/** Kinds below this number are changes of bytes; generators with a grammar put theirs behind. */
export const byteKinds = byteChanges.length;

/** Applies one change of bytes. */
export const changedBytes = (
  bytes: Uint8Array,
  [kind, at, value]: Mutation,
  bases: readonly Uint8Array[],
): Uint8Array => {
  const change = byteChanges[kind % byteKinds];
  return change ? change(bytes, at % (bytes.length + 1), value, bases) : bytes;
};

/** Cases over so many bases: most with one change, some with none or several, some without grammar. */
export const mutatedCases = (
  bases: number,
  kinds = byteKinds,
  free: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 64 }),
): fc.Arbitrary<MutatedCase> => {
  const mutation = fc.tuple(
    fc.nat({ max: kinds - 1 }),
    fc.nat({ max: most }),
    fc.nat({ max: most }),
  );
  const several = (minLength: number, maxLength: number): fc.Arbitrary<MutatedCase> =>
    fc
      .tuple(fc.nat({ max: bases - 1 }), fc.array(mutation, { minLength, maxLength }))
      .map(([base, mutations]) => ({ base, mutations, free: null }));
  return fc.oneof(
    { weight: 14, arbitrary: several(1, 1) },
    { weight: 5, arbitrary: several(2, 4) },
    { weight: 1, arbitrary: several(0, 0) },
    { weight: 2, arbitrary: free.map((bytes) => ({ base: 0, mutations: [], free: bytes })) },
  );
};

/** The bytes of a case. */
export const bytesOfCase = (bases: readonly Uint8Array[], made: MutatedCase): Uint8Array =>
  made.free ??
  made.mutations.reduce<Uint8Array>(
    (bytes, mutation) => changedBytes(bytes, mutation, bases),
    (bases[made.base % bases.length] ?? new Uint8Array()).slice(),
  );

/** A number that a case determines, for what a check varies beside the bytes, such as where a stream is cut. */
export const seedOf = ({ base, mutations, free }: MutatedCase): number =>
  mutations.reduce(
    (sum, [kind, at, value]) => (sum * 31 + kind * 7 + at * 3 + value) >>> 0,
    base + (free?.length ?? 0),
  );

/** Bytes in pieces, cut in places that the seed determines: one to seven pieces, the first of them often tiny. */
export const piecesOf = (bytes: Uint8Array, seed: number): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  let at = 0;
  let state = seed >>> 0;
  while (at < bytes.length && pieces.length < 6) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const length = (state >>> 8) % (pieces.length === 0 ? 9 : bytes.length + 1);
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  if (at < bytes.length) pieces.push(bytes.slice(at));
  return pieces;
};
