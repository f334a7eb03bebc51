/** One measurement beside that of a peer in the same run. */
export interface BenchmarkRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with; says so when that is not installed. */
  readonly peer: string;
  readonly peerValue: number | null;
  /** `value` divided by `peerValue`. */
  readonly ratio: number | null;
}

/** A benchmark's settings. */
export interface BenchmarkOptions {
  /** Bytes of generated input. */
  readonly size: number;
  readonly seed: number;
  /** Told what is being done, for standard error. */
  readonly progress: (text: string) => void;
}

/** A row; values are rounded to four significant digits. */
export const rowOf = (
  name: string,
  value: number,
  unit: string,
  peer: string,
  peerValue: number | null,
): BenchmarkRow => {
  const rounded = (number: number): number => Number(number.toPrecision(4));
  const ratio = peerValue === null || peerValue === 0 ? null : rounded(value / peerValue);
  return {
    name,
    value: rounded(value),
    unit,
    peer: peerValue === null ? `${peer}: not installed` : peer,
    peerValue: peerValue === null ? null : rounded(peerValue),
    ratio,
  };
};
