import type * as fc from 'fast-check';
import type { LabOptions } from './lab.ts';
import type { Part } from './part.ts';

/** What a case, a batch or the state after it violates. */
export interface LiveFault {
  /** Such as `control call` or `process ended`. */
  readonly property: string;
  readonly expected: string;
  readonly observed: string;
  /** The one case that showed it, where one did. */
  readonly number?: number;
}

/** A case violates a property: thrown while it is performed. */
export class LiveFaultError extends Error {
  override readonly name = 'LiveFaultError';
  readonly fault: LiveFault;

  constructor(property: string, expected: string, observed: string) {
    super(`${property}: expected ${expected}, observed ${observed}`);
    this.fault = { property, expected, observed };
  }
}

/** A running system that cases are sent to. */
export interface LiveLab<Case = unknown> {
  /** The processes that are judged: what is left in them, and what they log. */
  readonly parts: readonly { readonly name: string; readonly part: Part }[];
  /** Cases performed at the same time. */
  readonly workers: number;
  /** Before the cases of a batch; `round` counts the batches of this lab. Rejects where the lab itself fails. */
  begin(round: number): Promise<void>;
  /**
   * Sends one case and gives the shapes it reached; throws {@link LiveFaultError} where a property is violated. `null`: nothing
   * came back in time.
   */
  perform(made: Case, worker: number): Promise<readonly string[] | null>;
  /** After the cases; gives shapes that belong to none of them. */
  end(): Promise<readonly string[]>;
  /** A call between good phones; what was wrong with it, null where nothing was. */
  control(round: number): Promise<string | null>;
  close(): Promise<void>;
}

/** Something running to fuzz. */
export interface LiveTarget<Case = unknown> {
  /** The NAME of `discretio fuzz NAME`. */
  readonly name: string;
  readonly about: string;
  readonly batch: number;
  readonly cases: fc.Arbitrary<Case>;
  /** Shapes that 5,000 cases must have reached. */
  readonly reaches: readonly string[];
  open(options: LabOptions): Promise<LiveLab<Case>>;
}
